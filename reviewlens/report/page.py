"""What every section works with: the tables, the words, and the list of evidence that numbers link to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reviewlens.config import JobConfig
from reviewlens.report.quotes import Quote, quotes_of, said
from reviewlens.report.words import Words
from reviewlens.schemas import OTHER, POLARITIES

MOST_QUOTES = 3  # on a card
MOST_PERIODS = 36  # in a picture
MOST_NAME = 44  # characters of a product's name
Row = Any  # a row of a table: a pandas Series or a mapping


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
    def recent(self) -> pd.DataFrame:
        """The newest periods, those without a review among them; as `periods`, with counts of 0."""
        known = self.periods
        if known.empty:
            return known
        step = {"month": "MS", "week": "W-MON", "day": "D"}[self.config.period]
        every = pd.date_range(end=known.index.max(), start=known.index.min(), freq=step)[-MOST_PERIODS:]
        shown = known.reindex(every.astype(known.index.dtype))
        counts = ["reviews", *POLARITIES]
        return shown.assign(**shown[counts].fillna(0), partial=shown["partial"].eq(True))

    @cached_property
    def spoken(self) -> dict[str, NDArray[np.float64]]:
        """Reviews that mention each theme in each of the `recent` periods."""
        by_theme = self.table("theme_by_period")
        if not len(by_theme) or not len(self.recent):
            return {}
        counts = by_theme.pivot(index="theme_id", columns="period", values="reviews")
        told = counts.reindex(columns=self.recent.index).fillna(0)
        return dict(zip(told.index, told.to_numpy(np.float64), strict=True))

    @cached_property
    def enough(self) -> int:
        """Reviews below which a period says nothing of a share: a tenth of what is usual, and `min_reviews`."""
        usual = self.recent["reviews"].where(self.recent["reviews"] > 0).median() if len(self.recent) else 0
        return max(self.config.min_reviews, int(usual) // 10)

    @cached_property
    def product_names(self) -> dict[str, str]:
        """Name of each product, cut at a word; its id where it has no name, and after a name that two have."""
        products = self.table("products")
        names = products["product_name"].where(products["product_name"].notna(), products["product_id"])
        short = names.astype(str).map(shortened)
        unclear = short.duplicated(keep=False) & (short != products["product_id"])
        told = short.where(~unclear, short + " · " + products["product_id"])
        return dict(zip(products["product_id"], told, strict=True))

    def label(self, theme_id: str, label: str) -> str:
        """Return the label of a theme, `other` in the reader's language."""
        return self.words.say("other") if theme_id == OTHER else label

    def period(self, start: object) -> str:
        """Return the name of a period."""
        return self.words.period(start, self.config.period)

    def quotes(self, row: Row) -> tuple[Quote, ...]:
        """Return the quotes in the columns `quote_1`, `quote_1_id`, `quote_1_intent`, ... of a row."""
        return quotes_of(row, self.words)

    @cached_property
    def said(self) -> dict[tuple[str, str], list[Quote]]:
        """Quotes by theme and kind, those first that stand for most."""
        return said(self.tables, self.words)

    def evidence_of(self, theme_id: str, row: Row) -> list[Quote]:
        """Quotes of a theme: complaints, wishes, then what else is said of it."""
        unmet = [quote for kind in ("complaint", "wish") for quote in self.said.get((theme_id, kind), [])]
        known = {quote.text for quote in unmet}
        return [*unmet, *(quote for quote in self.quotes(row) if quote.text not in known)]

    def cite_theme(self, theme_id: str, row: Row) -> Card:
        """Cite the evidence of a theme over all reviews."""
        label = self.label(theme_id, row["label"])
        unmet = self.evidence_of(theme_id, row)[:1]
        quotes = {quote.text: quote for quote in [*unmet, *self.quotes(row)]}
        return self.evidence.cite(("theme", theme_id), label, self.count_of(row), tuple(quotes.values())[:MOST_QUOTES])

    def cite_cell(self, product_id: str, theme_id: str, row: Row) -> Card:
        """Cite the evidence of a theme in the reviews of one product."""
        name = self.product_names.get(product_id, product_id)
        title = f"{self.label(theme_id, row['label'])} · {name}"
        key = ("cell", product_id, theme_id)
        return self.evidence.cite(key, title, self.count_of(row), self.quotes(row), group=name)

    def count_of(self, row: Row) -> str:
        """Return how a cell came about: `25 of 835 reviews`."""
        return self.words.say("n_of_m", n=int(row["reviews"]), m=int(row["reviews_in_all"]))


def shortened(name: str, most: int = MOST_NAME) -> str:
    """Return a name of at most `most` characters, cut at a word."""
    name = name.strip(" ,，、;")
    if len(name) <= most:
        return name
    kept = name[: most - 1]
    return (kept.rpartition(" ")[0] or kept).rstrip(" ,，、;(（-–") + "…"
