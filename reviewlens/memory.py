"""What a subword model has answered: a hash table of arrays, so that a batch is looked up in a few operations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reviewlens.native import kernel

_BITS = 19  # slots of the memory
_MOST = 200_000  # runs; above it lookups would meet ever longer chains
_ROOM = 1 << 20  # subwords of all runs
_LENGTH_BITS = 12  # a run of 200 characters has at most 800 bytes, one subword each


class Keys:
    """A set of 64-bit keys, none of them 0, each in a slot of its own; open addressing with linear probing."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self._keys = np.zeros(1 << bits, np.uint64)
        self._mask = (1 << bits) - 1

    @property
    def table(self) -> tuple[NDArray[np.uint64], int]:
        """The key of each slot, 0 for an empty one, and the bits of a key that choose its slot."""
        return self._keys, self._mask

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the slot of each key, -1 for one that is not there."""
        find = kernel("find_keys")
        return self._find_as_arrays(keys) if find is None else self._find(keys, find)

    def _find(self, keys: NDArray[np.uint64], find: Callable[..., int]) -> NDArray[np.int64]:
        slots = np.empty(len(keys), np.int64)
        find(self._keys, self._mask, np.ascontiguousarray(keys), len(keys), slots)
        return slots

    def _find_as_arrays(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        slot = (keys & np.uint64(self._mask)).view(np.int64)
        held = self._keys.take(slot)
        astray = np.flatnonzero((held != keys) & (held != 0))
        while len(astray):
            slot[astray] = (slot[astray] + 1) & self._mask
            held[astray] = now = self._keys[slot[astray]]
            astray = astray[(now != keys[astray]) & (now != 0)]
        slot[held != keys] = -1
        return slot

    def add(
        self, keys: NDArray[np.uint64], before: Callable[[NDArray[np.int64], NDArray[np.int64]], None] | None = None
    ) -> NDArray[np.int64]:
        """Add distinct new keys and return the slot of each.

        `before(slots, places)` is called with the slots of `keys[places]` before a reader can see them.
        """
        slot = (keys & np.uint64(self._mask)).astype(np.int64)
        left = np.arange(len(keys))
        while len(left):
            free = left[self._keys[slot[left]] == 0]
            _, first = np.unique(slot[free], return_index=True)
            placed = free[first]
            if before is not None:
                before(slot[placed], placed)
            self._keys[slot[placed]] = keys[placed]
            left = np.setdiff1d(left, placed, assume_unique=True)
            slot[left] = (slot[left] + 1) & self._mask
        return slot


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
        """Return the subwords of the runs at `slots`, where the run of each begins in its text, and how many a text has.

        `start` is the first character of each run, ascending; `base` where each text begins, and the end of all.
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
