"""What a subword model has answered: a hash table of arrays, so that a batch is looked up in a few operations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SLOTS = 1 << 20
_MOST = 400_000  # runs; above it lookups would meet ever longer chains
_ROOM = 1 << 21  # subwords of all runs
_LENGTH_BITS = 12  # a run of 200 characters has at most 800 bytes, one subword each


class Memory:
    """Subword ids by the 64-bit key of a run; written by one thread at a time, read by any.

    Two of its runs share a key with a probability of one in a hundred million.
    """

    def __init__(self) -> None:
        self._keys = np.zeros(_SLOTS, np.uint64)
        self._where = np.zeros(_SLOTS, np.int64)
        self._ids = np.zeros(_ROOM, np.int32)
        self._runs, self._used = 0, 0

    def slots(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the slot of each key, -1 for one that is not known."""
        slot = (keys & np.uint64(_SLOTS - 1)).astype(np.int64)
        held = self._keys[slot]
        astray = np.flatnonzero(held != keys)
        while len(astray):
            empty = held[astray] == 0
            slot[astray[empty]] = -1
            astray = astray[~empty]
            slot[astray] = (slot[astray] + 1) & (_SLOTS - 1)
            held[astray] = self._keys[slot[astray]]
            astray = astray[held[astray] != keys[astray]]
        return slot

    def ids(self, slots: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
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

    def keep(self, keys: NDArray[np.uint64], ids: NDArray[np.int32], counts: NDArray[np.int64]) -> None:
        """Keep distinct new keys and their subwords, end to end."""
        self._ids[self._used : self._used + len(ids)] = ids
        where = ((self._used + np.cumsum(counts) - counts) << _LENGTH_BITS) | counts
        self._used, self._runs = self._used + len(ids), self._runs + len(keys)
        slot = (keys & np.uint64(_SLOTS - 1)).astype(np.int64)
        left = np.arange(len(keys))
        while len(left):
            free = left[self._keys[slot[left]] == 0]
            _, first = np.unique(slot[free], return_index=True)
            placed = free[first]
            self._where[slot[placed]] = where[placed]  # before the key: a reader that sees the key finds its place
            self._keys[slot[placed]] = keys[placed]
            left = np.setdiff1d(left, placed, assume_unique=True)
            slot[left] = (slot[left] + 1) & (_SLOTS - 1)
