"""The linear model: hashed n-grams of subwords, tf-idf, logistic regression.

It is the honest baseline, fast, and stands beside every network: a phrase seen often enough needs no network. It reads
the whole review where a network reads its beginning and end. N-grams of subwords need no word segmenter. Buckets that
two n-grams would share keep the more frequent one and a check byte, so that an unknown n-gram rarely takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewlens.tokenizer import Encoded

N_STARS = 5
MOST_BITS = 18
IMPORTANCE_UNITS = 16.0
_KEPT = ("weight", "importance", "check", "bias", "stars")
_MULTIPLIERS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))


@dataclass(frozen=True)
class NgramModel:
    """Weights of hashed n-grams."""

    weight: NDArray[np.float16]
    """Logits of classes 1, 2, ... less that of class 0, times the importance, shape (buckets, classes - 1)."""
    importance: NDArray[np.uint8]
    """Inverse document frequency in sixteenths, shape (buckets,)."""
    check: NDArray[np.uint8]
    """Check byte of the n-gram that a bucket keeps, 0 for an empty bucket, shape (buckets,)."""
    bias: NDArray[np.float32]
    """Logit of each class at the start, shape (classes,)."""
    stars: NDArray[np.float32]
    """Which stars a class stands for, shape (classes, 5)."""
    orders: int
    """Longest n-gram."""

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what has to be kept in an artefact."""
        kept: dict[str, NDArray[np.generic]] = {f"ngram.{name}": getattr(self, name) for name in _KEPT}
        return kept | {"ngram.orders": np.array([self.orders], dtype=np.int32)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.generic]]) -> NgramModel:
        """Rebuild the model from what `arrays` gave."""
        fields: dict[str, Any] = {name: arrays[f"ngram.{name}"] for name in _KEPT}
        return cls(**fields, orders=int(arrays["ngram.orders"][0]))

    def logits(self, encoded: Encoded) -> NDArray[np.float32]:
        """Return star logits of n texts, shape (n, 5)."""
        n = len(encoded.offsets) - 1
        return self.group_logits(encoded, np.repeat(np.arange(n), np.diff(encoded.offsets)), n)

    def group_logits(self, encoded: Encoded, group: NDArray[np.int64], n_groups: int) -> NDArray[np.float32]:
        """Return star logits of groups of neighboring subwords, shape (n_groups, 5).

        `group[t]` is the group of subword t, ascending where it is not -1 (in none).
        """
        size = len(self.check)
        classes = len(self.bias)
        top = np.zeros((n_groups, classes))
        squares = np.zeros(n_groups)
        for order, key in enumerate(hashes(encoded, group, self.orders)):
            last = slice(order, None)
            bucket = (key & np.uint64(size - 1)).astype(np.int64)
            known = (
                (self.check[bucket] == check_byte(key))
                & (group[last] >= 0)
                & (group[last] == group[: len(group) - order])
            )
            owner, bucket = group[last][known], bucket[known]
            squares += np.bincount(owner, weights=(self.importance[bucket] / IMPORTANCE_UNITS) ** 2, minlength=n_groups)
            values = self.weight[bucket].astype(np.float64)
            for column in range(classes - 1):
                top[:, column + 1] += np.bincount(owner, weights=values[:, column], minlength=n_groups)
        norm = np.sqrt(np.maximum(squares, 1e-12))[:, None]
        result: NDArray[np.float32] = ((top / norm + self.bias) @ self.stars).astype(np.float32)
        return result


def hashes(encoded: Encoded, group: NDArray[np.int64], orders: int) -> list[NDArray[np.uint64]]:
    """Return a 64-bit hash of the n-gram that ends at each subword, per order; order k lacks the first k - 1 places."""
    ids = encoded.ids.astype(np.uint64) + np.uint64(1)
    out = []
    with np.errstate(over="ignore"):
        for order in range(orders):
            length = max(len(ids) - order, 0)
            key = np.full(length, order, dtype=np.uint64)
            for part in range(order + 1):
                key = (key ^ ids[part : part + length]) * _MULTIPLIERS[part]
                key ^= key >> np.uint64(29)
            out.append(key)
    return out


def check_byte(key: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return the byte that tells n-grams of one bucket apart, never 0."""
    return ((key >> np.uint64(48)) & np.uint64(0xFF) | np.uint64(1)).astype(np.uint8)
