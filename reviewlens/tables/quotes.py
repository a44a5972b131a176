"""Quotes that represent: from the best candidates of a cell, those that do not say the same thing twice."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

CANDIDATES = 12  # per cell, best first
ALIKE = 0.5  # Jaccard similarity of character trigrams from which two quotes say the same


def choose(frame: pd.DataFrame, quotes: int) -> pd.DataFrame:
    """Return columns `quote_1`, `quote_1_id`, ... of shape (n,) from the lists in `quotes` and `quote_ids`."""
    picked = [
        pick(list(q), list(i), quotes) if q is not None else []
        for q, i in zip(frame["quotes"], frame["quote_ids"], strict=True)
    ]
    columns = {}
    for place in range(quotes):
        here = [found[place] if place < len(found) else (None, None) for found in picked]
        columns[f"quote_{place + 1}"] = pd.Series([quote for quote, _ in here], frame.index, "str")
        columns[f"quote_{place + 1}_id"] = pd.Series([review for _, review in here], frame.index, "str")
    return pd.DataFrame(columns, index=frame.index)


def pick(quotes: Sequence[str], ids: Sequence[str], n: int) -> list[tuple[str, str]]:
    """Return the first `n` quotes with their review ids of which no two are alike and no review speaks twice."""
    chosen: list[tuple[str, str]] = []
    shapes: list[frozenset[str]] = []
    for quote, review in zip(quotes, ids, strict=True):
        shape = trigrams(quote)
        if review not in {i for _, i in chosen} and all(similarity(shape, other) < ALIKE for other in shapes):
            chosen.append((quote, review))
            shapes.append(shape)
        if len(chosen) == n:
            break
    return chosen


def trigrams(text: str) -> frozenset[str]:
    """Return the character trigrams of the letters and digits of a text."""
    letters = "".join(c for c in text.casefold() if c.isalnum())
    return frozenset(letters[i : i + 3] for i in range(max(1, len(letters) - 2)))


def similarity(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets, in [0, 1]."""
    return len(a & b) / len(a | b)
