"""Phrases too rare to be tied to a theme by the company they keep join one by what they are made of, or by meaning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reviewlens.discovery.aspects import spoken_of
from reviewlens.discovery.growing import Grown
from reviewlens.discovery.vectors import meanings

_INHERITED = 0.5
"""Weight of a phrase that holds a cue, against that cue."""
_MEANT = 0.1
"""Weight of a phrase that joins by meaning alone."""
_NEAR = 0.35
"""Least mean cosine between a phrase and the cues of a theme that are nearest to it."""
_NEAREST = 3
"""So many of them."""


def join(themes: Sequence[Grown], phrases: Sequence[str]) -> list[Grown]:
    """Return the themes with those of `phrases` added that belong to one.

    A phrase that holds cues belongs to the theme of the last and longest of them: "screen hinge cover" goes with
    "cover" before it goes with "screen". Another, if it surely names an aspect, belongs to the theme whose nearest cues
    are nearest to it in meaning, if they are near at all.

    Args:
        themes: themes, none of whose cues is a cue of two.
        phrases: folded phrases.
    """
    home = {cue: number for number, theme in enumerate(themes) for cue in theme.cues}
    weight = {cue: value for theme in themes for cue, value in theme.cues.items()}
    added: list[dict[str, float]] = [{} for _ in themes]
    alone = []
    for phrase in phrases:
        if phrase in home:
            continue
        inner = next((part for part in _parts(phrase) if part in home), None)
        if inner is None:
            alone += [phrase] if spoken_of(phrase) else []
        else:
            added[home[inner]][phrase] = round(_INHERITED * weight[inner], 3)
    for phrase, number in _meant(themes, alone):
        added[number][phrase] = _MEANT
    return [Grown({**theme.cues, **more}, theme.anchor) for theme, more in zip(themes, added, strict=True)]


def _parts(phrase: str) -> list[str]:
    """Return the shorter runs of words in a phrase, those that end last first, of these the longest first."""
    words = phrase.split()
    return [" ".join(words[a:b]) for b in range(len(words), 0, -1) for a in range(b) if b - a < len(words)]


def _meant(themes: Sequence[Grown], phrases: Sequence[str]) -> list[tuple[str, int]]:
    """Return the phrases that are near a theme in meaning, and the number of that theme."""
    if not themes or not phrases:
        return []
    mine = meanings(phrases)
    near = np.zeros((len(phrases), len(themes)), dtype=np.float32)
    for number, theme in enumerate(themes):
        cosines = mine @ meanings(list(theme.cues)).T
        near[:, number] = np.sort(cosines, axis=1)[:, -_NEAREST:].sum(1) / _NEAREST
    best = near.argmax(1)
    return [(phrases[i], int(best[i])) for i in map(int, np.flatnonzero(near.max(1) >= _NEAR))]
