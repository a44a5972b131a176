"""Where phrases stand in texts: whole words only in scripts with spaces, any script, linear time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.trie import Trie

_CHUNK = 200_000  # characters searched at once


class Places(NamedTuple):
    """Phrases found in clauses: arrays of the same length, sorted by the end of the phrase."""

    segment: NDArray[np.int64]
    """Index of the clause."""
    phrase: NDArray[np.int64]
    """Index of the phrase."""
    start: NDArray[np.int64]
    """First character of the phrase in all texts joined by one character: ascending over texts."""
    end: NDArray[np.int64]
    """One past its last character."""


class Phrases:
    """Distinct folded phrases, none of them empty."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._trie = Trie(phrases) if phrases else None

    def find(self, texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> Places:
        """Return every phrase that lies within a clause of `texts`, overlapping ones too."""
        base = letters.offsets(texts)
        begins, ends = base[owner] + bounds[:, 0], base[owner] + bounds[:, 1]
        parts = [np.zeros((0, 4), np.int64)]
        at = 0
        while at < len(texts) and len(owner) and self._trie is not None:
            stop = max(at + 1, int(np.searchsorted(base, base[at] + _CHUNK)) - 1)
            found = self._trie.find(letters.codes("\n".join(texts[at:stop])))
            found[:, 1:] += base[at]
            clause = np.searchsorted(begins, found[:, 1], side="right") - 1
            inside = (clause >= 0) & (found[:, 2] <= ends[clause])
            parts.append(np.column_stack([clause[inside], found[inside]]))
            at = stop
        rows = np.concatenate(parts)
        return Places(*rows.T)


def longest(places: Places) -> Places:
    """Return the places that lie within no other, sorted by where they start."""
    order = np.lexsort((-places.end, places.start))
    end = places.end[order]
    alone = np.ones(len(order), np.bool_)
    alone[1:] = end[1:] > np.maximum.accumulate(end)[:-1] if len(end) else True
    return Places(*(column[order[alone]] for column in places))
