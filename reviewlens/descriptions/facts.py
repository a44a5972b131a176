"""What the tables of a run say of one product: the only source of a description."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from reviewlens.errors import InputError
from reviewlens.schemas import OTHER
from reviewlens.tables.stats import wilson

if TYPE_CHECKING:
    from reviewlens.run import Run

Verdict = Literal["praised", "criticized", "divided", "unclear"]
BOTH = 0.3  # share of praise and of complaints from which on a theme divides buyers
BOTH_MOODS = 0.2  # share of positive and of negative reviews from which on they are split
LONGEST_NAME = 60


@dataclass(frozen=True)
class ThemeFact:
    """One theme of a product. Shares are of its mentions, with Wilson's interval at 95%."""

    theme_id: str
    label: str
    reviews: int
    mentions: int
    praise_share: float
    complaint_share: float
    wish_share: float
    quotes: tuple[tuple[str, str], ...] = ()  # review_id and masked quote

    @property
    def praised(self) -> int:
        """Mentions that praise."""
        return round(self.praise_share * self.mentions)

    @property
    def complained(self) -> int:
        """Mentions that complain."""
        return round(self.complaint_share * self.mentions)

    @property
    def wished(self) -> int:
        """Mentions that wish."""
        return round(self.wish_share * self.mentions)

    @property
    def praise(self) -> str:
        """The share of praise as a percentage without decimals."""
        return percent(self.praise_share)

    @property
    def complaint(self) -> str:
        """The share of complaints as a percentage without decimals."""
        return percent(self.complaint_share)

    @property
    def telling(self) -> int:
        """Mentions that speak for the verdict; all where there is none."""
        return {"praised": self.praised, "criticized": self.complained}.get(self.verdict, self.mentions)

    def interval(self, count: int) -> tuple[float, float]:
        """Return Wilson's interval of `count` among the mentions."""
        low, high = wilson([count], [self.mentions])
        return float(low[0]), float(high[0])

    @cached_property
    def verdict(self) -> Verdict:
        """Praised or criticized if more than half of the mentions are so beyond chance; divided if many are both."""
        if 2 * self.praised > self.mentions and self.interval(self.praised)[0] > 0.5:
            return "praised"
        if 2 * self.complained > self.mentions and self.interval(self.complained)[0] > 0.5:
            return "criticized"
        if min(self.praise_share, self.complaint_share) >= BOTH:
            return "divided"
        return "unclear"


@dataclass(frozen=True)
class Facts:
    """A product: its reviews by polarity, and the themes with enough evidence, most reviews first."""

    product_id: str
    name: str | None
    reviews: int
    positive: int
    negative: int
    themes: tuple[ThemeFact, ...]
    wishes: tuple[ThemeFact, ...]  # themes with wishes, most first
    labels: dict[str, str]  # of all themes of the run
    enough: int  # reviews below which nothing is said

    def of(self, verdict: Verdict) -> list[ThemeFact]:
        """Return the themes with this verdict, most telling mentions first."""
        found = [theme for theme in self.themes if theme.verdict == verdict]
        return sorted(found, key=lambda theme: (-theme.telling, theme.theme_id))

    @property
    def mood(self) -> Literal["good", "split", "plain", "bad"]:
        """Good or bad if more than half of the reviews are so beyond chance; split if a fifth or more is either."""
        shares = np.array([self.positive, self.negative]) / max(self.reviews, 1)
        low, _ = wilson([self.positive, self.negative], [max(self.reviews, 1)] * 2)
        if low[0] > 0.5:
            return "good"
        if low[1] > 0.5:
            return "bad"
        return "split" if shares.min() >= BOTH_MOODS else "plain"


class Source:
    """The tables of a run, read once for many products: `products`, `theme_by_product` and `themes`.

    `enough` is the number of reviews below which nothing is said.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], *, enough: int) -> None:
        rows = tables["products"].to_dict("records")
        self.products: dict[str, dict[str, Any]] = {
            str(row["product_id"]): {str(k): v for k, v in row.items()} for row in rows
        }
        themes = tables["theme_by_product"].filter(items=["product_id", *_TOLD, *_SHARES, *_QUOTED])
        self.themes = {str(key): rows for key, rows in themes.groupby("product_id")}
        known = tables["themes"]
        self.labels = dict(zip(known["theme_id"], known["label"], strict=True))
        self.enough = enough

    @classmethod
    def of(cls, run: Run) -> Source:
        """Read the tables of a run."""
        return cls(run.tables, enough=int(run.manifest["config"]["min_reviews"]))

    def facts(self, product_id: str) -> Facts:
        """Gather what is known of a product; `InputError` for one without a review in the run."""
        if product_id not in self.products:
            known = ", ".join(sorted(self.products)[:5])
            hint = (
                f"products of this run: {known}{' ...' if len(self.products) > 5 else ''}" if known else "it has none"
            )
            raise InputError(f"unknown product {product_id!r}", where="the run's table products", hint=hint)
        row = self.products[product_id]
        rows = self.themes.get(product_id)
        found = [] if rows is None else [_fact(one) for one in rows.to_dict("records")]
        named = [theme for theme in found if theme.theme_id not in {OTHER, *rules()["untold"]}]
        told = [theme for theme in named if theme.reviews >= self.enough]
        wishes = [theme for theme in named if theme.wished]
        return Facts(
            product_id=product_id,
            name=shortened(row["product_name"]) if isinstance(row.get("product_name"), str) else None,
            reviews=int(row["reviews"]),
            positive=int(row["positive"]),
            negative=int(row["negative"]),
            themes=tuple(sorted(told, key=lambda theme: (-theme.reviews, theme.theme_id))),
            wishes=tuple(sorted(wishes, key=lambda theme: (-theme.wished, theme.theme_id))),
            labels=self.labels,
            enough=self.enough,
        )


@cache
def rules() -> dict[str, list[str]]:
    """Return the themes of which a description does not speak, or not in every way."""
    return tomllib.loads((files("reviewlens") / "templates" / "describe" / "themes.toml").read_text("utf-8"))


def _fact(row: Mapping[Any, Any]) -> ThemeFact:
    places = [(row.get(f"quote_{place}_id"), row.get(f"quote_{place}")) for place in (1, 2, 3)]
    share = {name: 0.0 if pd.isna(row[name]) else float(row[name]) for name in _SHARES}
    return ThemeFact(
        theme_id=str(row["theme_id"]),
        label=str(row["label"]),
        reviews=int(row["reviews"]),
        mentions=int(row["mentions"]),
        quotes=tuple((str(review), quote) for review, quote in places if isinstance(quote, str) and quote),
        **share,
    )


_TOLD = ("theme_id", "label", "reviews", "mentions")
_SHARES = ("praise_share", "complaint_share", "wish_share")
_QUOTED = tuple(f"quote_{place}{end}" for place in (1, 2, 3) for end in ("_id", ""))


def percent(share: float) -> str:
    """Return a share in [0, 1] as a percentage without decimals, halves up."""
    return f"{int(share * 100 + 0.5)}%"


def shortened(name: str) -> str:
    """Return a product's name without what shops append to it: cut at a comma, dash or bracket if it is long."""
    name = " ".join(name.split()).strip(" ,;-")
    if len(name) <= LONGEST_NAME:
        return name
    for mark in (" (", ", ", " - ", " | ", "，", "（"):
        head = name.split(mark)[0]
        if 8 <= len(head) < len(name):
            name = head
        if len(name) <= LONGEST_NAME:
            return name
    return name[:LONGEST_NAME].rsplit(" ", 1)[0].rstrip(" ,;-+&/")
