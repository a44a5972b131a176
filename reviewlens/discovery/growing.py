"""Themes grown from anchors: each starts from a few phrases that are known to go together and gathers its own kin.

Factoring the reviews anew each time gives other themes whenever a tenth of the reviews changes. Here the starting
points do not depend on the sample: they are the themes of before, or the anchor themes that ship with the library,
of which those are taken that the reviews speak of most. What they do not explain is factored.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reviewlens.discovery.affinity import affinity, coherence, information
from reviewlens.discovery.anchors import FACTOR, KIN
from reviewlens.discovery.phrases import Phrases

Floats = NDArray[np.float32]

_LOYALTY = 1.5
"""How much a phrase of an anchor prefers its anchor, in units of its strongest tie."""
_STRENGTH = 0.4
"""A phrase is a cue from this strength on; lower, and half of all words would be cues of something."""
_OWN, _OFTEN = 0.3, 0.02
"""A phrase of an anchor that so large a share of the reviews hold is a cue from this strength on: what is said most
often goes with nearly everything, and would come and go with a few reviews."""
_FULL = 4.0
"""The strength at which a cue weighs 1."""
_PRESENT = 4
"""An anchor is there when so many of its phrases are."""
_INHERITED = 0.5
"""Strength of a phrase that is a cue for its last word alone, against that word."""
_WEAK = 0.1
"""Weight of a cue that is known from its family alone."""
_LEADING, _POOL = 10, 60
"""So many cues lead a theme; they are chosen among so many of its strongest."""
_STARTS = 12
"""Leading cues are gathered around so many of the strongest."""
_STRONG = 0.1
"""How much the strength of a leading cue counts beside its bond with the others."""


@dataclass(frozen=True)
class Grown:
    """A theme: its cues and their weights in (0, 1], the leading ones first, and the anchor it grew from, if any."""

    cues: dict[str, float]
    anchor: str = ""


@dataclass(frozen=True)
class _Start:
    name: str
    members: NDArray[np.int64]
    weights: Floats
    claim: float


def _starts(anchors: Mapping[str, Mapping[str, float]], found: Phrases, near: Floats, present: int) -> list[_Start]:
    """Return the anchors that occur, those first that the reviews speak of most and that hold together in them."""
    column = {phrase: i for i, phrase in enumerate(found.phrases)}
    starts = []
    for name, phrases in anchors.items():
        known = [(column[phrase], weight) for phrase, weight in phrases.items() if phrase in column and weight > 0]
        if len(known) < (min(present, 2) if name.startswith(KIN) else present):
            continue
        members = np.array([i for i, _ in known], dtype=np.int64)
        weights = np.array([w for _, w in known], dtype=np.float32)
        claim = np.sqrt((found.reviews[members] * weights).sum() * coherence(near, members, weights))
        starts.append(_Start(name, members, weights, float(claim)))
    return sorted(starts, key=lambda s: (-s.claim, s.name))


def _ties(starts: Sequence[_Start], near: Floats) -> Floats:
    """Return the strength of each phrase in each theme, shape (n_phrases, n_starts)."""
    own = np.zeros((len(near), len(starts)), dtype=np.float32)
    for number, start in enumerate(starts):
        own[start.members, number] = start.weights
    full = near.copy()
    np.fill_diagonal(full, near.max(1, initial=0))
    ties = full @ (own / np.maximum(np.linalg.norm(own, axis=0), 1e-9))
    ties = ties + _LOYALTY * ties.max(1, keepdims=True, initial=0) * own
    known = np.array([not start.name.startswith(FACTOR) for start in starts], dtype=bool)
    return np.asarray(ties + _STRENGTH * (own > 0) * known, dtype=np.float32)


def _gathering(starts: Sequence[_Start], near: Floats, wanted: int) -> Sequence[_Start]:
    """Return the first of the anchors: so many that `wanted` of them gather a phrase, if there are enough."""
    count = wanted
    while True:
        ties = _ties(starts[:count], near)
        cues = ties.max(1, initial=0) >= _STRENGTH
        homes = len(np.unique(ties[cues].argmax(1))) if cues.any() else 0
        if homes >= wanted or count >= len(starts):
            return starts[:count]
        count += wanted - homes


def _factored(near: Floats, count: int) -> Floats:
    """Return the ties of phrases to `count` factors of their affinity, for what no anchor explains."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    count = min(count, len(near) - 1)
    if count < 1 or not near.any():
        return np.zeros((len(near), 0), dtype=np.float32)
    full = near.copy()
    np.fill_diagonal(full, near.max(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what is left over need not be parted to the last digit
        factors = NMF(count, init="nndsvd", max_iter=100, tol=1e-3, random_state=0).fit_transform(full)
    top = np.maximum(factors.max(0), 1e-9)
    return np.asarray(factors / top, dtype=np.float32)


def _leading(pool: NDArray[np.int64], strength: Floats, bond: Floats, phrases: Sequence[str]) -> list[int]:
    """Return at most ten phrases of a theme that go together best and do not repeat each other, the strongest first.

    They are gathered around each of the theme's strongest phrases in turn, and the closest company is taken.
    """
    best, closest = [int(pool[0])], -np.inf
    for first in pool[:_STARTS]:
        picked = _company(int(first), pool, strength, bond, phrases)
        inside = bond[np.ix_(picked, picked)]
        pairs = len(picked) * (len(picked) - 1)
        mean = float(inside.sum() - np.trace(inside)) / pairs if pairs else -1.0
        worth = mean * len(picked) + _STRONG * float(strength[picked].sum() / strength[pool[0]])
        if worth > closest:
            best, closest = picked, worth
    return sorted(best, key=lambda i: (-float(strength[i]), phrases[i]))


def _company(first: int, pool: NDArray[np.int64], strength: Floats, bond: Floats, phrases: Sequence[str]) -> list[int]:
    """Return `first` and the phrases that go best with all that were taken before, ten at most."""
    rest, picked = [int(i) for i in pool if i != first], [first]
    while len(picked) < _LEADING:
        rest = [i for i in rest if i != picked[-1] and not repeats(phrases[i], phrases[picked[-1]])]
        if not rest:
            break
        worth = bond[np.ix_(rest, picked)].mean(1) + _STRONG * strength[rest] / strength[pool[0]]
        if worth.max() <= 0 and len(picked) > 2:
            break
        picked.append(rest[int(worth.argmax())])
    return picked


def _keep_own(home: NDArray[np.int64], strength: Floats, starts: Sequence[_Start], found: Phrases) -> None:
    """Make cues, in place, of frequent phrases that go with their own anchor, though their ties are a little weak."""
    often = found.reviews >= _OFTEN * (found.owner.max() + 1)
    for number, start in enumerate(starts):
        own = start.members[often[start.members] & (home[start.members] == number)]
        own = own[strength[own] >= _OWN]
        strength[own] = np.maximum(strength[own], _STRENGTH)


def _inherit(phrases: Sequence[str], home: NDArray[np.int64], strength: Floats) -> None:
    """Give a phrase of several words that is no cue by itself to the theme of its last word that is one, in place."""
    of = {phrase: i for i, phrase in enumerate(phrases) if strength[i] >= _STRENGTH}
    for i, phrase in enumerate(phrases):
        if strength[i] < _STRENGTH and " " in phrase:
            heads = [of[word] for word in phrase.split() if word in of]
            if heads:
                home[i], strength[i] = home[heads[-1]], max(_STRENGTH, _INHERITED * strength[heads[-1]])


def repeats(one: str, two: str) -> bool:
    """Return whether two phrases share a word, be it as its plural, or one holds the other."""
    if one.isascii() and two.isascii():
        return bool({_singular(w) for w in one.split()} & {_singular(w) for w in two.split()})
    return one in two or two in one


def _said_by(one: str, two: str) -> bool:
    """Return whether a cue `two` finds what `one` is: "book" finds "books", "books" does not find "book"."""
    if one.isascii() and two.isascii():
        return bool({*one.split(), *map(_singular, one.split())} & set(two.split()))
    return repeats(one, two)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def grow(
    found: Phrases,
    n_themes: int,
    anchors: Mapping[str, Mapping[str, float]],
    *,
    present: int = _PRESENT,
    unseen: bool = True,
) -> list[Grown]:
    """Grow `n_themes` themes at most from the phrases of the reviews.

    Args:
        found: the phrases of the reviews.
        n_themes: how many themes are wanted.
        anchors: phrases with weights in (0, 1], by the name of the anchor.
        present: an anchor with fewer phrases in the reviews is left out.
        unseen: whether the words of an anchor that these reviews lack are weak cues of its theme.

    Returns:
        The themes, the ones spoken of most first. Each phrase is a cue of one theme at most.
    """
    near = affinity(found.clauses)
    starts = _gathering(_starts(anchors, found, near, present), near, n_themes)
    ties = _ties(starts, near)
    free = np.flatnonzero(ties.max(1, initial=0) < _STRENGTH)
    names = [start.name for start in starts]
    if len(starts) < n_themes and len(free) > 2:
        factors = _factored(near[np.ix_(free, free)], n_themes - len(starts))
        wide = np.zeros((len(near), factors.shape[1]), dtype=np.float32)
        wide[free] = factors
        ties = np.hstack([ties, wide])
        names += [""] * factors.shape[1]
    if not ties.shape[1]:
        return []
    home, strength = ties.argmax(1), ties.max(1)
    _keep_own(home, strength, starts, found)
    _inherit(found.phrases, home, strength)
    bond = information(found.windows)
    themes = []
    for number, name in enumerate(names):
        mine = np.flatnonzero((home == number) & (strength > 0))
        mine = mine[np.argsort(-strength[mine], kind="stable")]
        members = mine[: int((strength[mine] >= _STRENGTH).sum())]
        if len(members):
            pool = mine[: max(len(members), _LEADING)][:_POOL]
            lead = _leading(pool, strength, bond, found.phrases)
            rest = [int(i) for i in members if int(i) not in lead]
            if not unseen and len(lead) < _LEADING:  # with plenty of reviews, nothing is said twice
                rest = [i for i in rest if not any(_said_by(found.phrases[i], found.phrases[j]) for j in lead)]
            order = lead + rest
            themes.append(
                Grown({found.phrases[i]: round(min(1.0, float(strength[i]) / _FULL), 3) for i in order}, name)
            )
    mass = dict(zip(found.phrases, found.reviews.tolist(), strict=True))
    themes.sort(key=lambda t: (-sum(mass[cue] for cue in t.cues), min(t.cues)))
    return _with_families(themes, anchors) if unseen else themes


def _with_families(themes: Sequence[Grown], anchors: Mapping[str, Mapping[str, float]]) -> list[Grown]:
    """Add to a theme the words of its family, or of the theme of before, that these reviews lack, as weak cues."""
    taken = {cue for theme in themes for cue in theme.cues}
    wide = []
    for theme in themes:
        family = {} if theme.anchor.startswith(FACTOR) else anchors.get(theme.anchor, {})
        more = {phrase: _WEAK for phrase in family if phrase not in taken}
        taken |= set(more)
        wide.append(Grown({**theme.cues, **more}, theme.anchor))
    return wide
