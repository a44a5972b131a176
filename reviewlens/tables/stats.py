"""Statistics of the summary tables, vectorized over cells; ratios come from whole counts."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reviewlens.tables.fisher import upper_tail

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

DIGITS = 4  # of every ratio in a table
SIGNIFICANT = 6  # digits of a p-value, beyond which machines may differ


def ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """Return part / whole rounded to `DIGITS`, NaN where the whole is 0."""
    a, b = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    shares: Floats = np.divide(a, b, out=np.full(a.shape, np.nan), where=b > 0)
    return np.round(shares, DIGITS)


def wilson(successes: ArrayLike, trials: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the lower and upper end of Wilson's score interval of a share (Wilson 1927), of shape (n,), in [0, 1].

    Where there are no trials nothing is known: the interval is [0, 1].
    """
    k, n = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    safe = np.where(n > 0, n, 1.0)
    p = k / safe
    center = (p + z * z / (2 * safe)) / (1 + z * z / safe)
    half = z * np.sqrt(p * (1 - p) / safe + z * z / (4 * safe * safe)) / (1 + z * z / safe)
    low: Floats = np.where(n > 0, np.clip(center - half, 0, 1), 0.0)
    high: Floats = np.where(n > 0, np.clip(center + half, 0, 1), 1.0)
    return np.round(low, DIGITS), np.round(high, DIGITS)


def change_p_value(after: ArrayLike, n_after: ArrayLike, before: ArrayLike, n_before: ArrayLike) -> Floats:
    """Return the two-sided p-value of a change between two shares: the pooled two-proportion z-test, shape (n,).

    1 where both shares are 0 or both are 1; NaN where either side has no trials.
    """
    a, n, b, m = (np.asarray(x, np.float64) for x in (after, n_after, before, n_before))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (a + b) / (n + m)
        spread = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        z = np.abs(a / n - b / m) / spread
    p = np.vectorize(math.erfc, otypes=[np.float64])(z / math.sqrt(2))
    return _rounded(np.where((n > 0) & (m > 0), np.where(spread > 0, p, 1.0), np.nan))


def rise_p_value(after: ArrayLike, n_after: ArrayLike, before: ArrayLike, n_before: ArrayLike) -> Floats:
    """Return the one-sided p-value that a share has risen: Fisher's exact test (Fisher 1935), shape (n,).

    Exact at any count, so a false-discovery rate declared on it holds for rare needs too.
    """
    a, n, b, m = (np.asarray(x, np.int64) for x in (after, n_after, before, n_before))
    return _rounded(upper_tail(a, n + m, a + b, n))


def false_discovery(p_values: ArrayLike) -> Floats:
    """Return Benjamini-Hochberg q-values (Benjamini and Hochberg 1995) over all cells that were tested, shape (n,).

    Reporting the cells with q below a rate keeps the expected share of false ones among them below that rate. NaN
    stands for a cell that was not tested and stays NaN.
    """
    p = np.asarray(p_values, np.float64)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    raw = p[order] * len(order) / np.arange(1, len(order) + 1)
    q = np.full(p.shape, np.nan)
    q[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return _rounded(q)


def false_discovery_by(families: pd.Series, p_values: Floats) -> Floats:
    """Return `false_discovery` within each family of cells, shape (n,)."""
    family = families.factorize()[0]
    order = np.argsort(family, kind="stable")
    q = np.full(p_values.shape, np.nan)
    for cells in np.split(order, np.flatnonzero(np.diff(family[order])) + 1):
        q[cells] = false_discovery(p_values[cells])
    return q


def opportunity(importance: ArrayLike, satisfaction: ArrayLike) -> Floats:
    """Return importance + max(importance - satisfaction, 0), all on 0 to 10 (Ulwick 2005): large unmet needs first."""
    i, s = np.asarray(importance, np.float64), np.asarray(satisfaction, np.float64)
    return np.round(i + np.maximum(i - s, 0), 2)


def _rounded(p: Floats) -> Floats:
    """Return p to `SIGNIFICANT` digits; what is below 1e-290 is 0."""
    scale = 10.0 ** (SIGNIFICANT - 1 - np.floor(np.log10(np.clip(p, 1e-290, 1))))
    return np.where(p < 1e-290, 0.0, np.round(p * scale) / scale)
