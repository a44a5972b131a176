"""The best way through a run: the search of a Unigram model (Kudo 2018) for many runs at once.

Runs are searched together, longest first, as arrays, in the order in which `tokenizers` searches one: of equally
good ways it keeps the one whose last subword is longest. A run of an unknown character or of too many characters is
left to the library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.forms import Forms
from reviewlens.keys import Keys, mix
from reviewlens.native import kernel
from reviewlens.runs import powers

LONGEST = 24  # characters
_CELLS = 1 << 18  # subwords tried at once


class Ways(NamedTuple):
    """The subwords of n runs, end to end."""

    ids: NDArray[np.int32]
    counts: NDArray[np.int64]  # per run; 0 for one that was left out


def nothing_of(forms: Forms) -> Ways:
    """Return the ways through forms that are all left to the library."""
    return Ways(np.zeros(0, np.int32), np.zeros(len(forms.lengths), np.int64))


class Lattice:
    """Finds the best subwords by their log-probabilities."""

    def __init__(self, pieces: Sequence[str], scores: NDArray[np.float64]) -> None:
        lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
        ends = np.cumsum(lengths)
        total = _sums(letters.codes("".join(pieces))[:, None])[:, 0]
        begins = ends - lengths
        _, inverses = powers(max(len(total), LONGEST + 1))
        keys = mix((total[ends] - total[begins]) * inverses[begins])
        self._longest = int(lengths.max(initial=1))
        self._keys = Keys(bits=18)
        slots = self._keys.add(keys)
        self._score = np.full((1 << 18) + 1, -np.inf)  # the last stands for what is no piece
        self._id = np.zeros(1 << 18, np.int32)
        self._score[slots], self._id[slots] = scores, np.arange(len(pieces))

    def search(self, forms: Forms) -> Ways:
        """Return the subwords of each form, none for a form that must be left to the library."""
        search = kernel("search_ways")
        return self._search_as_arrays(forms) if search is None else self._search(forms, search)

    def _search(self, forms: Forms, search: Callable[..., int]) -> Ways:
        ids, counts = np.empty(len(forms.points), np.int32), np.empty(len(forms.lengths), np.int64)
        pieces = *self._keys.table, self._score, self._id, self._longest
        total = search(forms.points, forms.lengths, len(forms.lengths), *pieces, LONGEST, ids, counts)
        return Ways(ids[:total], counts)

    def _search_as_arrays(self, forms: Forms) -> Ways:
        points, lengths, begins = forms.points, forms.lengths, forms.begins
        order = np.argsort(-lengths, kind="stable")  # those that go on at a place are the first ones
        order = order[(lengths[order] > 0) & (lengths[order] <= LONGEST)]
        found: list[tuple[NDArray[np.int64], NDArray[np.int32]]] = []  # rows, and their ids, -1 before the first
        while len(order):
            longest = int(lengths[order[0]])
            some, order = np.split(order, [_CELLS // (longest * (longest + 1) // 2)])
            places = np.minimum(begins[some] + np.arange(longest)[:, None], len(points) - 1)
            known, ids = self._best(points[places], lengths[some])
            found.append((some[known], ids[known]))
        counts = np.zeros(len(lengths), np.int64)
        for rows, ids in found:
            counts[rows] = (ids >= 0).sum(axis=1)
        ends = np.cumsum(counts)
        result = np.zeros(int(ends[-1]) if len(ends) else 0, np.int32)
        for rows, ids in found:
            result[(ends[rows][:, None] - np.arange(ids.shape[1], 0, -1))[ids >= 0]] = ids[ids >= 0]
        return Ways(result, counts)

    def _best(
        self, points: NDArray[np.uint32], lengths: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
        """Return which of n runs, longest first, are known, and their subwords, (n, longest), -1 before the first.

        `points` has a run in each column, (longest, n); what stands below its end is not read.
        """
        longest, n = points.shape
        active = np.searchsorted(-lengths, -np.arange(1, longest + 1), side="right").tolist()  # runs with such an end
        spans = [(max(0, end - self._longest), end, m) for end, m in enumerate(active, 1)]
        total, inverses = _sums(points), powers(LONGEST + 1)[1]
        tried = [(total[end, :m] - total[begin:end, :m]) * inverses[begin:end, None] for begin, end, m in spans]
        slots = self._keys.find(mix(np.concatenate([part.ravel() for part in tried])))
        scores = self._score.take(slots)
        known = np.ones(n, np.bool_)
        best = np.zeros((longest + 1, n))
        back = np.zeros((longest + 1, n), np.int64)
        slot = np.zeros((longest + 1, n), np.int64)
        at = 0
        for begin, end, m in spans:
            part = slice(at, at := at + (end - begin) * m)
            ways = best[begin:end, :m] + scores[part].reshape(-1, m)
            best[end, :m] = top = ways.max(axis=0)
            chosen = (ways == top).argmax(axis=0)
            back[end, :m] = begin + chosen
            slot[end, :m] = slots[part][chosen * m + np.arange(m)]
            known[:m] &= np.isfinite(scores[at - m : at])  # a single character
        ids = np.full((n, longest), -1, np.int32)
        row, place = np.arange(n), lengths
        for column in range(longest - 1, -1, -1):
            ids[row, column] = self._id[slot[place, row]]
            place = back[place, row]
            row, place = row[place > 0], place[place > 0]
            if not len(row):
                break
        return known, ids


def _sums(points: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Return the sums of the polynomial hash before each character of the columns and at the end, (length + 1, n)."""
    values = mix((points.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    total = np.zeros((len(points) + 1, points.shape[1]), np.uint64)
    np.cumsum(values * powers(max(len(points), LONGEST + 1))[0][: len(points), None], axis=0, out=total[1:])
    return total
