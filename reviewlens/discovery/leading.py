"""Which cues of a theme come first: those that are spoken of most and go together best in windows of ten words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

LEADING = 10
"""So many cues lead a theme at most."""
_POOL = 60
"""They are chosen among so many."""
_CENTERS = 3
"""And gathered around so many of the foremost."""
_FOREMOST = 0.15
"""How much the worth of a leading cue counts beside its bond with the others."""
_MOST = 2.0
"""Strength beyond this adds nothing to the worth of a cue."""


def worth(strength: Floats, share: Floats) -> Floats:
    """Return how much each phrase is worth at the head of its theme: by its strength there, and by who speaks of it.

    Args:
        strength: of each phrase in its theme, shape (n_phrases,).
        share: of the reviews that hold it, of the same shape.
    """
    return np.asarray(np.minimum(strength, _MOST) * share**0.25, dtype=np.float32)


def leading(members: Ints, worth: Floats, bond: Floats, phrases: Sequence[str]) -> list[int]:
    """Return at most ten of the members that go together best and do not repeat each other, the worthiest first.

    What another member finds is none of them: "battery" leads, and not "battery life". They are gathered around each of
    the theme's worthiest phrases in turn, and the closest company is taken.

    Args:
        members: the theme's phrases by number, one at least.
        worth: of all phrases, shape (n_phrases,).
        bond: mutual information of all phrases in windows, shape (n_phrases, n_phrases), in [-1, 1].
        phrases: their spelling.
    """
    ordered = sorted(map(int, members), key=lambda i: (-float(worth[i]), phrases[i]))
    spelled = [phrases[i] for i in ordered]
    alone = (i for n, i in enumerate(ordered) if not _found_by_another(n, spelled))
    pool = np.array(list(islice(alone, _POOL)), dtype=np.int64)
    companies = [_company(int(first), pool, worth, bond, phrases) for first in pool[:_CENTERS]]
    best = max(companies, key=lambda company: _closeness(company, worth / worth[pool[0]], bond))
    return sorted(best, key=lambda i: (-float(worth[i]), phrases[i]))


def _found_by_another(number: int, phrases: Sequence[str]) -> bool:
    """Return whether another phrase finds this one; of two that find each other, the first stays."""
    own = phrases[number]
    others = ((n, other) for n, other in enumerate(phrases) if n != number and said_by(own, other))
    return any(n < number or not said_by(other, own) for n, other in others)


def mean_bond(company: Sequence[int], bond: Floats) -> float:
    """Return the mean bond of all pairs of the phrases of these numbers; -1 for fewer than two."""
    inside = bond[np.ix_(company, company)]
    pairs = len(company) * (len(company) - 1)
    return float(inside.sum() - np.trace(inside)) / pairs if pairs else -1.0


def _closeness(company: Sequence[int], worth: Floats, bond: Floats) -> float:
    return mean_bond(company, bond) * len(company) + _FOREMOST * float(worth[list(company)].sum())


def _company(first: int, pool: Ints, worth: Floats, bond: Floats, phrases: Sequence[str]) -> list[int]:
    """Return `first` and the phrases that go best with all that were taken before, ten at most."""
    rest, picked = [int(i) for i in pool if i != first], [first]
    while len(picked) < LEADING:
        rest = [i for i in rest if i != picked[-1] and not repeats(phrases[i], phrases[picked[-1]])]
        if not rest:
            break
        gain = bond[np.ix_(rest, picked)].mean(1) + _FOREMOST * worth[rest] / worth[pool[0]]
        if gain.max() <= 0 and len(picked) > 2:
            break
        picked.append(rest[int(gain.argmax())])
    return picked


def repeats(one: str, two: str) -> bool:
    """Return whether two phrases share a word, be it as its plural, or one holds the other."""
    if one.isascii() and two.isascii():
        return bool({_singular(w) for w in one.split()} & {_singular(w) for w in two.split()})
    return one in two or two in one


def said_by(one: str, two: str) -> bool:
    """Return whether a cue `two` finds what `one` is: "book" finds "books" and "book cover", which do not find it."""
    if one.isascii() and two.isascii():
        return {*two.split()} <= {*one.split(), *map(_singular, one.split())}
    return two in one


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
