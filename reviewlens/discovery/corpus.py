"""The reviews that discovery reads: a sample of bounded size that does not depend on the order of the rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from reviewlens.errors import ConfigError, InputError
from reviewlens.read import plan


def sample(data: Any, *, text: str | None = None, limit: int = 200_000, seed: int = 0) -> list[str]:
    """Return distinct texts of `data`, at most `limit`, in an order that depends on the texts alone.

    Where there are more, products take turns, so that one product with many reviews does not drown the others;
    which of a product's reviews are taken depends on `seed` and the text. Memory holds twice `limit` texts.

    Args:
        data: whatever `reviewlens.read.plan` takes: path, glob, folder, list of paths, DataFrame, Arrow table, texts.
        text: the column of texts, where it is not found by its name.
        limit: how many texts at most.
        seed: decides which texts are taken where there are more.

    Raises:
        InputNotFoundError: nothing is there.
        ColumnError: there is no column of texts.
        InputError: there is no text at all.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ConfigError(f"seed must be a whole number from 0, not {seed!r}", where="discover_themes")
    key = f"{seed:016d}"[-16:]
    held = _frame([], [])
    for here in _batches(data, text):
        says = np.array([isinstance(t, str) and any(map(str.isalnum, t)) for t in here["text"]], dtype=bool)
        here = here[says].drop_duplicates("text")
        draw = pd.util.hash_array(here["text"].to_numpy(object), hash_key=key, categorize=False)
        held = pd.concat([held, here.assign(draw=draw)])
        if len(held) > 2 * limit:
            held = _take_turns(held, limit)
    held = _take_turns(held, limit)
    if held.empty:
        raise InputError("there is no text in the data", where=type(data).__name__, hint="pass reviews with text")
    return sorted(map(str, held["text"]))


def _frame(texts: list[str | None], products: list[str | None]) -> pd.DataFrame:
    frame = pd.DataFrame({"text": texts, "product": products}, dtype=object)
    return frame.assign(draw=np.zeros(len(frame), dtype=np.uint64))


def _take_turns(held: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Drop copies; of more than `limit` texts keep the first of each product, then the second of each, and so on."""
    ordered = held.sort_values(["draw", "text", "product"]).drop_duplicates("text")
    if len(ordered) <= limit:
        return ordered
    turn = ordered.groupby("product", dropna=False, sort=False).cumcount()
    return ordered.assign(turn=turn).sort_values(["turn", "draw", "text"]).head(limit).drop(columns="turn")


def _batches(data: Any, text: str | None) -> Iterator[pd.DataFrame]:
    found = plan(data, columns=None if text is None else {"text": text})
    for part in found.parts:
        for batch in part.batches(16_384):
            yield _frame(batch["text"].to_pylist(), batch["product_id"].to_pylist())
