"""Which subwords and which weights a training starts from.

In a language that the bundled model has learned, training goes on from it. In any other, the text gets subwords of its
own: whole words where the bundled vocabulary, made for sixteen languages, has pieces of them. Each starts with the mean
vector of the bundled subwords that spell it, so that what the pretrained vectors know of German or Japanese is kept.
Where those pieces are hardly more than letters, nothing is known, and the vectors start from nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from reviewlens import letters
from reviewlens.artefact import Artefact, quantize
from reviewlens.classifier import HEAD, TAIL, Classifier
from reviewlens.identify import UNTOLD, languages
from reviewlens.tokenizer import FIRST_PIECE, Tokenizer

LEARNED = {"en": 2.5, "zh": 0.7}  # what the bundled model was trained on, and characters per subword at the least
_MOST_UNKNOWN = 0.03  # share of subwords that are bytes of characters outside the vocabulary
_LEAST = 2.2  # characters per bundled subword; German has 3.9, Finnish 2.4, a language that nobody speaks 1.9
_LEAST_UNSPACED = 1.3  # the same in scripts without spaces, where a character says more; Japanese has 1.5
_SPACED = 0.05  # share of spaces from which a script has them
# Characters of a subword: without spaces, long ones are phrases that are hardly met again.
_LONGEST, _LONGEST_UNSPACED = 16, 3
_LOOKED_AT, _READ = 2000, 1000  # reviews, and characters of each


class Start(NamedTuple):
    """What a training starts from."""

    tokenizer: Tokenizer
    warm: Artefact | None
    """Weights for this tokenizer to go on from; None to start from nothing."""
    reason: str
    """In words, for the user."""
    learned: bool = False
    """Whether the weights have learned from reviews in this language."""


def choose_start(texts: Sequence[str], bundled: Classifier | None) -> Start:
    """Choose by the language of the texts, and by how well the bundled subwords spell them.

    Args:
        texts: All texts to learn from.
        bundled: The model to go on from; None to start from nothing.
    """
    rows = np.linspace(0, len(texts) - 1, min(len(texts), _LOOKED_AT)).astype(int)
    looked_at = [_without_pictures(texts[row]) for row in rows]
    spaces = sum(text.count(" ") for text in looked_at) / max(sum(map(len, looked_at)), 1)
    longest = _LONGEST if spaces > _SPACED else _LONGEST_UNSPACED
    if bundled is None:
        return Start(Tokenizer.train(texts, longest=longest), None, "nothing, with subwords of the text")
    unknown = float(np.mean(bundled.unknown_rate(looked_at)))
    spelled = _characters_per_subword(bundled.tokenizer, looked_at)
    language = Counter(found for found in languages(looked_at) if found != UNTOLD).most_common(1)
    if language and spelled >= LEARNED.get(language[0][0], np.inf) and unknown <= _MOST_UNKNOWN:
        return Start(bundled.tokenizer, bundled.parts, "the bundled model", learned=True)
    own = Tokenizer.train(texts, longest=longest)
    if unknown > _MOST_UNKNOWN or spelled < (_LEAST if spaces > _SPACED else _LEAST_UNSPACED):
        return Start(own, None, "nothing, with subwords of the text: the bundled model does not know its words")
    return Start(own, respelled(bundled.parts, own), "the bundled model, with subwords of the text")


def respelled(parts: Artefact, tokenizer: Tokenizer) -> Artefact:
    """Return the parts with another tokenizer, each subword with the mean vector of the subwords that spell it."""
    table = parts.weights["embedding.int8"] * parts.weights["embedding.scale"][:, None]
    new = np.zeros((tokenizer.size, table.shape[1]), np.float32)
    new[:FIRST_PIECE] = table[:FIRST_PIECE]
    ids, counts = parts.tokenizer.spell(tokenizer.pieces()[FIRST_PIECE:])
    owner = np.repeat(np.arange(len(counts)), counts)
    np.add.at(new, FIRST_PIECE + owner, table[ids])
    new[FIRST_PIECE:] /= np.maximum(counts, 1)[:, None]
    codes, scale = quantize(new)
    weights = parts.weights | {"embedding.int8": codes, "embedding.scale": scale}
    settings = parts.settings | {"vocab_size": tokenizer.size}
    return replace(parts, tokenizer=tokenizer, weights=weights, settings=settings)


def _without_pictures(text: str) -> str:
    """Return a text without emoji: those that the vocabulary lacks say nothing of whether it knows the words."""
    if text.isascii():
        return text
    points = letters.codes(text)
    return letters.spell(points[letters.of(letters.kinds(), points) != letters.PICTURE])


def _characters_per_subword(tokenizer: Tokenizer, texts: Sequence[str]) -> float:
    encoded = tokenizer.encode([text[:_READ] for text in texts], head=HEAD, tail=TAIL)
    return sum(len(text[:_READ]) for text in texts) / max(len(encoded.ids), 1)
