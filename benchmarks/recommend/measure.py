"""Ranks of the held-out products, and what follows from them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.recommend.cases import Case
from benchmarks.recommend.opponents import Scores

BLOCK = 1_000
DRAWS = 2_000


class Ranking(NamedTuple):
    """`rank` (n,): products before the held-out one, ties halved. `shown` (n, 10): the products recommended."""

    rank: NDArray[np.float64]
    shown: NDArray[np.int64]


def rank(scores: Scores, case: Case) -> Ranking:
    """Rank all products that a customer does not have; customers in blocks."""
    taken = case.train.matrix()
    ranks, shown = [], []
    for start in range(0, len(case.customers), BLOCK):
        customers = case.customers[start : start + BLOCK]
        total = np.array(scores(customers), dtype=np.float64)
        had = taken[customers].tocoo()
        total[had.row, had.col] = -np.inf
        aim = total[np.arange(len(customers)), case.target[start : start + BLOCK]][:, None]
        ranks.append((total > aim).sum(axis=1) + ((total == aim).sum(axis=1) - 1) / 2)
        shown.append(np.argsort(-total, axis=1, kind="stable")[:, :10])
    return Ranking(np.concatenate(ranks), np.concatenate(shown))


def recall(rank: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return per customer whether the held-out product is among the first 20."""
    return (rank < 20).astype(np.float64)


def ndcg(rank: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return per customer the discounted gain among the first 10."""
    return np.where(rank < 10, 1 / np.log2(rank + 2), 0.0)


def interval(values: NDArray[np.float64], *, seed: int = 0) -> list[float]:
    """Return mean, and the 95% percentile bootstrap interval over customers."""
    generator = np.random.default_rng(seed)
    draws = [values[generator.integers(0, len(values), len(values))].mean() for _ in range(DRAWS)]
    return [round(float(v), 5) for v in (values.mean(), *np.quantile(draws, [0.025, 0.975]))]


def summary(found: Ranking, case: Case) -> dict[str, object]:
    """Return the figures of one method on one case."""
    counts = np.bincount(found.shown.ravel(), minlength=len(case.train.products))
    shares = np.sort(counts) / counts.sum()
    gini = 1 - 2 * float(np.mean(np.cumsum(shares) - shares / 2))
    return {
        "recall@20": interval(recall(found.rank)),
        "ndcg@10": interval(ndcg(found.rank)),
        "coverage@10": round(float((counts > 0).mean()), 4),
        "gini@10": round(gini, 4),
        "popularity@10": round(float(case.train.popularity[found.shown].mean()), 1),
    }
