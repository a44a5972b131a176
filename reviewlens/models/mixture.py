"""A network and the n-grams beside it: their star logits, weighed and added."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reviewlens.models.ngrams import Ngrams
from reviewlens.models.runtime import MOST_CLAUSES, Network
from reviewlens.native import kernel
from reviewlens.tokenizer import Encoded

Owners = NDArray[np.int64]


class Mixture:
    """Star logits of reviews and clauses; either side may be absent."""

    def __init__(
        self,
        network: Network | None,
        ngrams: Ngrams | None,
        weight: tuple[float, float],
        slope: tuple[float, float],
    ) -> None:
        self.network, self.ngrams = network, ngrams
        self._weight, self._slope = np.array(weight, dtype=np.float32), np.array(slope, dtype=np.float32)

    def _weights(self, subwords: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the weights of network and n-grams for texts of so many subwords, shape (n, 1) each."""
        length = length_factor(subwords)
        return self._weight[0] + self._slope[0] * length, self._weight[1] + self._slope[1] * length

    def logits(self, encoded: Encoded) -> NDArray[np.float32]:
        """Return star logits of n texts, shape (n, 5)."""
        total = np.zeros((len(encoded.offsets) - 1, 5), dtype=np.float32)
        of_network, of_ngrams = self._weights(np.diff(encoded.offsets))
        if self.network is not None:
            total += of_network * self.network.review_logits(self.network.ends_of(encoded)[0])
        if self.ngrams is not None:
            total += of_ngrams * self.ngrams.logits(encoded)
        return total

    def segment_logits(
        self, encoded: Encoded, owner: Owners, bounds: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
        """Return star logits of n reviews, (n, 5), and m clauses, (m, 5), and the clauses that nothing has read.

        Of a long review the network reads the ends; the clauses between them are answered by the n-grams alone. Without
        n-grams their logits mean nothing: they are to be asked for by their own text.
        """
        n = len(encoded.offsets) - 1
        logits = np.zeros((n, 5), dtype=np.float32)
        clause_logits = np.zeros((len(owner), 5), dtype=np.float32)
        group = clause_of(encoded, owner, bounds)
        near, source = (encoded, slice(None)) if self.network is None else self.network.ends_of(encoded)
        clause = group[source]
        counts = np.bincount(owner, minlength=n).astype(np.int64)
        place = clause - np.repeat(np.cumsum(counts) - counts, np.diff(near.offsets))
        read = (clause >= 0) & (place < MOST_CLAUSES)
        unread = np.flatnonzero(_counts(np.where(read, clause, -1), len(owner)) == 0)
        subwords = _counts(group, len(owner))
        whole, part = self._weights(np.diff(encoded.offsets)), self._weights(subwords)
        if self.network is not None:
            of_reviews, of_clauses = self.network.logits(near, np.where(read, place, -1), counts)
            logits += whole[0] * of_reviews
            clause_logits += part[0] * of_clauses
        if self.ngrams is not None:
            of_reviews, of_clauses = self.ngrams.group_logits(encoded, group, len(owner))
            logits += whole[1] * of_reviews
            clause_logits += part[1] * of_clauses
            if self.network is not None:
                clause_logits[unread] = (part[0] + part[1])[unread] * of_clauses[unread]
            unread = np.flatnonzero(subwords == 0)
        return logits, clause_logits, unread


def length_factor(subwords: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return how long texts are, in doublings from 64 subwords, between -2.5 and 3, shape (n, 1)."""
    factor = np.log2(np.maximum(subwords, 1) / 64.0)
    return np.clip(factor, -2.5, 3.0).astype(np.float32)[:, None]


def clause_of(encoded: Encoded, owner: Owners, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index of the clause that each subword belongs to, -1 for none, shape (n_tokens,)."""
    if not len(owner):
        return np.full(len(encoded.ids), -1, dtype=np.int64)
    find = kernel("find_clauses")
    if find is not None:
        clause, texts = np.empty(len(encoded.ids), np.int64), len(encoded.offsets) - 1
        find(encoded.offsets, texts, encoded.starts, owner, np.ascontiguousarray(bounds), len(owner), clause)
        return clause
    place = (_text_of(encoded) << 32) + encoded.starts
    begins, ends = (owner << 32) + bounds.T
    first = np.searchsorted(place, begins)  # subword of each clause
    found: NDArray[np.int64] = np.cumsum(np.bincount(first, minlength=len(place) + 1)[:-1]) - 1
    return np.where(place < ends[found], found, -1)  # before the first clause it is -1 already


def _counts(group: NDArray[np.int64], n_groups: int) -> NDArray[np.int64]:
    """Return how many subwords are in each group; -1 is none."""
    counts: NDArray[np.int64] = np.bincount(group + 1, minlength=n_groups + 1)[1:]
    return counts


def _text_of(encoded: Encoded) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(encoded.offsets) - 1), np.diff(encoded.offsets))
