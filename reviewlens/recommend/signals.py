"""What speaks for a product: its companions, the trend, and what reviews say of it.

Each signal is a matrix of customers by products, larger where more speaks for the product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reviewlens.recommend.interactions import Interactions

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

SHRINK = 50.0  # interactions by which a share among few customers is pulled to zero
DISSENT = 0.6  # weight of a pair that one customer liked and disliked
HISTORY_DAYS, HISTORY_FLOOR = 180.0, 0.2  # older interactions of a customer count less, down to the floor
TREND_DAYS = 90.0
LONGEST_HISTORY = 500  # latest interactions of a customer that count as companions: bounds memory


class Signal(Protocol):
    """A score of every product for some customers."""

    name: str

    def score(self, history: sparse.csr_matrix, at: Floats) -> Floats:
        """Return scores of shape (b, n_products) for histories (b, n_products) at days `at` (b,)."""
        ...


def histories(interactions: Interactions) -> sparse.csr_matrix:
    """Return what each customer has, later interactions heavier: shape (n_customers, n_products), in (0, 1]."""
    age = interactions.last_day[interactions.customer] - interactions.day
    return interactions.matrix(HISTORY_FLOOR + (1 - HISTORY_FLOOR) * np.exp(-age / HISTORY_DAYS))


@dataclass
class Companions:
    """Products that the same customers took, as a shrunken share: together / (popularity + shrink).

    It is the first-order term of EASE^R (Steck 2019, "Embarrassingly Shallow Autoencoders"): with G = X'X, the
    expansion of (G + shrink)^-1 around its diagonal gives these weights, which stay sparse however many products.
    """

    together: sparse.csr_matrix  # customers who took both, shape (n_products, n_products), empty diagonal
    weights: sparse.csr_matrix
    popularity: Floats
    name: str = "companions"

    @classmethod
    def fit(cls, interactions: Interactions, *, dissent: float = DISSENT) -> Companions:
        """Count pairs; those on which a customer's opinions disagree count `dissent`."""
        recent = _latest(interactions, LONGEST_HISTORY)
        taken = recent.matrix()
        together = _without_diagonal((taken.T @ taken).tocsr())
        counted = together
        disliked = recent.matrix((recent.opinion < 0).astype(float))
        disliked.eliminate_zeros()
        if dissent != 1 and disliked.nnz:
            other = taken - disliked
            split = (disliked.T @ other).tocsr()
            counted = _without_diagonal((together - (1 - dissent) * (split + split.T)).tocsr())
        scale = 1 / (recent.popularity + SHRINK)
        return cls(together, (sparse.diags(scale) @ counted).tocsr(), recent.popularity)

    def score(self, history: sparse.csr_matrix, at: Floats) -> Floats:
        """Return the summed shares, shape (b, n_products)."""
        return np.asarray((history @ self.weights).toarray())

    def cosine(self, product: int) -> Floats:
        """Return the cosine of one product's customers with those of all, shape (n_products,), in [0, 1].

        Ten customers are added to each product, so that two products with one customer are not the same thing.
        """
        both = np.asarray(self.together[[product]].toarray())[0]
        sizes = self.popularity + 10
        return np.asarray(both / np.sqrt(sizes[product] * sizes))


@dataclass
class Trend:
    """The share of each product among the interactions around a day, weighted by exp(-|days| / 90)."""

    days: Floats
    counts: sparse.csr_matrix  # (n_products, n_days)
    overall: Floats
    name: str = "trend"

    @classmethod
    def fit(cls, interactions: Interactions) -> Trend:
        """Count interactions per day and product."""
        days, column = np.unique(np.floor(interactions.day), return_inverse=True)
        shape = (len(interactions.products), len(days))
        counts = sparse.csr_matrix((np.ones(len(interactions)), (interactions.product, column)), shape=shape)
        return cls(days, counts, interactions.popularity / max(len(interactions), 1))

    def score(self, history: sparse.csr_matrix, at: Floats) -> Floats:
        """Return shares that sum to 1 over the products, shape (b, n_products)."""
        moments, row = np.unique(np.floor(at), return_inverse=True)
        nearness = np.exp(-np.abs(moments[:, None] - self.days[None, :]) / TREND_DAYS)
        near = np.asarray((self.counts @ nearness.T).T)
        # far from every interaction the nearness vanishes, and the share over all time is left
        near = (near + 1e-3 * self.overall) / (near.sum(axis=1, keepdims=True) + 1e-3)
        return np.asarray(near[row])


def _latest(interactions: Interactions, most: int) -> Interactions:
    ends = np.searchsorted(interactions.customer, interactions.customer, side="right")
    return interactions.take(ends - np.arange(len(interactions)) <= most)


def _without_diagonal(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    cleared = (matrix - sparse.diags(matrix.diagonal())).tocsr()
    cleared.eliminate_zeros()
    return cleared
