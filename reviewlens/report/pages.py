"""What the shop can do with it: a description for each product's page, and what the same customers took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reviewlens.descriptions.description import described
from reviewlens.descriptions.facts import Facts, Source, ThemeFact
from reviewlens.descriptions.prose import Sentence, name_of
from reviewlens.report.page import Card, Page, Row
from reviewlens.report.products import worst_and_best
from reviewlens.tables.stats import wilson

MOST_PAGES, FIRST_PAGES, MOST_COMPANIONS = 12, 4, 3


def pages(page: Page) -> Mapping[str, Any] | None:
    """The products with most reviews, the worst and the best among them: description, evidence, companions."""
    found = page.table("products")
    if found.empty:
        return None
    ranked = found.sort_values(["reviews", "product_id"], ascending=[False, True])["product_id"]
    told = [row["product_id"] for rows in worst_and_best(page) for row in rows.to_dict("records")]
    shown = set([*told, *(product for product in ranked if product not in told)][:MOST_PAGES])
    ordered = [product for product in ranked if product in shown]
    companions = _companions(page, shown)
    needed = shown | set(companions["other_id"]) if len(companions) else shown
    source, cells = _source(page, needed), _cells(page, needed)
    rows = [_page(page, source.facts(product), cells) for product in ordered]
    for row in rows:
        own = companions[companions["product_id"] == row["id"]] if len(companions) else companions
        row["companions"] = [_companion(page, row["facts"], one, source, cells) for _, one in own.iterrows()]
    left = len(found) - len(rows)
    return {"first": rows[:FIRST_PAGES], "rest": rows[FIRST_PAGES:], "left": left, "any": _are_known(page)}


Cells = Mapping[tuple[str, str], Row]  # rows of theme_by_product by product and theme


def _source(page: Page, products: set[str]) -> Source:
    cells, known = page.table("theme_by_product"), page.table("products")
    chosen = {
        "products": known[known["product_id"].isin(products)],
        "theme_by_product": cells[cells["product_id"].isin(products)] if len(cells) else cells,
        "themes": page.table("themes"),
    }
    return Source(chosen, enough=page.config.min_reviews)


def _cells(page: Page, products: set[str]) -> Cells:
    cells = page.table("theme_by_product")
    own = cells[cells["product_id"].isin(products)] if len(cells) else cells
    return {(str(row["product_id"]), str(row["theme_id"])): row for row in own.to_dict("records")}


def _page(page: Page, facts: Facts, cells: Cells) -> dict[str, Any]:
    found = described(facts, language=page.words.language)
    return {
        "id": facts.product_id,
        "name": page.product_names[facts.product_id],
        "facts": facts,
        "text": found.text,
        "points": [
            {"text": sentence.text, "evidence": _evidence(page, facts, sentence, cells)} for sentence in found.sentences
        ],
    }


def _evidence(page: Page, facts: Facts, sentence: Sentence, cells: Cells) -> list[dict[str, Any]]:
    """What a sentence rests on: counts with their interval, and the quotes behind them."""
    words = page.words
    if not sentence.themes:
        counted = facts.negative if facts.mood == "bad" else facts.positive
        key = "of_reviews_negative" if facts.mood == "bad" else "of_reviews_positive"
        (low,), (high,) = wilson([counted], [max(facts.reviews, 1)])
        told = words.say(key, n=counted, m=facts.reviews)
        return [{"label": "", "told": told, "low": float(low), "high": float(high), "card": None, "ids": []}]
    return [
        {"label": name_of(theme.theme_id, theme.label, words.language), **note}
        for theme in sentence.themes
        for note in _notes(page, facts.product_id, theme, sentence.kind, cells)
    ]


def _notes(page: Page, product_id: str, theme: ThemeFact, kind: str, cells: Cells) -> list[dict[str, Any]]:
    card = page.cite_cell(product_id, theme.theme_id, cells[product_id, theme.theme_id])
    if kind == "wish":
        counts = [("wish", theme.wished)]
    else:
        both = {"praised": ["praise"], "criticized": ["complaint"]}.get(theme.verdict, ["praise", "complaint"])
        counts = [(one, theme.praised if one == "praise" else theme.complained) for one in both]
    ids = [] if kind == "wish" else [quote.review_id for quote in card.quotes]  # the quotes of a cell need not wish
    found = []
    for place, (one, n) in enumerate(counts):
        low, high = theme.interval(n)
        told = page.words.say(f"of_mentions_{one}", n=n, m=theme.mentions)
        found.append({"told": told, "low": low, "high": high, "card": card, "ids": [] if place else ids})
    return found


def _are_known(page: Page) -> bool:
    """Return whether the exports tell what has customers in common."""
    found = page.table("together")
    return len(found) > 0 and bool((found["reviews"] >= page.config.min_reviews).any())


def _companions(page: Page, products: set[str]) -> pd.DataFrame:
    found = page.table("together")
    if found.empty:
        return found
    enough = found["product_id"].isin(products) & (found["reviews"] >= page.config.min_reviews)
    # what its customers take no more often than others do, as the page shows it, or never like with it, is no advice
    closer = ~(found["share"].round(2) <= found["share_elsewhere"].round(2))
    return found[enough & closer & (found["liked"] > 0)].groupby("product_id", sort=False).head(MOST_COMPANIONS)


def _companion(page: Page, facts: Facts, row: pd.Series, source: Source, cells: Cells) -> dict[str, Any]:
    other = source.facts(str(row["other_id"]))
    (low,), (high,) = wilson([other.positive], [max(other.reviews, 1)])
    return {
        "id": other.product_id,
        "name": page.product_names.get(other.product_id, other.product_id),
        "reason": page.words.say(
            "companion_reason",
            both=int(row["reviews"]),
            m=int(row["customers"]),
            share=page.words.share(row["share"]),
            elsewhere=page.words.share(row["share_elsewhere"]),
            n=int(row["liked"]),
        ),
        "share": other.positive / max(other.reviews, 1),
        "low": float(low),
        "high": float(high),
        "reviews": other.reviews,
        **_praised_there(page, facts, other, cells),
    }


def _praised_there(page: Page, facts: Facts, other: Facts, cells: Cells) -> dict[str, Any]:
    """What is praised of the companion: first what is missed here."""
    missed = {theme.theme_id for theme in facts.of("criticized") + facts.of("divided")}
    praised = sorted(other.of("praised"), key=lambda theme: theme.theme_id not in missed)
    if not praised:
        return {"praised": None}
    best = praised[0]
    card: Card = page.cite_cell(other.product_id, best.theme_id, cells[other.product_id, best.theme_id])
    name = name_of(best.theme_id, best.label, page.words.language)
    told = page.words.say("of_mentions_praise", n=best.praised, m=best.mentions)
    return {"praised": name, "missed": best.theme_id in missed, "card": card, "told": told}
