"""What a theme is called: its most frequent nouns, in the language of its cues."""

from __future__ import annotations

from collections.abc import Mapping

from reviewlens.discovery.aspects import naming
from reviewlens.discovery.growing import Grown, repeats
from reviewlens.discovery.phrases import is_han

_WORDS = 3
_WITHIN = 0.1
"""A cue names the theme where so large a share of its foremost cue's reviews speaks of it; else a leading cue does."""


def label(grown: Grown, reviews: Mapping[str, int], leading: int = 10) -> dict[str, str]:
    """Return the label of a theme by language.

    It is the most frequent cues that name an aspect and do not repeat each other. Cues that only describe one ("fast")
    stand in where there are no others.

    Args:
        grown: the theme, its leading cues first.
        reviews: how many reviews hold each cue.
        leading: so many cues are leading, and go before those that are rarer than a tenth of the foremost.
    """
    cues = list(grown.cues)
    most = max((reviews.get(cue, 0) for cue in cues), default=0)

    def order(cue: str) -> tuple[bool, bool, int, int]:
        rare = reviews.get(cue, 0) < _WITHIN * most and cues.index(cue) >= leading
        return (rare, naming(cue) == 0, -reviews.get(cue, 0), cues.index(cue))

    chosen: list[str] = []
    for cue in sorted(cues, key=order):
        if len(chosen) < _WORDS and not any(repeats(cue, other) for other in chosen):
            chosen.append(cue)
    return {language(grown.cues): ", ".join(chosen)}


def language(cues: Mapping[str, float]) -> str:
    """Return "zh" where most cues begin with an ideograph, else "en"."""
    return "zh" if sum(is_han(phrase[0]) for phrase in cues) > len(cues) / 2 else "en"
