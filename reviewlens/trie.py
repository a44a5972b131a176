"""Phrases as a tree of their characters, searched outside the interpreter's lock where our extension is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.keys import Keys, mix
from reviewlens.letters import SPACED
from reviewlens.native import kernel

_LARGE = 200_000  # characters of phrases above which the fastest automaton takes too much memory
_OFTEN = 16  # characters of a text for each phrase in it, so that there is mostly room for all of them
_FILTER = 1 << 16
# what the filter says, as `may_open` of the kernel: at which character, of phrases of how many
_OPENINGS = ((1, 0, 1, 1), (2, 1, 2, 3), (4, 3, 4, 1 << 62))
Rows = NDArray[np.int64]
Points = NDArray[np.uint32]
Kinds = NDArray[np.uint8]


class Trie:
    """Finds distinct phrases, none of them empty, in the form in which they are compared."""

    def __init__(
        self, phrases: Sequence[str], *, leftmost: bool = False, form: Points | None = None, kinds: Kinds | None = None
    ) -> None:
        """Take phrases to find all of them at word boundaries, or, if `leftmost`, the longest from left to right.

        `form` is what each code point is compared as, `kinds` which of these are `SPACED`, the letters of words: those
        of `letters` if they are None.
        """
        search = kernel("find_leftmost" if leftmost else "find_words")
        tables = letters.folded() if form is None else form, letters.kinds() if kinds is None else kinds
        self._find = (
            _automaton(phrases, leftmost, *tables) if search is None else _native(phrases, leftmost, search, *tables)
        )

    def find(self, points: Points) -> Rows:
        """Return phrase, start and end of what is found in the characters of a normalized text, shape (m, 3).

        Rows are sorted by end, then by start.
        """
        return self._find(points)


def _native(
    phrases: Sequence[str], leftmost: bool, search: Callable[..., int], form: Points, kinds: Kinds
) -> Callable[[Points], Rows]:
    tree = _tree(phrases)
    spaced: tuple[Any, ...] = () if leftmost else (kinds, SPACED)

    def find(points: Points) -> Rows:
        room, count = len(points) // _OFTEN + 16, 0
        folded = letters.of(form, points)
        while True:
            found = np.empty((room, 3), np.int64)
            count = search(folded, len(folded), *spaced, *tree, room, found)
            if count <= room:
                rows = found[:count]
                return rows if leftmost else rows[np.lexsort((rows[:, 1], rows[:, 2]))]
            room = count

    return find


def _tree(phrases: Sequence[str]) -> tuple[Any, ...]:
    """Return the filter of first characters, the edges by node and character, and which phrase ends at each node.

    Made level by level: all phrases take the same step at once.
    """
    lengths = np.fromiter(map(len, phrases), np.int64, len(phrases))
    points, first = letters.codes("".join(phrases)).astype(np.uint64), np.cumsum(lengths) - lengths
    opens, node, hashed = np.zeros(_FILTER, np.uint8), *np.zeros((2, len(phrases)), np.uint64)
    edges, nodes, left = [np.zeros(0, np.uint64)], 1, np.arange(len(phrases))
    while len(left):
        place = len(edges) - 1
        point = points[first[left] + place]
        edge, which = np.unique(node[left] << np.uint64(21) | point, return_inverse=True)
        edges.append(edge)
        node[left] = nodes + which
        nodes += len(edge)
        hashed[left] = hashed[left] * np.uint64(40503) ^ point
        for flag, at, shortest, longest in _OPENINGS:
            if place == at:
                told = left[(lengths[left] >= shortest) & (lengths[left] <= longest)]
                opens[hashed[told] % np.uint64(_FILTER)] |= flag
        left = left[lengths[left] > place + 1]
    every = np.concatenate(edges)
    keys = Keys(bits=max(4, (4 * len(every)).bit_length()))
    target, ends = np.zeros(1 << keys.bits, np.int32), np.full(nodes, -1, np.int32)
    target[keys.add(mix(every + np.uint64(1)))] = np.arange(1, nodes)
    ends[node] = np.arange(len(phrases))
    return opens, *keys.table, target, ends


def _automaton(phrases: Sequence[str], leftmost: bool, form: Points, kinds: Kinds) -> Callable[[Points], Rows]:
    fast = Implementation.DFA if sum(map(len, phrases)) <= _LARGE else Implementation.ContiguousNFA
    kind = MatchKind.LeftmostLongest if leftmost else MatchKind.Standard
    automaton = AhoCorasick(list(phrases), matchkind=kind, implementation=fast)
    opens = np.array([kinds[ord(p[0])] == SPACED for p in phrases], np.bool_)
    closes = np.array([kinds[ord(p[-1])] == SPACED for p in phrases], np.bool_)

    def find(points: Points) -> Rows:
        folded = letters.of(form, points)
        hits = automaton.find_matches_as_indexes(letters.spell(folded), overlapping=not leftmost)
        found = np.fromiter(chain.from_iterable(hits), np.int64, 3 * len(hits)).reshape(-1, 3)
        if leftmost:
            return found
        spaced = np.zeros(len(folded) + 2, np.bool_)
        spaced[1:-1] = letters.of(kinds, folded) == SPACED
        cut_left = opens[found[:, 0]] & spaced[found[:, 1]]
        cut_right = closes[found[:, 0]] & spaced[found[:, 2] + 1]
        whole: Rows = found[~(cut_left | cut_right)]
        return whole

    return find
