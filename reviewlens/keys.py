"""Sets of 64-bit keys as hash tables of arrays, so that many are looked up in a few operations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reviewlens.native import kernel

_SPARSE = 3  # of eight bits or more at most one stands for a key


def mix(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the keys with their bits stirred (the finalizer of MurmurHash3)."""
    mixed = keys >> np.uint64(33)
    mixed ^= keys
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(29)
    return mixed


def sieve(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint8], int]:
    """Return bits, those set that the highest bits of a key name, and by how much a key is shifted to name one.

    They say of nearly every other key that it is none of these, and fit into the cache of a core.
    """
    bits = max(3, len(keys).bit_length() + _SPARSE)
    flags = np.zeros(1 << bits, np.bool_)
    flags[keys >> np.uint64(64 - bits)] = True
    return np.packbits(flags, bitorder="little"), 64 - bits


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
