"""What every section works with: the tables, the words, and the list of evidence that numbers link to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from reviewlens.config import JobConfig
from reviewlens.report.words import Words
from reviewlens.schemas import OTHER

MOST_QUOTES = 3  # on a card
SURE = -0.5  # a score below it is no misreading of something neutral
Row = Any  # a row of a table: a pandas Series or a mapping


class Quote(NamedTuple):
    """A masked clause and the id of its review."""

    text: str
    review_id: str
    language: str


@dataclass(frozen=True)
class Card:
    """The evidence behind one number."""

    anchor: str
    title: str
    number: str
    quotes: tuple[Quote, ...]
    group: str  # the product that it speaks of; empty for all of them


@dataclass
class Evidence:
    """The cards in the order in which the page first links to them."""

    cards: dict[tuple[str, ...], Card] = field(default_factory=dict)

    def cite(
        self, key: tuple[str, ...], title: str, number: str, quotes: tuple[Quote, ...], *, group: str = ""
    ) -> Card:
        """Return the card for a key such as `("theme", "battery")`, made when it is first cited."""
        if key not in self.cards:
            self.cards[key] = Card(f"e{len(self.cards) + 1}", title, number, quotes, group)
        return self.cards[key]

    @property
    def groups(self) -> dict[str, list[Card]]:
        """The cards by group."""
        grouped: dict[str, list[Card]] = {}
        for card in self.cards.values():
            grouped.setdefault(card.group, []).append(card)
        return grouped


@dataclass
class Page:
    """One report in the making."""

    tables: Mapping[str, pd.DataFrame]
    manifest: Mapping[str, Any]
    config: JobConfig
    words: Words
    before: Mapping[str, pd.DataFrame] | None = None
    evidence: Evidence = field(default_factory=Evidence)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table; an empty frame where the run has none of that name."""
        return self.tables.get(name, pd.DataFrame())

    @property
    def scored(self) -> int:
        """Number of reviews that count."""
        return int(self.manifest["counts"]["scored"])

    @cached_property
    def themes(self) -> pd.DataFrame:
        """The themes that have enough reviews to be ranked, the largest opportunity first; `theme_id` is the index."""
        themes = self.table("themes")
        named = themes[(themes["theme_id"] != OTHER) & (themes["reviews"] >= self.config.min_reviews)]
        order = ["opportunity", "reviews"] if "opportunity" in named else ["reviews"]
        ranked = named.sort_values("theme_id").sort_values(order, ascending=False, kind="stable")
        return ranked.set_index("theme_id")

    @cached_property
    def periods(self) -> pd.DataFrame:
        """The periods in order, with `partial` where the newest one is not over yet; the start date is the index."""
        periods = self.table("periods").set_index("period")
        by_theme = self.table("theme_by_period")
        open_ones = set(by_theme.loc[by_theme["partial"], "period"]) if "partial" in by_theme else set()
        return periods.assign(partial=[start in open_ones for start in periods.index])

    @cached_property
    def product_names(self) -> dict[str, str]:
        """Name of each product, its id where it has none."""
        products = self.table("products")
        names = products["product_name"].where(products["product_name"].notna(), products["product_id"])
        return dict(zip(products["product_id"], names, strict=True))

    def label(self, theme_id: str, label: str) -> str:
        """Return the label of a theme, `other` in the reader's language."""
        return self.words.say("other") if theme_id == OTHER else label

    def period(self, start: object) -> str:
        """Return the name of a period."""
        return self.words.period(start, self.config.period)

    def quotes(self, row: Row) -> tuple[Quote, ...]:
        """Return the quotes in the columns `quote_1`, `quote_1_id`, ... (or `quote`) of a row."""
        pairs = [(row.get(f"quote_{i}"), row.get(f"quote_{i}_id")) for i in (1, 2, 3)]
        pairs.append((row.get("quote"), row.get("review_id")))
        return tuple(
            Quote(text, "" if pd.isna(review) else str(review), self.words.language_of(text))
            for text, review in pairs
            if isinstance(text, str)
        )

    @cached_property
    def unmet(self) -> dict[str, list[tuple[str, Quote]]]:
        """Quotes by theme that are surely of a complaint, then of a wish, each with its kind.

        The tables do not say what kind a quote is; where all that is said in a row are complaints, its quotes are too.
        """
        found: dict[str, list[tuple[str, Quote]]] = {}
        for name in ("themes", "theme_by_product", "theme_by_product_period", "theme_by_period"):
            rows = self.table(name)
            if len(rows):
                sure = rows[(rows["complaint_share"] == 1) & (rows["score"] < SURE)]
                ordered = sure.sort_values(["mentions", "score"], ascending=[False, True], kind="stable")
                for row in ordered.to_dict("records"):  # there may be very many
                    found.setdefault(str(row["theme_id"]), []).extend(("complaint", q) for q in self.quotes(row))
        for row in self.table("wishes").to_dict("records"):
            found.setdefault(str(row["theme_id"]), []).extend(("wish", q) for q in self.quotes(row))
        return found

    def evidence_of(self, theme_id: str, row: Row) -> list[tuple[str, Quote]]:
        """Quotes of a theme with their kind: complaints, wishes, and what is only known to speak of it ("mention").

        Of the complaints, and of the wishes, those come first that are quotes of the theme over all reviews, then those
        in the language of the report.
        """
        own = self.quotes(row)
        texts = {quote.text for quote in own}

        def order(found: tuple[str, Quote]) -> tuple[str, bool, bool]:
            kind, quote = found
            return kind, quote.text not in texts, quote.language != self.words.language

        sure = sorted(self.unmet.get(theme_id, []), key=order)
        known = {quote.text for _, quote in sure}
        return [*sure, *(("mention", quote) for quote in own if quote.text not in known)]

    def cite_theme(self, theme_id: str, row: Row) -> Card:
        """Cite the evidence of a theme over all reviews."""
        label = self.label(theme_id, row["label"])
        unmet = [quote for kind, quote in self.evidence_of(theme_id, row) if kind != "mention"][:1]
        quotes = tuple(dict.fromkeys([*unmet, *self.quotes(row)]))[:MOST_QUOTES]
        return self.evidence.cite(("theme", theme_id), label, self.count_of(row), quotes)

    def cite_cell(self, product_id: str, theme_id: str, row: Row) -> Card:
        """Cite the evidence of a theme in the reviews of one product."""
        name = self.product_names.get(product_id, product_id)
        title = f"{self.label(theme_id, row['label'])} · {name}"
        key = ("cell", product_id, theme_id)
        return self.evidence.cite(key, title, self.count_of(row), self.quotes(row), group=name)

    def count_of(self, row: Row) -> str:
        """Return how a cell came about: `25 of 835 reviews`."""
        return self.words.say("n_of_m", n=int(row["reviews"]), m=int(row["reviews_in_all"]))
