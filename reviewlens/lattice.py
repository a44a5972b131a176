"""The best way through a run: the search of a Unigram model (Kudo 2018) for many runs at once.

Runs of the same length are searched together, as arrays, in the order in which `tokenizers` searches one: of equally
good ways it keeps the one whose last subword is longest. A run of an unknown character or of too many characters is
left to the library.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.forms import Forms
from reviewlens.memory import Keys
from reviewlens.runs import mix, powers

LONGEST = 24  # characters
_CELLS = 1 << 19  # subwords tried at once


class Ways(NamedTuple):
    """The subwords of n runs, end to end."""

    ids: NDArray[np.int32]
    counts: NDArray[np.int64]  # per run; 0 for one that was left out


def nothing_of(forms: Forms) -> Ways:
    """Return the ways through forms that are all left to the library."""
    return Ways(np.zeros(0, np.int32), np.zeros(len(forms.lengths), np.int64))


class _Spans(NamedTuple):
    """All pieces of a run of a given length, by their end, then by their begin."""

    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    first: NDArray[np.int64]  # where the pieces with each end begin, by end


class Lattice:
    """Finds the best subwords by their log-probabilities."""

    def __init__(self, pieces: Sequence[str], scores: NDArray[np.float64]) -> None:
        lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
        ends = np.cumsum(lengths)
        total = _sums(letters.codes("".join(pieces))[None])[0]
        begins = ends - lengths
        _, inverses = powers(max(len(total), LONGEST + 1))
        keys = mix((total[ends] - total[begins]) * inverses[begins])
        self._longest = int(lengths.max(initial=1))
        self._keys = Keys(bits=18)
        slots = self._keys.add(keys)
        self._score, self._id = np.full(1 << 18, -np.inf), np.zeros(1 << 18, np.int32)
        self._score[slots], self._id[slots] = scores, np.arange(len(pieces))

    def search(self, forms: Forms) -> Ways:
        """Return the subwords of each form, none for a form that must be left to the library."""
        points, lengths, begins = forms.points, forms.lengths, forms.begins
        found: list[tuple[NDArray[np.int64], NDArray[np.int32]]] = []  # rows, and their ids, -1 before the first
        for length in np.unique(lengths[(lengths > 0) & (lengths <= LONGEST)]).tolist():
            spans = self._spans(length)
            rows, step = np.flatnonzero(lengths == length), max(1, _CELLS // len(spans.begin))
            for at in range(0, len(rows), step):
                some = rows[at : at + step]
                known, ids = self._best(points[begins[some][:, None] + np.arange(length)], spans)
                found.append((some[known], ids[known]))
        counts = np.zeros(len(lengths), np.int64)
        for rows, ids in found:
            counts[rows] = (ids >= 0).sum(axis=1)
        ends = np.cumsum(counts)
        result = np.zeros(int(ends[-1]) if len(ends) else 0, np.int32)
        for rows, ids in found:
            result[(ends[rows][:, None] - np.arange(ids.shape[1], 0, -1))[ids >= 0]] = ids[ids >= 0]
        return Ways(result, counts)

    def _spans(self, length: int) -> _Spans:
        ends = range(1, length + 1)
        begin = [np.arange(max(0, end - self._longest), end) for end in ends]
        sizes = np.array([len(part) for part in begin])
        return _Spans(np.concatenate(begin), np.repeat(ends, sizes), np.concatenate([[0], np.cumsum(sizes)]))

    def _best(self, points: NDArray[np.uint32], spans: _Spans) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
        """Return which of n runs of the same length are known, and their subwords, (n, length), -1 before the first."""
        n, length = points.shape
        total = _sums(points)
        inverses = powers(max(length + 1, LONGEST + 1))[1]
        keys = mix((total[:, spans.end] - total[:, spans.begin]) * inverses[spans.begin])
        slots = self._keys.find(keys.ravel()).reshape(keys.shape)
        score = np.where(slots < 0, -np.inf, self._score[slots])
        known: NDArray[np.bool_] = np.all(np.isfinite(score[:, spans.end - spans.begin == 1]), axis=1)
        best = np.zeros((n, length + 1))
        back = np.zeros((n, length + 1), np.int64)
        slot = np.zeros((n, length + 1), np.int64)
        row = np.arange(n)
        for end in range(1, length + 1):
            first, last = spans.first[end - 1], spans.first[end]
            begin = int(spans.begin[first])
            tried = best[:, begin:end] + score[:, first:last]
            chosen = tried.argmax(axis=1)
            best[:, end], back[:, end] = tried[row, chosen], begin + chosen
            slot[:, end] = slots[row, first + chosen]
        ids = np.full((n, length), -1, np.int32)
        at = np.full(n, length)
        for place in range(length - 1, -1, -1):
            ids[:, place] = np.where(at > 0, self._id[slot[row, at]], -1)
            at = back[row, at]
            if not at.any():
                break
        return known, ids


def _sums(points: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Return the sums of the polynomial hash before each character and at the end, (n, length + 1)."""
    values = mix((points.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    total = np.zeros((len(points), points.shape[1] + 1), np.uint64)
    np.cumsum(values * powers(max(points.shape[1], LONGEST + 1))[0][: points.shape[1]], axis=1, out=total[:, 1:])
    return total
