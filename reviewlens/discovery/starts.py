"""The anchors that the reviews speak of: which of them themes start from, and how strongly each phrase is tied to them.

What an anchor claims is how many reviews hold its words, each weighed by how well it goes with those of its anchor
that are nearest to it here. Claims hardly change when a tenth of the reviews does, and the number of themes is chosen
where they fall steeply, so that other reviews of the same kind give the same themes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reviewlens.discovery.anchors import FACTOR, KIN
from reviewlens.discovery.phrases import Phrases

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

STRENGTH = 0.4
"""A phrase is a cue from this strength on; lower, and half of all words would be cues of something."""
_LOYALTY = 1.5
"""How much a phrase of an anchor prefers its anchor, in units of its strongest tie."""
_NEAREST = 3
"""An anchor's word counts by its ties to so many of its nearest kin."""
_FAINT = 0.25
"""An anchor that claims less than this share of the foremost one's claim is left out where reviews are plenty."""
_SETTLED = 2 / 3
"""And of those that are left, at least so many are taken."""
_TINY = 3
"""An anchor with fewer phrases of its own is none."""


@dataclass(frozen=True)
class Start:
    """An anchor as the reviews hold it: its phrases by number, their weights in (0, 1], and its claim."""

    name: str
    members: Ints
    weights: Floats
    claim: float


def starts(anchors: Mapping[str, Mapping[str, float]], found: Phrases, near: Floats, present: int) -> list[Start]:
    """Return the anchors of which `present` phrases occur (2 of a word family), those with the largest claim first."""
    column = {phrase: i for i, phrase in enumerate(found.phrases)}
    held = []
    for name, phrases in anchors.items():
        known = [(column[phrase], weight) for phrase, weight in phrases.items() if phrase in column and weight > 0]
        if len(known) < (min(present, 2) if name.startswith(KIN) else present):
            continue
        members = np.array([i for i, _ in known], dtype=np.int64)
        weights = np.array([w for _, w in known], dtype=np.float32)
        held.append(Start(name, members, weights, _claim(found.reviews[members], weights, near, members)))
    return sorted(held, key=lambda s: (-s.claim, s.name))


def _claim(reviews: Ints, weights: Floats, near: Floats, members: Ints) -> float:
    company = np.sort(near[np.ix_(members, members)] * weights, axis=1)[:, -_NEAREST:].sum(1) / _NEAREST
    return float(np.sqrt((reviews * weights * company).sum()))


def settled(held: Sequence[Start], wanted: int) -> list[Start]:
    """Return at most `wanted` of the anchors, cut where the claims fall most steeply; each phrase is in one of them.

    Anchors that claim far less than the foremost are no candidates. A phrase of two anchors stays in the one where it
    weighs more.
    """
    if not held:
        return []
    claims = [start.claim for start in held] + [0.0]
    most = max(1, min(wanted, sum(claim >= _FAINT * claims[0] for claim in claims[:-1])))
    falls = {n: claims[n - 1] / max(claims[n], 1e-9) for n in range(max(1, int(_SETTLED * most)), most + 1)}
    return _parted(held[: max(falls, key=lambda n: falls[n])])


def _parted(held: Sequence[Start]) -> list[Start]:
    home: dict[int, tuple[float, str]] = {}
    for start in held:
        for phrase, weight in zip(start.members.tolist(), start.weights.tolist(), strict=True):
            claim = (weight, start.name)
            home[phrase] = max(claim, home.get(phrase, claim))
    parted = []
    for start in held:
        own = np.array([home[phrase][1] == start.name for phrase in start.members.tolist()], dtype=bool)
        if own.sum() >= _TINY:
            parted.append(replace(start, members=start.members[own], weights=start.weights[own]))
    return parted


def gathering(held: Sequence[Start], near: Floats, wanted: int) -> Sequence[Start]:
    """Return the first of the anchors: so many that `wanted` of them gather a phrase, if there are enough."""
    count = wanted
    while True:
        tied = ties(held[:count], near)
        cues = tied.max(1, initial=0) >= STRENGTH
        homes = len(np.unique(tied[cues].argmax(1))) if cues.any() else 0
        if homes >= wanted or count >= len(held):
            return held[:count]
        count += wanted - homes


def ties(held: Sequence[Start], near: Floats) -> Floats:
    """Return the strength of each phrase in each theme, shape (n_phrases, n_starts)."""
    own = np.zeros((len(near), len(held)), dtype=np.float32)
    for number, start in enumerate(held):
        own[start.members, number] = start.weights
    full = near.copy()
    np.fill_diagonal(full, near.max(1, initial=0))
    tied = full @ (own / np.maximum(np.linalg.norm(own, axis=0), 1e-9))
    tied = tied + _LOYALTY * tied.max(1, keepdims=True, initial=0) * own
    known = np.array([not start.name.startswith(FACTOR) for start in held], dtype=bool)
    return np.asarray(tied + STRENGTH * (own > 0) * known, dtype=np.float32)
