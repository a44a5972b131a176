"""Where phrases stand in texts: one automaton, whole words only in scripts with spaces, any script, linear time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.letters import SPACED
from reviewlens.text import fold

_CHUNK = 200_000  # characters searched at once
_LARGE = 200_000  # characters of phrases above which the fastest automaton takes too much memory


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
        fast = Implementation.DFA if sum(map(len, phrases)) <= _LARGE else Implementation.ContiguousNFA
        self._automaton = AhoCorasick(list(phrases), implementation=fast) if phrases else None
        kinds = letters.kinds()
        self._opens = np.array([kinds[ord(p[0])] == SPACED for p in phrases], np.bool_)
        self._closes = np.array([kinds[ord(p[-1])] == SPACED for p in phrases], np.bool_)

    def find(self, texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> Places:
        """Return every phrase that lies within a clause of `texts`, overlapping ones too."""
        base = letters.offsets(texts)
        begins, ends = base[owner] + bounds[:, 0], base[owner] + bounds[:, 1]
        parts = [np.zeros((0, 4), np.int64)]
        at = 0
        while at < len(texts) and self._automaton is not None:
            stop = max(at + 1, int(np.searchsorted(base, base[at] + _CHUNK)) - 1)
            found = self._words(fold("\n".join(texts[at:stop])))
            found[:, 1:] += base[at]
            clause = np.searchsorted(begins, found[:, 1], side="right") - 1
            inside = (clause >= 0) & (found[:, 2] <= ends[clause])
            parts.append(np.column_stack([clause[inside], found[inside]]))
            at = stop
        rows = np.concatenate(parts)
        return Places(*rows.T)

    def _words(self, folded: str) -> NDArray[np.int64]:
        """Return phrase, start and end of what stands at word boundaries."""
        assert self._automaton is not None
        hits = self._automaton.find_matches_as_indexes(folded, overlapping=True)
        found = np.fromiter(chain.from_iterable(hits), np.int64, 3 * len(hits)).reshape(-1, 3)
        spaced = np.zeros(len(folded) + 2, np.bool_)
        spaced[1:-1] = letters.of(letters.kinds(), letters.codes(folded)) == SPACED
        cut_left = self._opens[found[:, 0]] & spaced[found[:, 1]]
        cut_right = self._closes[found[:, 0]] & spaced[found[:, 2] + 1]
        whole: NDArray[np.int64] = found[~(cut_left | cut_right)]
        return whole


def longest(places: Places) -> Places:
    """Return the places that lie within no other, sorted by where they start."""
    order = np.lexsort((-places.end, places.start))
    end = places.end[order]
    alone = np.ones(len(order), np.bool_)
    alone[1:] = end[1:] > np.maximum.accumulate(end)[:-1] if len(end) else True
    return Places(*(column[order[alone]] for column in places))
