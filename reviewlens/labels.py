"""What a column of labels means: polarity or stars.

| labels | read as |
|---|---|
| 0 and 1 (also true and false) | negative, positive |
| -1, 0 and 1; or 0, 1 and 2 | negative, neutral, positive |
| class names in English or Chinese ("negative", "pos", "false", "中性", ...) | that polarity |
| stars as exports write them ("4 stars", "★★★★☆", "五星") | stars, of 5 or `scale` |
| the same with what they are of ("4 out of 5", "8/10", "80%") | stars of that, whatever `scale` says |
| other numbers from 0 or 1 up to at most 10 | stars on the smallest scale of 3, 5, 7 or 10 that fits, or `scale` |

1 and 2 alone may be two classes, or the low end of a scale: that is asked back.
Stars are weak supervision: the scale is stretched to 1-5, where 1-2 are negative, 3 is neutral, 4-5 are positive.
"""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reviewlens.errors import ConfigError, InputError
from reviewlens.read.stars import OF, is_share, parse_rating
from reviewlens.schemas import LABELS
from reviewlens.text import repair

NO_STAR = np.nan
_NAMES = {
    "negative": ("negative", "neg", "bad", "unhappy", "false", "差评", "负面", "消极", "差"),
    "neutral": ("neutral", "neu", "mixed", "中评", "中性", "一般"),
    "positive": ("positive", "pos", "good", "happy", "true", "好评", "正面", "积极", "好"),
}
_POLARITY = {name: LABELS.index(polarity) for polarity, names in _NAMES.items() for name in names}
_SCALES = (3, 5, 7, 10)
_MOST_WRITTEN = 1000  # distinct stars; a column with more of them has none
_HALF = 0.5
_LONGEST = 40  # characters of a label that are shown


@dataclass(frozen=True)
class Labels:
    """Labels of n reviews."""

    polarity: NDArray[np.int64]
    """0 negative, 1 neutral, 2 positive, -1 where there is none, shape (n,)."""
    stars: NDArray[np.float64]
    """Stars on the scale 1 to 5, NaN where the labels are no stars, shape (n,)."""
    kind: str
    """"polarity" or "stars"."""
    mapping: dict[str, str]
    """What each label was read as."""
    scale: tuple[float, float] | None = None
    """Lowest and highest possible star; None where the labels are no stars."""

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether a review has a label, shape (n,)."""
        return self.polarity >= 0


def read_labels(
    values: Any, *, scale: float | None = None, usual: tuple[float, float] | None = None, column: str = "label"
) -> Labels:
    """Read a column of labels; missing values stay without a label.

    `scale` is the highest possible star, `usual` the lowest and the highest one that stars are known to have; where
    stars do not fit in there, or what is there is 0 and 1, they are read as if it were not given.

    Raises:
        InputError: A label is of no known kind; the message names it and counts its rows.
        ConfigError: `scale` is no highest star.
    """
    if scale is not None and not 2 <= scale < np.inf:
        raise ConfigError(f"scale={scale!r} is no highest star", hint="give the highest possible rating, 2 or more")
    series = pd.Series(values).reset_index(drop=True)
    if series.dtype == object:
        series = series.map(lambda v: repair(v) if isinstance(v, str) else v)
    if series.map(lambda v: isinstance(v, bool | np.bool_)).any():
        series = series.map(lambda v: int(v) if isinstance(v, bool | np.bool_) else v)
    numbers = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    missing = series.isna().to_numpy() | (series.astype(str).str.strip() == "").to_numpy()
    if not (~missing).any():
        raise InputError("no row has a label", where=f"column {column!r}", hint="name the column that holds labels")
    if np.isfinite(numbers[~missing]).all():
        return _from_numbers(numbers, scale, usual, column)
    if (written := _written_stars(series, missing)) is not None:
        if any(is_share(said) for said in series[~missing].astype(str).unique()):
            usual, scale = usual if usual is not None and usual[1] == OF else None, OF
        return _from_stars(written, ~missing, usual or _ends(sorted(written[~missing]), scale or OF, column))
    if not np.isnan(numbers[~missing]).any():
        raise InputError(
            f"{int(np.isinf(numbers).sum())} labels are infinite", where=f"column {column!r}", hint="leave them out"
        )
    return _from_names(series, missing, column)


def _written_stars(series: pd.Series[Any], missing: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Return stars as exports write them ("4 out of 5", "★★★★"), shape (n,); None where a label is something else."""
    distinct = {said: parse_rating(said) for said in series[~missing].astype(str).unique()[:_MOST_WRITTEN]}
    stars = series.astype(str).map(distinct).to_numpy(dtype=np.float64, na_value=np.nan)
    return None if np.isnan(stars[~missing]).any() else np.where(missing, np.nan, stars)


