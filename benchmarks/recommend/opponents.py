"""The methods that the recommender is compared with, and the settings that are tried for each on validation."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reviewlens.recommend.interactions import Interactions

Scores = Callable[[NDArray[np.int64]], NDArray[np.float64]]  # customers (b,) -> scores (b, n_products)


def popularity(rows: Interactions) -> Scores:
    """Most interactions first."""
    counts = rows.popularity
    return lambda customers: np.tile(counts, (len(customers), 1))


def cosine(rows: Interactions, *, shrink: float, power: float) -> Scores:
    """Item-item cosine (Sarwar et al. 2001) with shrinkage; power 0.5 is the plain cosine."""
    taken = rows.matrix()
    both = (taken.T @ taken).toarray()
    np.fill_diagonal(both, 0)
    size = np.maximum(rows.popularity, 1)
    alike = both / (size[:, None] * size[None, :]) ** power * both / (both + shrink + 1e-9)
    return lambda customers: np.asarray(taken[customers] @ alike)


def ease(rows: Interactions, *, penalty: float) -> Scores:
    """EASE^R (Steck 2019)."""
    taken = rows.matrix()
    gram = (taken.T @ taken).toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] += penalty
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    return lambda customers: np.asarray(taken[customers] @ weights, dtype=np.float64)


def als(rows: Interactions, *, factors: int, penalty: float, alpha: float) -> Scores:
    """Alternating least squares of the package implicit (Hu, Koren and Volinsky 2008)."""
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors, regularization=penalty, alpha=alpha, random_state=0, num_threads=1)
    return _fitted(model, rows)


def bpr(rows: Interactions, *, factors: int, rate: float, penalty: float, rounds: int) -> Scores:
    """Bayesian personalized ranking of the package implicit (Rendle et al. 2009)."""
    from implicit.bpr import BayesianPersonalizedRanking

    settings: dict[str, Any] = {"learning_rate": rate, "regularization": penalty, "iterations": rounds}
    return _fitted(BayesianPersonalizedRanking(factors, **settings, random_state=0, num_threads=1), rows)


def _fitted(model: Any, rows: Interactions) -> Scores:
    model.fit(sparse.csr_matrix(rows.matrix(), dtype=np.float32), show_progress=False)
    return lambda customers: np.asarray(model.user_factors[customers] @ model.item_factors.T, dtype=np.float64)


def _grid(**choices: tuple[float, ...]) -> list[dict[str, Any]]:
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


OPPONENTS: dict[str, tuple[Callable[..., Scores], list[dict[str, Any]]]] = {
    "popularity": (popularity, [{}]),
    "item-item cosine": (cosine, _grid(shrink=(0.0, 2.0, 10.0, 50.0), power=(0.2, 0.3, 0.4, 0.5))),
    "EASE": (ease, _grid(penalty=(30.0, 100.0, 300.0, 1000.0, 3000.0))),
    "ALS (implicit)": (als, _grid(factors=(8, 16, 64), penalty=(1.0, 10.0, 30.0), alpha=(1.0, 10.0))),
    "BPR (implicit)": (
        bpr,
        _grid(factors=(16, 64), rate=(0.003, 0.01, 0.05), penalty=(0.01, 0.1), rounds=(30, 100)),
    ),
}
