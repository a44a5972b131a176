"""Geometry of the charts: from numbers to coordinates in a small picture; the templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

WIDTH, HEIGHT = 240.0, 72.0  # of a trend
PAD = 5.0
SHADES = (0.1, 0.4, 0.75)  # mean scores at which the next shade begins


@dataclass(frozen=True)
class Interval:
    """A share with its interval on a common scale: percentages of the width of the picture, 0 to 100."""

    low: float
    at: float
    high: float


def interval(low: float, at: float, high: float, most: float) -> Interval:
    """Return the places of a share and its interval where the picture ends at `most`."""
    scale = 100 / most if most > 0 else 0.0
    return Interval(*(round(min(100.0, max(0.0, x * scale)), 2) for x in (low, at, high)))


@dataclass(frozen=True)
class Trend:
    """A share over periods: a line, the band of its intervals, its last point, and the scale."""

    line: str  # SVG points of the periods that are over
    band: str  # SVG points of the polygon of the intervals
    last: tuple[float, float]
    tail: str  # SVG points from the last full period to a period that is not over; empty if there is none
    partial: bool
    top: float  # share at the upper edge


def trend(
    share: ArrayLike, low: ArrayLike, high: ArrayLike, partial: Sequence[bool], at: ArrayLike | None = None
) -> Trend:
    """Return the picture of a share over n >= 1 periods, all of shape (n,), on a scale from 0 to a round number.

    `at` says when each period is, from 0 at the left edge to 1 at the right; evenly spread where it is not given.
    """
    y, y_low, y_high = (np.asarray(values, np.float64) for values in (share, low, high))
    top = round_up(float(max(1.1 * y.max(), min(y_high.max(), 1.5 * y.max()))))
    n = len(y)
    when = np.linspace(0, 1, n) if at is None else np.asarray(at, np.float64)
    x = PAD + (WIDTH - 2 * PAD) * when if n > 1 else np.array([WIDTH / 2])
    band = [*zip(x, _height(y_high, top), strict=True), *zip(x[::-1], _height(y_low, top)[::-1], strict=True)]
    points = list(zip(x, _height(y, top), strict=True))
    unfinished = bool(partial[-1]) and n > 1
    full = points[:-1] if unfinished else points
    return Trend(
        line=_points(full),
        band=_points(band),
        last=(round(float(points[-1][0]), 1), round(float(points[-1][1]), 1)),
        tail=_points(points[-2:]) if unfinished else "",
        partial=unfinished,
        top=top,
    )


def round_up(share: float) -> float:
    """Return the least round share that is not below `share`: 1%, 2%, 5%, 10%, 20%, 25%, 50%, 75% or 100%."""
    return next((r for r in (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75) if share <= r), 1.0)


@dataclass(frozen=True)
class Column:
    """One column of a chart of volumes: the reviews of a period, parts of them stacked from the bottom."""

    x: float
    width: float
    boxes: tuple[tuple[str, float, float], ...]  # kind, y, height
    title: str


def columns(
    counts: Sequence[Sequence[int]], kinds: Sequence[str], titles: Sequence[str], *, width: float, height: float
) -> list[Column]:
    """Return stacked columns for counts of shape (n, len(kinds)); the tallest one fills the height."""
    tallest = max((sum(row) for row in counts), default=0) or 1
    step = width / max(len(counts), 1)
    made = []
    for i, (row, title) in enumerate(zip(counts, titles, strict=True)):
        y, boxes = height, []
        for kind, n in zip(kinds, row, strict=True):
            tall = height * n / tallest
            y -= tall
            boxes.append((kind, round(y, 1), round(tall, 1)))
        made.append(Column(round(i * step + step * 0.1, 1), round(step * 0.8, 1), tuple(boxes), title))
    return made


def shade(score: float) -> int:
    """Return the shade of a mean score in [-1, 1]: -3 (very negative) to 3 (very positive)."""
    return int(np.sign(score) * np.digitize(abs(score), SHADES))


def _height(share: NDArray[np.float64], top: float) -> NDArray[np.float64]:
    return PAD + (HEIGHT - 2 * PAD) * (1 - np.clip(share / top, 0, 1))


def _points(pairs: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)
