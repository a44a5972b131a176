"""What a subword model has answered: a hash table of arrays, so that a batch is looked up in a few operations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reviewlens.keys import Keys
from reviewlens.native import kernel

_BITS = 19  # slots of the memory
_MOST = 200_000  # runs; above it lookups would meet ever longer chains
_ROOM = 1 << 20  # subwords of all runs
_LENGTH_BITS = 12  # a run of 200 characters has at most 800 bytes, one subword each


class Memory:
    """Subword ids by the 64-bit key of a run; written by one thread at a time, read by any.

    Two of its runs share a key with a probability of one in a hundred million.
    """

    def __init__(self) -> None:
        self._keys = Keys(_BITS)
        self._where = np.zeros(1 << _BITS, np.int64)
        self._ids = np.zeros(_ROOM, np.int32)
        self._runs, self._used = 0, 0

    def slots(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the slot of each key, -1 for one that is not known."""
        return self._keys.find(keys)

    def spread(
        self, slots: NDArray[np.int64], start: NDArray[np.int64], base: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
        """Return the subwords of runs end to end, where the run of each begins in its text, and how many a text has.

        `slots` is where the runs are kept, `start` the first character of each, ascending, `base` where each text
        begins, and the end of all.
        """
        spread = kernel("spread_runs")
        if spread is not None:
            return self._spread(slots, start, base, spread)
        ids, counts = self._ids_of(slots)
        first = np.searchsorted(start, base)
        starts = np.repeat((start - np.repeat(base[:-1], np.diff(first))).astype(np.int32), counts)
        total = np.concatenate([[0], np.cumsum(counts)])
        return ids, starts, np.diff(total[first])

    def _spread(
        self, slots: NDArray[np.int64], start: NDArray[np.int64], base: NDArray[np.int64], spread: Callable[..., int]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
        texts, room = len(base) - 1, 2 * len(slots)
        while True:
            ids, starts, counts = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(texts, np.int64)
            runs = self._where, slots, len(slots), start
            total = spread(*runs, texts, base, self._ids, room, ids, starts, counts)
            if total >= 0:
                return ids[:total], starts[:total], counts
            room = -total

    def _ids_of(self, slots: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the subwords of the runs at `slots`, end to end, and the number of each."""
        where = self._where[slots]
        counts = where & ((1 << _LENGTH_BITS) - 1)
        ends = np.cumsum(counts)
        source = np.arange(int(ends[-1]) if len(ends) else 0)
        source += np.repeat((where >> _LENGTH_BITS) - (ends - counts), counts)
        return self._ids[source], counts

    def has_room(self, runs: int, subwords: int) -> bool:
        """Return whether so much more can be kept."""
        return self._runs + runs <= _MOST and self._used + subwords <= _ROOM

    @staticmethod
    def fitting(counts: NDArray[np.int64]) -> int:
        """Return how many new runs, of so many subwords each, an empty memory has room for."""
        return min(_MOST, int(np.searchsorted(np.cumsum(counts), _ROOM, side="right")))

    def keep(self, keys: NDArray[np.uint64], ids: NDArray[np.int32], counts: NDArray[np.int64]) -> None:
        """Keep distinct new keys and their subwords, end to end."""
        self._ids[self._used : self._used + len(ids)] = ids
        where = ((self._used + np.cumsum(counts) - counts) << _LENGTH_BITS) | counts
        self._used, self._runs = self._used + len(ids), self._runs + len(keys)

        def place(slots: NDArray[np.int64], places: NDArray[np.int64]) -> None:
            self._where[slots] = where[places]

        self._keys.add(keys, place)
