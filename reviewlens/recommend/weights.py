"""How much each signal counts: learned from what customers took last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reviewlens.recommend.evidence import without
from reviewlens.recommend.interactions import Interactions
from reviewlens.recommend.signals import Floats

if TYPE_CHECKING:
    from reviewlens.recommend.recommender import Recommender

DEFAULTS = {"companions": 1.0, "trend": 2.0, "likeness": 0.05, "needs": 0.0}
GRID = {
    "trend": (0.3, 0.6, 1.0, 2.0, 4.0, 8.0),
    "likeness": (0.0, 0.01, 0.02, 0.05, 0.1, 0.2),
    "needs": (0.0, 0.01, 0.03, 0.1, 0.3),
}
FEWEST = 50  # customers with two interactions; below it the defaults stand
MOST = 2_000
CELLS = 8_000_000
ROUNDS = 2

Build = Callable[[Interactions, pd.DataFrame | None], "Recommender"]


def learn_weights(
    rows: Interactions, evidence: pd.DataFrame | None, build: Build, *, off: Sequence[str] = ()
) -> dict[str, float]:
    """Choose the weights under which the last product of customers, hidden, ranks best.

    The gain of a rank r (0-based) is 1 / log2(r + 2), averaged over at most 2,000 customers: nDCG without a cut.
    Signals in `off` weigh nothing.
    """
    last = np.flatnonzero(rows.is_last())
    if len(last) < FEWEST:
        return {name: 0.0 if name in off else weight for name, weight in DEFAULTS.items()}
    most = min(MOST, max(FEWEST, CELLS // len(rows.products)))
    names = rows.customers[rows.customer[last]].astype(object)
    chosen = last[np.argsort(pd.util.hash_array(names, categorize=False), kind="stable")[:most]]
    hidden = np.zeros(len(rows), dtype=bool)
    hidden[chosen] = True
    rest = rows.take(~hidden)
    model = build(rest, None if evidence is None else without(evidence, rows, hidden))
    customers = rows.customer[hidden]
    parts = model.scores(customers, rest.last_day[customers])
    taken = rest.matrix()[customers].tocoo()
    # what a customer has already is no candidate; the weight of this signal is always 1
    parts["companions"][taken.row, taken.col] = -1e9
    return _search(parts, rows.product[hidden], off)


def _search(parts: dict[str, Floats], target: NDArray[np.int64], off: Sequence[str]) -> dict[str, float]:
    weights = {name: 0.0 if name in off else DEFAULTS[name] for name in parts}
    best = -1.0
    for _ in range(ROUNDS):
        for name in (name for name in GRID if name in parts and name not in off):
            rest = np.asarray(sum(weights[other] * parts[other] for other in parts if other != name))
            gains = [(gain(rest + weight * parts[name], target), -weight) for weight in GRID[name]]
            found, negative = max(gains)
            if found > best:
                best, weights[name] = found, -negative
    return weights


def gain(total: Floats, target: NDArray[np.int64]) -> float:
    """Return the mean gain of the target products (b,) under scores (b, n_products); ties share their ranks."""
    aim = total[np.arange(len(target)), target][:, None]
    rank = (total > aim).sum(axis=1) + ((total == aim).sum(axis=1) - 1) / 2
    return float(np.mean(1 / np.log2(rank + 2)))
