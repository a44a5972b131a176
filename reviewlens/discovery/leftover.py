"""What is left without a theme, and what of it is spoken of more than when the themes of before were found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reviewlens.discovery.candidates import candidate_themes
from reviewlens.discovery.phrases import function_words, mine, tokens
from reviewlens.text import normalize, segments
from reviewlens.themes import ThemeSet

_MOST = 20
"""So many phrases of what is left over are told."""


@dataclass(frozen=True)
class Leftover:
    """How many reviews speak of each living theme, and what the reviews without one are."""

    reviews: int
    of_theme: dict[str, int]
    without: int
    reasons: dict[str, int]
    phrases: dict[str, int]
    """The most frequent phrases of the reviews without a theme, and how many of these hold each."""

    def about(self) -> dict[str, Any]:
        """Return what a theme set remembers of it."""
        return {
            "reviews": self.reviews,
            "theme_reviews": self.of_theme,
            "other_share": round(self.without / self.reviews, 4),
            "other_reasons": self.reasons,
            "other_phrases": list(self.phrases),
            "other_counts": list(self.phrases.values()),
        }


def leftover(found: ThemeSet, texts: Sequence[str]) -> Leftover:
    """Return what the themes leave over of the texts, one text at least."""
    said = [normalize(t) for t in texts]
    owner, bounds = segments(said)
    hits = found.find(said, owner, bounds)
    has = np.zeros((len(texts), len(found.themes)), dtype=bool)
    has[owner[hits.segment], hits.theme] = True
    missed = [said[i] for i in np.flatnonzero(~has.any(1))]
    reasons: Counter[str] = Counter()
    for review in missed:
        content = [t for t in tokens(review) if t not in function_words()]
        reasons["fewer than three words" if len(content) < 3 else "no word of a theme"] += 1
    phrases = mine(missed, least=max(2, len(missed) // 200), most=_MOST) if missed else None
    return Leftover(
        len(texts),
        {t.theme_id: int(n) for t, n in zip(found.themes, has.sum(0), strict=True) if not t.retired},
        len(missed),
        dict(sorted(reasons.items())),
        dict(zip(phrases.phrases, phrases.reviews.tolist(), strict=True)) if phrases else {},
    )


def grown_phrases(now: Mapping[str, int], about: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the phrases left over that are spoken of more than before; None where that is not known.

    Args:
        now: the phrases that the themes of before leave over now, and how many reviews hold each.
        about: what the theme set of before remembers. A phrase that it does not name was at most as frequent as the
            rarest that it names.
    """
    counts = about.get("other_counts")
    if counts is None:
        return None
    before = dict(zip(about.get("other_phrases", []), counts, strict=False))
    rarest = min(before.values(), default=0) if len(before) >= _MOST else 0
    known = {phrase: before.get(phrase, rarest) for phrase in now} | before
    return frozenset(phrase for one in candidate_themes(now, known) for phrase in one.phrases)
