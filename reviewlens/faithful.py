"""Do explanations hold? Deletes the words that an explanation names, and as many at random (DeYoung et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewlens.classifier import Classifier
from reviewlens.explain import Span

DELETED = 3  # words
_REVIEWS = 100
_FEWEST_WORDS = 6  # with fewer, chance and explanation delete the same
_LONGEST = 400  # characters


def faithfulness(classifier: Classifier, texts: Sequence[str], *, reviews: int = _REVIEWS) -> dict[str, Any]:
    """Return by how much the score falls on average when `DELETED` words go: those named, and those that chance names.

    The score is the probability of positive less that of negative, and falls towards the other side. `texts` are
    reviews that were not trained on; at most `reviews` of a fitting length are looked at. An empty dict where none is.
    """
    generator = np.random.default_rng(0)
    moved: list[NDArray[np.float32]] = []
    for text in [text for text in texts if len(text) <= _LONGEST]:
        if len(moved) == reviews:
            break
        explanation = classifier.explain(text)
        words = list(explanation.words)
        if len(words) < _FEWEST_WORDS:
            continue
        direction = 1 if explanation.score > 0 else -1
        ascending = sorted(words, key=lambda word: word.weight)
        strongest = ascending[-DELETED:] if direction > 0 else ascending[:DELETED]
        chance = [words[i] for i in generator.choice(len(words), DELETED, replace=False)]
        left = classifier.predict_proba([_without(text, strongest), _without(text, chance)])
        moved.append(direction * (explanation.score - (left[:, 2] - left[:, 0])))
    if not moved:
        return {}
    named, by_chance = np.mean(moved, axis=0).tolist()
    return {"reviews": len(moved), "deleted": DELETED, "named": named, "by_chance": by_chance}


def _without(text: str, words: Sequence[Span]) -> str:
    for word in sorted(words, key=lambda word: -word.start):
        text = text[: word.start] + text[word.end :]
    return text
