"""Quotes that represent: from the best candidates of a cell, those that do not say the same thing twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import pyarrow as pa

CANDIDATES = 12  # per cell, best first
CELLS = 8_192
ALIKE = 0.5  # Jaccard similarity of character trigrams from which two quotes say the same


def choose(lists: Mapping[str, pa.ChunkedArray], n: int) -> pd.DataFrame:
    """Return columns `quote_1`, `quote_1_id`, `quote_1_intent`, ... of n quotes per cell.

    `lists` holds the candidates of each cell, under the end of the column's name: "" the quotes, "_id" their reviews.
    """
    chunks: dict[str, list[pa.Array]] = {f"quote_{place}{end}": [] for place in range(1, n + 1) for end in lists}
    for first in range(0, len(lists[""]), CELLS):  # many cells as Python objects would need much memory at once
        here = {end: values[first : first + CELLS].to_pylist() for end, values in lists.items()}
        picked = [pick(q, i, n) if q is not None else [] for q, i in zip(here[""], here["_id"], strict=True)]
        for place in range(n):
            for end, values in here.items():
                found = [v[p[place]] if place < len(p) else None for v, p in zip(values, picked, strict=True)]
                chunks[f"quote_{place + 1}{end}"].append(pa.array(found, pa.string()))
    columns = {name: pa.chunked_array(parts, pa.string()).to_pandas() for name, parts in chunks.items()}
    return pd.DataFrame({name: pd.Series(column, dtype="str") for name, column in columns.items()})


def pick(quotes: Sequence[str], ids: Sequence[str], n: int) -> list[int]:
    """Return the places of the first `n` quotes of which no two are alike and no review speaks twice."""
    chosen: list[int] = []
    shapes: list[frozenset[str]] = []
    for place, quote in enumerate(quotes):
        if ids[place] in (ids[i] for i in chosen):
            continue
        if chosen:  # most cells show one quote, or have one: nothing to compare
            shapes = shapes or [trigrams(quotes[chosen[0]])]
            shape = trigrams(quote)
            if any(similarity(shape, other) >= ALIKE for other in shapes):
                continue
            shapes.append(shape)
        chosen.append(place)
        if len(chosen) == n:
            break
    return chosen


def trigrams(text: str) -> frozenset[str]:
    """Return the character trigrams of the letters and digits of a text."""
    letters = "".join(filter(str.isalnum, text.casefold()))
    return frozenset(letters[i : i + 3] for i in range(max(1, len(letters) - 2)))


def similarity(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets, in [0, 1]."""
    both = len(a & b)
    return both / (len(a) + len(b) - both)
