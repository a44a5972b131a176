"""The tail of the hypergeometric distribution, many cells at once.

`scipy.stats` has it too, but takes longer to import than a small job. Here the weights of neighboring counts are
multiplied up and down from the most likely one, until they no longer matter: no factorial is needed, and no precision
lost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_NOTHING = 1e-18  # share of a sum that no longer matters
_SMALLEST = 1e-300

Floats = NDArray[np.float64]


def upper_tail(
    least: NDArray[np.int64], whole: NDArray[np.int64], marked: NDArray[np.int64], drawn: NDArray[np.int64]
) -> Floats:
    """Return the probability of at least `least` marked ones among `drawn` of `whole`, of which `marked` are; (n,)."""
    a, n, k, d = (np.asarray(x, np.float64) for x in (least, whole, marked, drawn))
    likeliest = np.floor((d + 1) * (k + 1) / (n + 2))
    total, tail = np.ones(a.shape), (likeliest >= a).astype(np.float64)
    for up in (True, False):
        cell, at, weight = np.arange(len(a)), likeliest.copy(), np.ones(a.shape)
        while len(cell):
            free = (n - k - d)[cell] + at  # neither marked nor drawn
            if up:
                weight = weight * (k[cell] - at) * (d[cell] - at) / ((at + 1) * (free + 1))
                at = at + 1
            else:
                weight = weight * at * free / ((k[cell] - at + 1) * (d[cell] - at + 1))
                at = at - 1
            counts = at >= a[cell]
            total[cell] += weight
            tail[cell] += np.where(counts, weight, 0.0)
            matters = weight > _NOTHING * np.where(counts, tail[cell], total[cell])
            if up:
                matters |= ~counts & (weight > _SMALLEST)
            cell, at, weight = cell[matters], at[matters], weight[matters]
    return tail / total
