"""The linear model: hashed n-grams of subwords, tf-idf, logistic regression.

It is the honest baseline, fast, and stands beside every network: a phrase seen often enough needs no network. It reads
the whole review where a network reads its beginning and end. N-grams of subwords need no word segmenter. Buckets that
two n-grams would share keep the more frequent one and a check byte, so that an unknown n-gram rarely takes its place.
The same model reads characters in place of subwords (`reviewlens.models.spelling`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewlens.native import kernel
from reviewlens.threads import blocks
from reviewlens.tokenizer import Encoded

N_STARS = 5
BITS = 18  # of the buckets of n-grams; more where many texts teach
IMPORTANCE_UNITS = 16.0
_KEPT = ("weight", "importance", "check", "bias", "stars")
_BLOCK = 1 << 14  # subwords added up at once
_MULTIPLIERS = tuple(
    np.uint64(odd)
    for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)
)


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
    shortest: int = 1
    """Shortest n-gram."""
    damped: bool = False
    """Whether an n-gram that a text has c times counts 1 + log(c) times, not c times."""
    space: int = -1
    """The unit that an n-gram may only begin or end with; -1: there is none."""

    def arrays(self, name: str = "ngram") -> dict[str, NDArray[np.generic]]:
        """Return what has to be kept in an artefact, under names that begin with `name`."""
        kept: dict[str, NDArray[np.generic]] = {f"{name}.{part}": getattr(self, part) for part in _KEPT}
        reading = [self.orders, self.shortest, self.damped, self.space]
        return kept | {f"{name}.orders": np.array(reading, dtype=np.int32)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.generic]], name: str = "ngram") -> NgramModel:
        """Rebuild the model from what `arrays` gave; what was saved earlier has the longest n-gram alone."""
        fields: dict[str, Any] = {part: arrays[f"{name}.{part}"] for part in _KEPT}
        orders, *reading = (int(value) for value in arrays[f"{name}.orders"])
        shortest, damped, space = reading or (1, 0, -1)
        return cls(**fields, orders=orders, shortest=shortest, damped=bool(damped), space=space)

    def logits(self, encoded: Encoded) -> NDArray[np.float32]:
        """Return star logits of n texts, shape (n, 5)."""
        return self.group_logits(encoded, np.full(len(encoded.ids), -1, dtype=np.int64), 0)[0]

    def group_logits(
        self, encoded: Encoded, group: NDArray[np.int64], n_groups: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return star logits of n texts, (n, 5), and of groups of neighboring subwords within them, (n_groups, 5).

        `group[t]` is the group of subword t, ascending where it is not -1 (in none).
        """
        n, width = len(encoded.offsets) - 1, self._rows.shape[1]
        totals = np.zeros((n, width)), np.zeros((n_groups, width))
        add = kernel("add_ngrams") if self.orders <= len(_MULTIPLIERS) else None  # else its twin says what is wrong
        if add is not None:
            longest = int(np.diff(encoded.offsets).max(initial=1))
            size = 2 << longest.bit_length()
            texts = encoded.ids, encoded.offsets, n, group
            reading = self.shortest, self.orders, self.space, self._rows, width, self.check, len(self.check) - 1
            counting = _scales(longest if self.damped else 1), np.zeros(2 * size, np.int64), size
            add(*texts, *reading, self.damped, *counting, np.empty(2 * longest + 2, np.int64), *totals)
        else:
            for at, stop in blocks(encoded.offsets, _BLOCK):
                first, last = encoded.offsets[at], encoded.offsets[stop]
                offsets = encoded.offsets[at : stop + 1] - first
                self._add(encoded.ids[first:last], offsets, group[first:last], (totals[0][at:stop], totals[1]))
        return self._answer(totals[0]), self._answer(totals[1])

    def _add(
        self,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        group: NDArray[np.int64],
        totals: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> None:
        """Add up the rows of the n-grams of some texts, by text and by group.

        Weights of half precision are whole multiples of 2**-24, so the sums are exact, in whatever order.
        """
        text = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        for order, key in enumerate(keys_of(ids, self.orders, self.shortest), self.shortest - 1):
            bucket = (key & np.uint64(len(self.check) - 1)).view(np.int64)
            known = self.check.take(bucket) == check_byte(key)
            known &= whole(text, ids, order, self.space)
            at = np.flatnonzero(known)
            rows = self._rows[bucket[at]]
            if self.damped:
                rows *= _damping((text[order:][at] << 32) + bucket[at], rows.shape[1])
            of_text, of_group = text[order:][at], group[order:][at]
            _add_to(totals[0], of_text, rows)
            inside = np.flatnonzero((of_group >= 0) & (group[at] == of_group))
            _add_to(totals[1], of_group[inside], rows[inside])

    @cached_property
    def _rows(self) -> NDArray[np.float32]:
        """Per bucket its squared importance and its weights, shape (buckets, a multiple of four)."""
        width = -(-(1 + self.weight.shape[1]) // 4) * 4
        rows = np.zeros((len(self.check), width), np.float32)
        rows[:, 0] = (self.importance / IMPORTANCE_UNITS) ** 2
        rows[:, 1 : 1 + self.weight.shape[1]] = self.weight
        return rows

    def _answer(self, sums: NDArray[np.float64]) -> NDArray[np.float32]:
        totals = np.ascontiguousarray(sums.T, dtype=np.float32)
        norm = np.sqrt(np.maximum(totals[0], 1e-12))
        classes = [np.zeros(len(norm), np.float32), *(totals[1 : len(self.bias)] / norm)]
        # Added one by one: the sums of a matrix product may depend on its size.
        terms = [(c + b)[:, None] * s for c, b, s in zip(classes, self.bias, self.stars, strict=True)]
        result: NDArray[np.float32] = np.add.reduce(terms)
        return result


def keys_of(ids: NDArray[np.int32], orders: int, shortest: int = 1) -> list[NDArray[np.uint64]]:
    """Return a 64-bit hash of the n-gram that ends at each unit, per order; order k lacks the first k - 1 places."""
    values = ids.astype(np.uint64) + np.uint64(1)
    out = []
    for order in range(shortest - 1, orders):
        length = max(len(values) - order, 0)
        key = np.full(length, order, dtype=np.uint64)
        for part in range(order + 1):
            key ^= values[part : part + length]
            key *= _MULTIPLIERS[part]
            key ^= key >> np.uint64(29)
        out.append(key)
    return out


def whole(text: NDArray[np.int64], ids: NDArray[np.int32], order: int, space: int) -> NDArray[np.bool_]:
    """Return of the n-grams that `keys_of` names whether they lie in one text, with `space` at their ends alone."""
    inside: NDArray[np.bool_] = text[order:] == text[: max(len(text) - order, 0)]
    if space >= 0 and order > 1:
        spaces = np.cumsum(ids == space)
        inside &= spaces[order - 1 : -1] == spaces[: max(len(ids) - order, 0)]
    return inside


def check_byte(key: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return the byte that tells n-grams of one bucket apart, never 0."""
    checks: NDArray[np.uint8] = key.astype("<u8", copy=False).view(np.uint8)[6::8] | np.uint8(1)
    return checks


def _add_to(totals: NDArray[np.float64], place: NDArray[np.int64], rows: NDArray[np.float32]) -> None:
    """Add each row to the sums at its place, which are ascending."""
    if len(place):
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        totals[place[starts]] += np.add.reduceat(rows, starts, axis=0, dtype=np.float64)


def _scales(most: int) -> NDArray[np.float32]:
    """Return by how much the first number and the others of an n-gram count that a text has 0, 1, ... times."""
    times = np.maximum(np.arange(most + 1), 1)
    damped = (1.0 + np.log(times)).astype(np.float32)
    return np.stack([damped**2 / times, damped / times], axis=1).astype(np.float32)


def _damping(ngrams: NDArray[np.int64], width: int) -> NDArray[np.float32]:
    """Return the scale of the row of each n-gram, so that those that are the same count 1 + log(c) times together."""
    _, place, counts = np.unique(ngrams, return_inverse=True, return_counts=True)
    scales = _scales(int(counts.max(initial=1)))[counts[place]]
    return np.repeat(scales, [1, width - 1], axis=1)
