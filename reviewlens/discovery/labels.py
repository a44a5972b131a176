"""What a theme is called: its most frequent nouns, in the language of its cues."""

from __future__ import annotations

from collections.abc import Container, Mapping

from reviewlens.discovery.aspects import naming
from reviewlens.discovery.growing import Grown
from reviewlens.discovery.leading import repeats
from reviewlens.discovery.phrases import is_han

_WORDS = 3
_WITHIN = 0.1
"""A cue names the theme where so large a share of its foremost cue's reviews speaks of it; else a leading cue does."""


def label(grown: Grown, reviews: Mapping[str, int], family: Container[str] = (), leading: int = 10) -> dict[str, str]:
    """Return the label of a theme by language.

    It is the most frequent cues that name an aspect and do not repeat each other, those of the word family that it grew
    from before others: "dust, hygiene", and not the vacuum that picks it up. Cues that only describe an aspect ("fast")
    stand in where there are no others.

    Args:
        grown: the theme, its leading cues first.
        reviews: how many reviews hold each cue.
        family: the words of the family that the theme grew from, if it did.
        leading: so many cues are leading, and go before those that are rarer than a tenth of the foremost.
    """
    cues = list(grown.cues)
    most = max((reviews.get(cue, 0) for cue in cues), default=0)

    def order(cue: str) -> tuple[bool, bool, bool, bool, int, int]:
        said, place = reviews.get(cue, 0), cues.index(cue)
        rare = said < _WITHIN * most and place >= leading
        return (said == 0, naming(cue) == 0, cue not in family, rare, -said, place)

    chosen: list[str] = []
    for cue in sorted(cues, key=order):
        if len(chosen) < _WORDS and not any(repeats(cue, other) for other in chosen):
            chosen.append(cue)
    return {language(grown.cues): ", ".join(chosen)}


def language(cues: Mapping[str, float]) -> str:
    """Return "zh" where most cues begin with an ideograph, else "en"."""
    return "zh" if sum(is_han(phrase[0]) for phrase in cues) > len(cues) / 2 else "en"
