"""Statistics of the summary tables, vectorized over cells; ratios come from whole counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

DIGITS = 4  # of every ratio in a table


def ratio(part: ArrayLike, whole: ArrayLike) -> NDArray[np.float64]:
    """Return part / whole rounded to `DIGITS`, NaN where the whole is 0."""
    a, b = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.round(np.divide(a, b, out=np.full(a.shape, np.nan), where=b > 0), DIGITS)


def wilson(successes: ArrayLike, trials: ArrayLike, *, level: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower and upper end of Wilson's score interval of a share (Wilson 1927), each of shape (n,), in [0, 1].

    Where there are no trials nothing is known: the interval is [0, 1].
    """
    k, n = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    z = float(norm.ppf(0.5 + level / 2))
    safe = np.where(n > 0, n, 1.0)
    p = k / safe
    center = (p + z * z / (2 * safe)) / (1 + z * z / safe)
    half = z * np.sqrt(p * (1 - p) / safe + z * z / (4 * safe * safe)) / (1 + z * z / safe)
    low = np.where(n > 0, np.clip(center - half, 0, 1), 0.0)
    high = np.where(n > 0, np.clip(center + half, 0, 1), 1.0)
    return np.round(low, DIGITS), np.round(high, DIGITS)