def _from_names(series: pd.Series[Any], missing: NDArray[np.bool_], column: str) -> Labels:
    names = series.astype(str).str.strip().str.lower()
    polarity = names.map(_POLARITY).where(~missing)
    unknown = Counter(names[~missing & polarity.isna().to_numpy()])
    if unknown:
        shown = ", ".join(f"{name[:_LONGEST]!r} ({count} rows)" for name, count in unknown.most_common(5))
        raise InputError(
            f"labels not understood: {shown}",
            where=f"column {column!r}",
            hint=f"use stars, 0/1, or {', '.join(LABELS)}",
        )
    codes: NDArray[np.int64] = polarity.fillna(-1).to_numpy().astype(np.int64)
    mapping = {name: LABELS[_POLARITY[name]] for name in sorted(set(names[~missing]))}
    return Labels(codes, np.full(len(codes), NO_STAR), "polarity", mapping)


def _from_numbers(
    numbers: NDArray[np.float64], scale: float | None, usual: tuple[float, float] | None, column: str
) -> Labels:
    finite = np.isfinite(numbers)
    seen = sorted(set(numbers[finite].tolist()))
    two_classes = 0.0 in seen and set(seen) <= {0.0, 1.0}
    if scale is None and usual is not None and usual[0] <= seen[0] and seen[-1] <= usual[1] and not two_classes:
        _warn_of_another(seen, usual, column)
        return _from_stars(numbers, finite, usual)
    if scale is None and set(seen) <= {0.0, 1.0}:
        codes = {0.0: 0, 1.0: 2}
    elif scale is None and set(seen) <= {-1.0, 0.0, 1.0}:
        codes = {-1.0: 0, 0.0: 1, 1.0: 2}
    elif scale is None and set(seen) == {0.0, 1.0, 2.0}:
        codes = {0.0: 0, 1.0: 1, 2.0: 2}
    elif scale is None and set(seen) == {1.0, 2.0}:
        raise InputError(
            "labels of 1 and 2 alone can mean two things",
            where=f"column {column!r}",
            hint="where 2 is good, map them to 0 and 1; where they are stars, give scale=5",
        )
    else:
        return _from_stars(numbers, finite, _ends(seen, scale, column))
    polarity = np.array([codes.get(value, -1) for value in numbers.tolist()], dtype=np.int64)
    mapping = {f"{value:g}": LABELS[codes[value]] for value in seen}
    return Labels(polarity, np.full(len(numbers), NO_STAR), "polarity", mapping)


def _warn_of_another(seen: list[float], usual: tuple[float, float], column: str) -> None:
    """Warn where all stars are in the lower half of the scale, as those of a smaller scale are."""
    if len(seen) > 2 and seen[-1] <= usual[1] / 2:
        warnings.warn(
            f"the labels in {column!r}, {seen[0]:g} to {seen[-1]:g}, are read on the scale of the training, up to "
            f"{usual[1]:g}: give scale= if theirs is another",
            stacklevel=6,
        )


def _ends(seen: list[float], scale: float | None, column: str) -> tuple[float, float]:
    """Return the lowest and the highest possible star."""
    low, high = seen[0], seen[-1]
    top = scale or next((float(size) for size in _SCALES if high <= size), None)
    if top is None or low < 0 or high > top or top < 2:
        raise InputError(
            f"numbers from {low:g} to {high:g} are no star scale that is known",
            where=f"column {column!r}",
            hint="give scale=, the highest possible rating, or map the labels to negative, neutral, positive",
        )
    if low == _HALF and all(value % _HALF == 0 for value in seen):
        return _HALF, top  # half stars begin with a half, as ten points begin with one
    return (0.0 if low < 1 else 1.0), top


def _from_stars(numbers: NDArray[np.float64], finite: NDArray[np.bool_], ends: tuple[float, float]) -> Labels:
    bottom, top = ends
    stars = 1 + 4 * (numbers - bottom) / (top - bottom)
    rounded = np.where(finite, np.rint(np.where(finite, stars, 3)), 0)
    polarity = np.select([~finite, rounded <= 2, rounded == 3], [-1, 0, 1], default=2).astype(np.int64)
    seen = sorted(set(numbers[finite].tolist()))
    at = {value: int(polarity[np.flatnonzero(numbers == value)[0]]) for value in seen}
    return Labels(polarity, np.where(finite, stars, np.nan), "stars", {f"{v:g}": LABELS[at[v]] for v in seen}, ends)
