"""Which quotes stand for a theme: those from where most speak of it, preferably in the language of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from reviewlens.report.words import Words

KINDS = ("praise", "complaint", "wish")
COLUMNS = ("quote_1", "quote_2", "quote_3")
# tables of quotes, best first, each with the table whose shares weigh them: those of a product or of all, for what
# five reviews of a month say is chance
TABLES = {
    "theme_by_product": "theme_by_product",
    "theme_by_product_period": "theme_by_product",
    "themes": "themes",
    "theme_by_period": "themes",
}
CANDIDATES = 40  # per theme and kind, of each column of each table
CLOSE = 0.3  # part of the greatest weight from which on a quote in the reader's language is preferred


class Quote(NamedTuple):
    """A masked quote, the id of its review, and what it is: praise, complaint, wish, statement, or not known."""

    text: str
    review_id: str
    language: str
    kind: str = ""


def quotes_of(row: Any, words: Words) -> tuple[Quote, ...]:
    """Return the quotes in the columns `quote_1`, `quote_1_id`, `quote_1_intent`, ... of a row of a table."""
    return tuple(
        Quote(row[name], _known(row, f"{name}_id"), words.language_of(row[name]), _known(row, f"{name}_intent"))
        for name in COLUMNS
        if isinstance(row.get(name), str)
    )


def said(tables: Mapping[str, pd.DataFrame], words: Words) -> dict[tuple[str, str], list[Quote]]:
    """Return quotes by theme and kind, those first that stand for most.

    A theme is surest to be meant where many speak of it: "room" in reviews of a hotel, not of a vacuum cleaner. So a
    quote weighs as much as the share of its product's reviews that say such a thing, over the error of that share.
    """
    none = pd.DataFrame()
    every = pd.concat(
        [_weighed(tables.get(q, none), tables.get(w, none)) for q, w in TABLES.items()], ignore_index=True
    )
    every["language"] = [words.language_of(text) for text in every["text"]]
    greatest = every.groupby(["theme_id", "kind"])["weight"].transform("max")
    every["near"] = (every["language"] == words.language) & (every["weight"] >= CLOSE * greatest)
    every = every.sort_values(["near", "weight"], ascending=False, kind="stable")
    found: dict[tuple[str, str], list[Quote]] = {}
    columns = (every[name].tolist() for name in ("theme_id", "text", "review_id", "language", "kind"))
    for theme, text, review, language, kind in zip(*columns, strict=True):
        found.setdefault((theme, kind), []).append(Quote(text, review, language, kind))
    for row in tables.get("wishes", pd.DataFrame()).to_dict("records"):
        wished = [quote._replace(kind="wish") for quote in quotes_of(row, words)]
        found.setdefault((str(row["theme_id"]), "wish"), []).extend(wished)
    return found


def _weighed(rows: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Return the quotes of a table: text, review_id, theme_id, kind, and weight."""
    weights = ["reviews", "reviews_in_all", *(f"{kind}_share" for kind in KINDS)]
    if rows is not shares and len(rows):  # there may be very many
        keys = [key for key in ("theme_id", "product_id") if key in shares]
        quotes = [str(name) for name in rows if str(name).startswith("quote_")]
        rows = rows[[*keys, *quotes]].merge(shares[[*keys, *weights]], on=keys)
    parts = [pd.DataFrame(columns=["text", "review_id", "kind", "theme_id", "weight"]).astype({"weight": float})]
    for name in (column for column in COLUMNS if {column, f"{column}_intent"} <= set(rows)):
        told = rows[rows[name].notna() & rows[f"{name}_intent"].isin(KINDS)]
        kind = told[f"{name}_intent"]
        ways = told[weights[2:]].to_numpy(np.float64)
        own = ways[np.arange(len(told)), kind.map(KINDS.index).to_numpy(np.int64)]
        columns = {"text": told[name], "review_id": told[f"{name}_id"], "kind": kind, "theme_id": told["theme_id"]}
        spoken = told["reviews"].to_numpy() / np.sqrt(told["reviews_in_all"].to_numpy())
        part = pd.DataFrame({**columns, "weight": spoken * own})
        part = part.sort_values("weight", ascending=False, kind="stable")
        parts.append(part.groupby(["theme_id", "kind"]).head(CANDIDATES))
    return pd.concat([part for part in parts if len(part)] or parts)


def _known(row: Any, column: str) -> str:
    value = row.get(column)
    return value if isinstance(value, str) else ""
