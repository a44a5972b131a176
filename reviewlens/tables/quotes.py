"""Quotes that represent: from the best candidates of a cell, those that do not say the same thing twice."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

CANDIDATES = 12  # per cell, best first
CELLS = 8_192
ALIKE = 0.5  # Jaccard similarity of character trigrams from which two quotes say the same


def choose(quotes: pa.ChunkedArray, ids: pa.ChunkedArray, n: int) -> pd.DataFrame:
    """Return columns `quote_1`, `quote_1_id`, ... of n quotes per cell, given lists of candidates and their reviews."""
    columns = {
        f"quote_{place}{kind}": pa.chunked_array([], pa.string()) for place in range(1, n + 1) for kind in ("", "_id")
    }
    for first in range(0, len(quotes), CELLS):  # many cells as Python objects would need much memory at once
        here = zip(quotes[first : first + CELLS].to_pylist(), ids[first : first + CELLS].to_pylist(), strict=True)
        picked = [pick(q, i, n) if q is not None else [] for q, i in here]
        for place in range(n):
            found = [cell[place] if place < len(cell) else (None, None) for cell in picked]
            for kind, values in zip(("", "_id"), zip(*found, strict=True), strict=True):
                name = f"quote_{place + 1}{kind}"
                columns[name] = pa.chunked_array([*columns[name].chunks, pa.array(values, pa.string())])
    return pd.DataFrame({name: pd.Series(column.to_pandas(), dtype="str") for name, column in columns.items()})


def pick(quotes: Sequence[str], ids: Sequence[str], n: int) -> list[tuple[str, str]]:
    """Return the first `n` quotes with their review ids of which no two are alike and no review speaks twice."""
    chosen: list[tuple[str, str]] = []
    shapes: list[frozenset[str]] = []
    for quote, review in zip(quotes, ids, strict=True):
        if review in (known for _, known in chosen):
            continue
        if chosen:  # most cells show one quote, or have one: nothing to compare
            shapes = shapes or [trigrams(chosen[0][0])]
            shape = trigrams(quote)
            if any(similarity(shape, other) >= ALIKE for other in shapes):
                continue
            shapes.append(shape)
        chosen.append((quote, review))
        if len(chosen) == n:
            break
    return chosen


def trigrams(text: str) -> frozenset[str]:
    """Return the character trigrams of the letters and digits of a text."""
    letters = "".join(filter(str.isalnum, text.casefold()))
    return frozenset(letters[i : i + 3] for i in range(max(1, len(letters) - 2)))


def similarity(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets, in [0, 1]."""
    return len(a & b) / len(a | b)
