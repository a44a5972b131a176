"""Labelled reviews: a table with a text and a label, read and cleaned for training and evaluation."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Mapping
from csv import QUOTE_NONE
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reviewlens.errors import ColumnError, InputError, InputNotFoundError
from reviewlens.identify import code_of, languages
from reviewlens.labels import Labels, read_labels
from reviewlens.read.columns import data as known
from reviewlens.schemas import LABELS
from reviewlens.splits import copy_key
from reviewlens.text import repair

_TABULAR = ("csv", "tsv", "csv.gz", "tsv.gz")
_RARE = 10  # reviews of a class
_POLARITY_STARS = np.array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 1]], dtype=np.float32)


@dataclass(frozen=True)
class LabelledReviews:
    """n texts with their labels; the frame keeps the other columns for slices."""

    texts: list[str]
    labels: Labels
    frame: pd.DataFrame
    rows_read: int
    copies: int = 0

    def take(self, rows: NDArray[np.int64]) -> LabelledReviews:
        """Return some of the reviews; `rows` are positions."""
        labels = replace(self.labels, polarity=self.labels.polarity[rows], stars=self.labels.stars[rows])
        return replace(self, texts=[self.texts[i] for i in rows], labels=labels, frame=self.frame.iloc[rows])

    def without_copies(self) -> LabelledReviews:
        """Drop reviews that equal an earlier one in letters and label."""
        seen: set[tuple[str, int]] = set()
        rows = []
        for row, (text, polarity) in enumerate(zip(self.texts, self.labels.polarity.tolist(), strict=True)):
            key = (copy_key(text) if len(text) < 60 else text.lower(), polarity)
            if key not in seen:
                seen.add(key)
                rows.append(row)
        return replace(self.take(np.array(rows, dtype=np.int64)), copies=len(self.texts) - len(rows))

    def strata(self) -> NDArray[np.int64]:
        """Return what a split is balanced over: the star, or the polarity, shape (n,)."""
        stars = self.labels.stars
        known: NDArray[np.int64] = np.where(
            np.isnan(stars), self.labels.polarity, np.rint(np.nan_to_num(stars))
        ).astype(np.int64)
        return known

    def classes(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the linear model's class of each review, shape (n,), and the stars that each class stands for."""
        if self.labels.kind == "stars":
            star = np.rint(np.nan_to_num(self.labels.stars, nan=0.0)).astype(np.int64)
            return star - 1, np.eye(5, dtype=np.float32)
        return self.labels.polarity, _POLARITY_STARS

    def languages(self) -> list[str]:
        """Return the language of each review, as its table declares or its text tells it."""
        named = next((name for name in known("columns.toml")["language"]["names"] if name in self.frame), None)
        declared = [None] * len(self.texts) if named is None else self.frame[named].tolist()
        codes = [code_of(said) if isinstance(said, str) else None for said in declared]
        found = languages([text for text, code in zip(self.texts, codes, strict=True) if not code])
        told = iter(found)
        return [code or next(told) for code in codes]

    def rare(self) -> list[str]:
        """Say which classes have too few reviews to be learned."""
        counts = np.bincount(self.labels.polarity[self.labels.known], minlength=len(LABELS)).tolist()
        return [
            f"{name} are only {n} of {sum(counts)} reviews: too few to learn it"
            for name, n in zip(LABELS, counts, strict=True)
            if 0 < n < _RARE
        ]

    def summary(self) -> str:
        """Say what was read, in one line."""
        counts = np.bincount(self.labels.polarity[self.labels.known], minlength=3)
        shown = ", ".join(f"{key} as {value}" for key, value in self.labels.mapping.items())
        return (
            f"{self.rows_read} rows, {self.copies} copies dropped; {counts[0]} negative, {counts[1]} neutral, "
            f"{counts[2]} positive (read {shown})"
        )


