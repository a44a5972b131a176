"""Wishes: clauses that state an unmet need or suggest something, found by grammar.

The grammar is data: `[intent]` in `data/languages/*.toml`. A word of `triggers` opens the question whether its clause
is a wish; a pattern of `wish` answers yes, unless one of `no_wish` does not agree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from ahocorasick_rs import AhoCorasick
from numpy.typing import NDArray

from reviewlens.languages import words
from reviewlens.text import fold


class Wishes(NamedTuple):
    """What is wished for, per wish clause."""

    segment: NDArray[np.int32]
    """Index of the clause, ascending."""
    start: NDArray[np.int32]
    """First character, in the text, of what is wished for."""
    end: NDArray[np.int32]
    """One past its last character."""


class Grammar(NamedTuple):
    """Compiled `[intent]` data."""

    triggers: AhoCorasick
    wish: re.Pattern[str]
    no_wish: re.Pattern[str]


@cache
def grammar() -> Grammar:
    """Return the grammar of all languages together: a review may mix them."""
    listed = [t for values in words("intent", "triggers").values() for t in values]
    wish = [p for values in words("intent", "wish").values() for p in values]
    no_wish = [p for values in words("intent", "no_wish").values() for p in values]
    return Grammar(AhoCorasick(sorted(set(listed))), re.compile("|".join(wish)), re.compile("|".join(no_wish)))


def find_wishes(texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> Wishes:
    """Return the clauses that are wishes, each with the span of what is wished for."""
    rules = grammar()
    base = np.fromiter(accumulate((len(t) + 1 for t in texts), initial=0), np.int64, len(texts) + 1)
    folded = fold("\n".join(texts))
    found = np.unique([m[1] for m in rules.triggers.find_matches_as_indexes(folded)]).astype(np.int64)
    begins, ends = base[owner] + bounds[:, 0], base[owner] + bounds[:, 1]
    clause = np.searchsorted(begins, found, side="right") - 1
    candidates = np.unique(clause[(clause >= 0) & (found < ends[clause])]) if len(found) else []
    rows = []
    for m in candidates:
        begin, end = int(begins[m]), int(ends[m])
        said = folded[begin:end]
        hit = rules.wish.search(said)
        if hit is None or rules.no_wish.search(said):
            continue
        start, stop = content(said, hit.end())
        at = begin - int(base[owner[m]])
        rows.append((m, at + start, at + stop))
    table = np.array(rows, np.int32).reshape(-1, 3)
    return Wishes(table[:, 0], table[:, 1], table[:, 2])


_EDGE = re.compile(r"^[\W_]+|[\W_]+$")


def content(clause: str, after: int) -> tuple[int, int]:
    """Return the span of what is wished for: what follows the cue, or the whole clause if nothing does."""
    start, stop = after, len(clause)
    rest = clause[start:stop]
    if sum(c.isalnum() for c in rest) < 2:
        start, rest = 0, clause
    left, right = len(rest) - len(rest.lstrip(_BLANK)), len(rest.rstrip(_BLANK))
    return (start + left, start + right) if left < right else (0, stop)


_BLANK = " \t\n.,;:!?。，；：！？…~～、\"'()[]"
