"""Data that is in memory already: DataFrames, tables, lists of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from reviewlens.errors import ColumnError, InputError
from reviewlens.read.columns import find_columns
from reviewlens.text import repair

FRAME = "<frame>"


def to_table(data: Any, given: Mapping[str, str]) -> tuple[pa.Table, dict[str, str], list[str]]:
    """Return the data as a table, which of its columns is which of ours, and the names of all its columns.

    Of a DataFrame only the columns that are used are converted. Raises `ColumnError`, and `InputError` for data of
    another kind.
    """
    if isinstance(data, pd.DataFrame):
        names = [str(name) for name in data.columns]
        columns = find_columns(names, given, where=FRAME)
        _check_texts(data.iloc[:, names.index(columns["text"])], f"column {columns['text']!r}")
        arrays = {theirs: series_to_array(data.iloc[:, names.index(theirs)]) for theirs in columns.values()}
        return pa.table(arrays), columns, names
    if isinstance(data, pa.RecordBatchReader):
        data = data.read_all()
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    if isinstance(data, pa.Table):
        return data, find_columns(data.schema.names, given, where=FRAME), data.schema.names
    return pa.table({"text": _texts(data)}), {"text": "text"}, ["text"]


def series_to_array(series: pd.Series[Any]) -> pa.Array:
    """Return a column as Arrow; one of mixed kinds becomes text, with broken Unicode repaired."""
    try:
        array = pa.Array.from_pandas(series)
    except (pa.ArrowException, UnicodeError, OverflowError, TypeError, ValueError):
        array = pa.array([_bytes(value) for value in series], pa.large_binary())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if array.null_count == len(array):  # a column of NaN alone has the type of a number
        return pa.nulls(len(array))
    return array


def _texts(data: Any) -> pa.Array:
    if isinstance(data, pd.Series):
        _check_texts(data, "the series")
        return series_to_array(data)
    if isinstance(data, pa.Array | pa.ChunkedArray):
        return data
    if isinstance(data, np.ndarray) and data.ndim == 1:
        data = data.tolist()
    if not isinstance(data, list | tuple):
        raise InputError(
            f"data of type {type(data).__name__} cannot be read",
            hint="give a path, a DataFrame, a pyarrow.Table or a list of texts",
        )
    for i, item in enumerate(data):
        if not (item is None or isinstance(item, str | bytes) or _is_missing(item)):
            hint = "give texts, or a DataFrame for rows of several columns"
            raise InputError(f"item {i} of the list is {type(item).__name__}, not text", hint=hint)
    return pa.array([_bytes(item) for item in data], pa.large_binary())


def _check_texts(series: pd.Series[Any], where: str) -> None:
    if series.dtype != object:  # a column of one other type is refused by its type
        return
    for row, value in enumerate(series):
        if not (isinstance(value, str | bytes) or _is_missing(value)):
            raise ColumnError(
                f"row {row:,} of {where} is {type(value).__name__}, not text",
                where=FRAME,
                hint="take out such rows, or turn them into text yourself",
            )


def _bytes(value: Any) -> bytes | None:
    if isinstance(value, bytes):
        return value
    if _is_missing(value):
        return None
    text = value if isinstance(value, str) else value.isoformat() if hasattr(value, "isoformat") else str(value)
    return repair(text).encode("utf-8")


def _is_missing(value: Any) -> bool:
    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float | np.floating) and value != value)
    )
