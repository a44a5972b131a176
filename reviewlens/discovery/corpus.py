"""The reviews that discovery reads: a sample of bounded size that does not depend on the order of the rows."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reviewlens.errors import ColumnError, InputError, InputNotFoundError

TEXT = ("text", "review_body", "review_text", "reviewText", "content", "comment", "review", "body")
PRODUCT = ("product_id", "asin", "product")


def sample(data: Any, *, text: str | None = None, limit: int = 200_000, seed: int = 0) -> list[str]:
    """Return distinct texts of `data`, at most `limit`, in an order that depends on the texts alone.

    Where there are more, products take turns, so that one product with many reviews does not drown the others;
    which of a product's reviews are taken depends on `seed` and the text. Memory holds twice `limit` texts.

    Args:
        data: path, glob, directory, list of paths, DataFrame, Arrow table, or list or Series of texts.
        text: the column of texts, where it is not found by its name.

    Raises:
        InputNotFoundError: nothing is there.
        ColumnError: there is no column of texts.
        InputError: there is no text at all.
    """
    key = f"{seed:016d}"[-16:]
    held = pd.DataFrame({"text": [], "product": [], "draw": []}).astype(
        {"text": object, "product": object, "draw": "uint64"}
    )
    for texts, products in _batches(data, text):
        here = pd.DataFrame({"text": texts, "product": products}, dtype=object)
        says = np.array([isinstance(t, str) and any(map(str.isalnum, t)) for t in texts], dtype=bool)
        here = here[says].drop_duplicates("text")
        here["draw"] = pd.util.hash_array(here["text"].to_numpy(object), hash_key=key, categorize=False)
        held = pd.concat([held, here]).drop_duplicates("text")
        if len(held) > 2 * limit:
            held = _take_turns(held, limit)
    if held.empty:
        raise InputError("there is no text in the data", where=_name(data), hint="pass reviews with text")
    return [str(t) for t in _take_turns(held, limit).sort_values(["draw", "text"])["text"]]


def _take_turns(held: pd.DataFrame, limit: int) -> pd.DataFrame:
    if len(held) <= limit:
        return held
    ordered = held.sort_values(["draw", "text"])
    turn = ordered.groupby("product", dropna=False, sort=False).cumcount()
    return ordered.assign(turn=turn).sort_values(["turn", "draw", "text"]).head(limit).drop(columns="turn")


def _batches(data: Any, text: str | None) -> Iterator[tuple[Sequence[Any], Sequence[Any]]]:
    """Yield texts and their products."""
    if isinstance(data, pd.Series):
        yield data.tolist(), [""] * len(data)
    elif isinstance(data, pd.DataFrame):
        yield _columns(list(data.columns), text, lambda name: list(data[name]), len(data), "the DataFrame")
    elif isinstance(data, pa.Table):
        yield _columns(data.column_names, text, lambda name: data[name].to_pylist(), data.num_rows, "the table")
    elif isinstance(data, str | Path) or _are_paths(data):
        for path in _files([data] if isinstance(data, str | Path) else data):
            file = pq.ParquetFile(path)
            names = [
                n
                for n in (_find(file.schema_arrow.names, text, TEXT, str(path)), _product(file.schema_arrow.names))
                if n
            ]
            for batch in file.iter_batches(batch_size=16_384, columns=names):
                table = pa.Table.from_batches([batch])
                yield _columns(table.column_names, text, lambda n, t=table: t[n].to_pylist(), len(batch), str(path))
    else:
        texts = list(data)
        yield texts, [""] * len(texts)


def _are_paths(data: Any) -> bool:
    return (
        isinstance(data, list | tuple)
        and len(data) > 0
        and all(isinstance(d, Path) or (isinstance(d, str) and d.endswith(".parquet")) for d in data)
    )


def _files(paths: Sequence[str | Path]) -> list[str]:
    found: list[str] = []
    for path in paths:
        here = Path(path)
        inside = [str(p) for p in here.rglob("*.parquet")] if here.is_dir() else []
        matches = inside or glob.glob(str(path), recursive=True)  # noqa: PTH207 - a pattern may be absolute
        if not matches:
            raise InputNotFoundError(
                f"there is no Parquet file at {path}", where=str(path), hint="check the path or pattern"
            )
        found += matches
    return sorted(set(found))


def _columns(
    names: list[str], text: str | None, get: Any, rows: int, where: str
) -> tuple[Sequence[Any], Sequence[Any]]:
    product = _product(names)
    return get(_find(names, text, TEXT, where)), get(product) if product else [""] * rows


def _product(names: Sequence[str]) -> str:
    return next((name for name in PRODUCT if name in names), "")


def _find(names: Sequence[str], given: str | None, usual: Sequence[str], where: str) -> str:
    if given is not None:
        if given not in names:
            raise ColumnError(
                f"there is no column {given!r}", where=where, hint=f"choose one of {', '.join(map(str, names))}"
            )
        return given
    known = [name for name in usual if name in names]
    if len(known) != 1:
        what = f"columns {' and '.join(known)} may both be the text" if known else "no column is known to be the text"
        raise ColumnError(what, where=where, hint="name it: text=...")
    return known[0]


def _name(data: Any) -> str:
    return str(data) if isinstance(data, str | Path) else type(data).__name__
