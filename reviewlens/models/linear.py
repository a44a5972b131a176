"""The linear model: hashed n-grams of subwords, tf-idf, logistic regression.

It is the honest baseline, fast, and stands beside every network: a phrase seen often enough needs no network. It reads
the whole review where a network reads its beginning and end. N-grams of subwords need no word segmenter. Buckets that
two n-grams would share keep the more frequent one and a check byte, so that an unknown n-gram rarely takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewlens.threads import Threads, blocks
from reviewlens.tokenizer import Encoded

N_STARS = 5
BITS = 18  # of the buckets of n-grams; more where many texts teach
IMPORTANCE_UNITS = 16.0
_KEPT = ("weight", "importance", "check", "bias", "stars")
_BLOCK = 1 << 14  # subwords added up at once
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
        return self.group_logits(encoded, np.full(len(encoded.ids), -1, dtype=np.int64), 0)[0]

    def group_logits(
        self, encoded: Encoded, group: NDArray[np.int64], n_groups: int, threads: Threads | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return star logits of n texts, (n, 5), and of groups of neighboring subwords within them, (n_groups, 5).

        `group[t]` is the group of subword t, ascending where it is not -1 (in none).
        """
        n = len(encoded.offsets) - 1
        width = 4 * self._packed.shape[1]
        totals = np.zeros((width, n), np.float32), np.zeros((width, n_groups), np.float32)

        def add(texts: tuple[int, int]) -> None:
            first, last = encoded.offsets[texts[0]], encoded.offsets[texts[1]]
            offsets = encoded.offsets[texts[0] : texts[1] + 1] - first
            self._add(encoded.ids[first:last], offsets, group[first:last], (totals[0][:, slice(*texts)], totals[1]))

        (threads or Threads(1)).map(add, blocks(encoded.offsets, _BLOCK))
        return self._answer(totals[0]), self._answer(totals[1])

    def _add(
        self,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        group: NDArray[np.int64],
        totals: tuple[NDArray[np.float32], NDArray[np.float32]],
    ) -> None:
        """Add up the rows of the n-grams of some texts, by text and by group."""
        filled = np.flatnonzero(np.diff(offsets))
        if not len(filled):
            return
        text = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        of_text = np.zeros((len(ids), len(totals[0])), np.float32)
        of_group = np.zeros_like(of_text)
        for order, key in enumerate(keys_of(ids, self.orders)):
            bucket = (key & np.uint64(len(self.check) - 1)).astype(np.int64)
            known = self.check[bucket] == check_byte(key)
            known &= text[order:] == text[: len(text) - order]
            rows = np.take(self._packed, np.where(known, bucket, len(self.check)), axis=0).view(np.float32)
            of_text[order:] += rows
            if totals[1].size:
                of_group[order:] += rows * (group[order:] == group[: len(group) - order])[:, None]
        totals[0][:, filled] = np.add.reduceat(np.ascontiguousarray(of_text.T), offsets[filled], axis=1)
        if totals[1].size:
            of_group[group < 0] = 0.0
            begins = np.diff(np.maximum.accumulate(group), prepend=-1) > 0
            begins[offsets[filled]] = True  # what stands between clauses must not join one of another text
            starts = np.flatnonzero(begins)
            sums = np.add.reduceat(np.ascontiguousarray(of_group.T), starts, axis=1)
            own = group[starts] >= 0
            totals[1][:, group[starts[own]]] = sums[:, own]

    @cached_property
    def _packed(self) -> NDArray[np.complex128]:
        """Per bucket its squared importance and its weights; zeros at the end for n-grams that are not known.

        Four numbers stand in one of 16 bytes: elements are gathered faster than short rows.
        """
        width = -(-(1 + self.weight.shape[1]) // 4) * 4
        rows = np.zeros((len(self.check) + 1, width), np.float32)
        rows[:-1, 0] = (self.importance / IMPORTANCE_UNITS) ** 2
        rows[:-1, 1 : 1 + self.weight.shape[1]] = self.weight
        return rows.view(np.complex128)

    def _answer(self, totals: NDArray[np.float32]) -> NDArray[np.float32]:
        norm = np.sqrt(np.maximum(totals[0], 1e-12))
        classes = [np.zeros(len(norm), np.float32), *(totals[1 : len(self.bias)] / norm)]
        # Added one by one: the sums of a matrix product may depend on its size.
        terms = [(c + b)[:, None] * s for c, b, s in zip(classes, self.bias, self.stars, strict=True)]
        result: NDArray[np.float32] = np.add.reduce(terms)
        return result


def keys_of(ids: NDArray[np.int32], orders: int) -> list[NDArray[np.uint64]]:
    """Return a 64-bit hash of the n-gram that ends at each subword, per order; order k lacks the first k - 1 places."""
    values = ids.astype(np.uint64) + np.uint64(1)
    out = []
    for order in range(orders):
        length = max(len(values) - order, 0)
        key = np.full(length, order, dtype=np.uint64)
        for part in range(order + 1):
            key ^= values[part : part + length]
            key *= _MULTIPLIERS[part]
            key ^= key >> np.uint64(29)
        out.append(key)
    return out


def check_byte(key: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return the byte that tells n-grams of one bucket apart, never 0."""
    return ((key >> np.uint64(48)) & np.uint64(0xFF) | np.uint64(1)).astype(np.uint8)