def read_labelled(
    data: Any, *, text: str, label: str, scale: float | None = None, usual: tuple[float, float] | None = None
) -> LabelledReviews:
    """Read texts and labels; rows without a text or a label are left out, counted in a warning.

    `scale` and `usual` as in `read_labels`.
    """
    frame = read_frame(data)
    if text == label:
        raise ColumnError(f"text and label are the same column, {text!r}", hint="name the two")
    for column in (text, label):
        if not isinstance(column, Hashable):
            raise ColumnError(f"a column cannot be named by {column!r}", hint="give one name")
        if list(frame.columns).count(column) > 1:
            raise ColumnError(f"{list(frame.columns).count(column)} columns are called {column!r}", hint="rename one")
        if column not in frame.columns:
            raise ColumnError(
                f"there is no column {column!r}", hint=f"the columns are {', '.join(map(str, frame.columns))}"
            )
    if frame.empty:
        raise InputError("the data has no rows", hint="give labelled reviews")
    labels = read_labels(frame[label], scale=scale, usual=usual, column=label)
    texts = [repair(value) if isinstance(value, str) else "" for value in frame[text].tolist()]
    usable = np.array([bool(value.strip()) for value in texts]) & labels.known
    if not any(isinstance(value, str) for value in frame[text].tolist()) and frame[text].notna().any():
        kind = type(frame[text].dropna().iloc[0]).__name__
        raise InputError(f"the column {text!r} holds no text but {kind}", hint="name the column of the reviews")
    if not usable.any():
        raise InputError(
            "no row has both a text and a label", where=f"columns {text!r} and {label!r}", hint="check the columns"
        )
    dropped = int((~usable).sum())
    if dropped:
        warnings.warn(f"{dropped} of {len(texts)} rows lack a text or a label and are left out", stacklevel=3)
    reviews = LabelledReviews(texts, labels, frame.reset_index(drop=True), rows_read=len(texts))
    return reviews.take(np.flatnonzero(usable))


def read_frame(data: Any) -> pd.DataFrame:
    """Return a table as a DataFrame: a DataFrame, an Arrow table, or path(s) of Parquet or CSV files."""
    if isinstance(data, pd.DataFrame):
        return data
    if hasattr(data, "to_pandas"):
        frame: pd.DataFrame = data.to_pandas()
        return frame
    if isinstance(data, str | Path):
        return pd.concat([_read_file(path) for path in _files(Path(data))], ignore_index=True)
    if isinstance(data, Iterable) and not isinstance(data, Mapping):
        return pd.concat([read_frame(item) for item in data], ignore_index=True)
    raise InputError(
        f"data of type {type(data).__name__} cannot be read",
        hint="give a DataFrame or a path; pandas.DataFrame makes one of lists and dicts",
    )


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for kind in ("parquet", *_TABULAR) for file in path.rglob(f"*.{kind}"))
    else:
        found = [Path(name) for name in sorted(glob(str(path)))]  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise InputNotFoundError("there are no Parquet or CSV files", where=str(path), hint="check the path")
    return found


def _read_file(path: Path) -> pd.DataFrame:
    tabular = path.name.lower().endswith(tuple(f".{kind}" for kind in _TABULAR))
    try:
        return pd.read_csv(path, sep=_separator(path)) if tabular else pd.read_parquet(path)
    except UnicodeDecodeError as error:
        raise InputError("the file is not UTF-8 text", where=str(path), hint="save it as CSV in UTF-8") from error
    except Exception as error:  # pandas and pyarrow raise many kinds
        raise InputError(f"the file cannot be read: {error}", where=str(path), hint="give Parquet or CSV") from error


def _separator(path: Path) -> str:
    """Return what stands between the names in the first line: a comma, or what spreadsheets write elsewhere."""
    first = str(pd.read_csv(path, sep="\x01", nrows=0, engine="python", quoting=QUOTE_NONE).columns[0])
    return max((",", ";", "\t"), key=first.count)
