"""A network and the n-grams beside it: their star logits, weighed and added."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reviewlens.models.linear import NgramModel
from reviewlens.models.runtime import MOST_CLAUSES, OnnxNetwork
from reviewlens.tokenizer import Encoded

NETWORK_HEAD, NETWORK_TAIL = 80, 47  # subwords that the network reads of a long review; the n-grams read all

Owners = NDArray[np.int64]


class Mixture:
    """Star logits of reviews and clauses; either side may be absent."""

    def __init__(
        self, network: OnnxNetwork | None, ngrams: NgramModel | None, network_weight: float, ngram_weight: float
    ) -> None:
        self.network, self.ngrams = network, ngrams
        self._weights = (np.float32(network_weight), np.float32(ngram_weight))

    def logits(self, encoded: Encoded) -> NDArray[np.float32]:
        """Return star logits of n texts, shape (n, 5)."""
        total = np.zeros((len(encoded.offsets) - 1, 5), dtype=np.float32)
        if self.network is not None:
            total += self._weights[0] * self.network.review_logits(encoded.clip(NETWORK_HEAD, NETWORK_TAIL))
        if self.ngrams is not None:
            total += self._weights[1] * self.ngrams.logits(encoded)
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
        near = encoded.clip(NETWORK_HEAD, NETWORK_TAIL) if self.network is not None else encoded
        clause = clause_of(near, owner, bounds)
        counts = np.bincount(owner, minlength=n).astype(np.int64)
        first = np.concatenate([[0], np.cumsum(counts)])[:-1]
        place = clause - first[_text_of(near)]
        read = (clause >= 0) & (place < MOST_CLAUSES)
        unread = np.flatnonzero(np.bincount(clause[read], minlength=len(owner)) == 0)
        if self.network is not None:
            of_reviews, of_clauses = self.network.logits(near, np.where(read, place, -1), counts)
            logits += self._weights[0] * of_reviews
            clause_logits += self._weights[0] * of_clauses
        if self.ngrams is not None:
            logits += self._weights[1] * self.ngrams.logits(encoded)
            group = clause if near is encoded else clause_of(encoded, owner, bounds)
            of_clauses = self.ngrams.group_logits(encoded, group, len(owner))
            clause_logits += self._weights[1] * of_clauses
            if self.network is not None:
                clause_logits[unread] = (self._weights[0] + self._weights[1]) * of_clauses[unread]
            unread = np.flatnonzero(np.bincount(group[group >= 0], minlength=len(owner)) == 0)
        return logits, clause_logits, unread


def clause_of(encoded: Encoded, owner: Owners, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index of the clause that each subword belongs to, -1 for none, shape (n_tokens,)."""
    if not len(owner):
        return np.full(len(encoded.ids), -1, dtype=np.int64)
    text = _text_of(encoded)
    found = np.searchsorted((owner << 32) + bounds[:, 0], (text << 32) + encoded.starts, side="right") - 1
    safe = np.maximum(found, 0)
    inside = (found >= 0) & (owner[safe] == text) & (encoded.starts < bounds[safe, 1])
    return np.where(inside, safe, -1)


def _text_of(encoded: Encoded) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(encoded.offsets) - 1), np.diff(encoded.offsets))
