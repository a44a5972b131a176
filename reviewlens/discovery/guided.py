"""Guided themes: cues grown from a few seeds and the user's own reviews, without a label.

Self-training (Yarowsky, 1995) of a bag of cues. What a phrase means, by the word vectors that ship with the library,
and the seeds make a first guess of which reviews speak of a theme; from the reviews guessed with confidence a linear
model learns which phrases go with it, and the two are added. The result is a readable theme: cues with weights, added
up over a review and held against a threshold.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from reviewlens.discovery.phrases import Phrases, is_han, mine
from reviewlens.discovery.vectors import familiarity, meanings
from reviewlens.errors import ConfigError
from reviewlens.schemas import OTHER
from reviewlens.text import normalize, segments
from reviewlens.themes import Cue, Theme, ThemeSet

Floats = NDArray[np.float64]

_NEAR = 1.6
"""A phrase this near to a theme's seeds, in standard deviations, is a cue at first guess."""
_SURE, _UNSURE = 2.4, 0.4
"""A review is an example of a theme from the upper sum on, and a counterexample up to the lower."""
_LEARNED = 0.8
"""Weight of what was learned from the reviews beside what the words mean."""
_OWN = 0.7
"""How freely a phrase may depart from phrases of like meaning when the model learns."""
_NEEDED = 0.4
"""What the weights of a theme must add up to, before the offset that was learned."""
_LEAST_WEIGHT = 0.05
_MOST_CUES = 400
_SEED_WEIGHT = 4.0


@dataclass(frozen=True)
class _Evidence:
    """Which phrase is in which review, shape (n_reviews, n_phrases), and what is known of the phrases."""

    phrases: list[str]
    held: sp.csr_matrix
    seeded: NDArray[np.bool_]
    """Which phrase is a seed of which theme, shape (n_phrases, n_themes)."""


def check_seeds(seeds: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the seeds in order, without repeats; raise `ConfigError` where they cannot be used."""
    if not seeds:
        raise ConfigError(
            "there are no seeds", where="seeds", hint='pass a few words per theme: {"battery": ["charge", "battery"]}'
        )
    home: dict[str, str] = {}
    clean: dict[str, list[str]] = {}
    for theme_id, words in seeds.items():
        if not isinstance(theme_id, str) or not theme_id.strip() or theme_id == OTHER:
            raise ConfigError(f"a theme cannot be called {theme_id!r}", where="seeds", hint="choose another key")
        if isinstance(words, str) or not all(isinstance(w, str) for w in words):
            raise ConfigError(
                "the seeds of a theme must be a list of texts",
                where=f"seeds[{theme_id!r}]",
                hint='write ["price", "cost"]',
            )
        clean[theme_id] = list(dict.fromkeys(" ".join(normalize(w).lower().split()) for w in words if w.strip()))
        if not clean[theme_id]:
            raise ConfigError(
                "a theme has no seed", where=f"seeds[{theme_id!r}]", hint="give it at least one word, or leave it out"
            )
        for word in clean[theme_id]:
            if word in home:
                raise ConfigError(
                    f"the seed {word!r} stands for two themes, {home[word]!r} and {theme_id!r}",
                    where="seeds",
                    hint="keep it in the one that it belongs to",
                )
            home[word] = theme_id
    return clean


def guide(texts: Sequence[str], seeds: Mapping[str, Sequence[str]]) -> list[Theme]:
    """Return one theme per key of `seeds`, with cues grown from the texts, to be added up over a whole review."""
    clean = check_seeds(seeds)
    evidence = _evidence(texts, clean)
    for number, (theme_id, words) in enumerate(clean.items()):
        seen = {evidence.phrases[i] for i in np.flatnonzero(evidence.seeded[:, number])}
        silent = [word for word in words if word not in seen]
        if silent:
            warnings.warn(
                f"seeds that matched nothing, theme {theme_id!r}: {', '.join(silent)}", UserWarning, stacklevel=4
            )
    guess = _first_guess(evidence, list(clean.values()))
    learned, offsets = _learned(evidence, guess)
    weights = guess + _LEARNED * learned
    needed = np.maximum(_NEEDED - _LEARNED * offsets, _NEEDED)
    return [_theme(theme_id, evidence, weights[:, n] / needed[n], n) for n, theme_id in enumerate(clean)]


def _evidence(texts: Sequence[str], seeds: Mapping[str, list[str]]) -> _Evidence:
    found: Phrases = mine(texts, least=1 if len(texts) < 5_000 else 5, most=12_000)
    held = found.by_text(len(texts))
    phrases = list(found.phrases)
    words = {word: number for number, listed in enumerate(seeds.values()) for word in listed}
    hits = _seed_hits(texts, list(words))
    known = {phrase: i for i, phrase in enumerate(phrases)}
    keep = np.array([phrase not in words for phrase in phrases], dtype=bool)
    spoken = np.flatnonzero(np.asarray(hits.sum(0)).ravel() > 0)
    del known
    names = [p for p, k in zip(phrases, keep, strict=True) if k] + [list(words)[i] for i in spoken]
    seeded = np.zeros((len(names), len(seeds)), dtype=bool)
    for row, i in enumerate(spoken):
        seeded[int(keep.sum()) + row, list(words.values())[i]] = True
    return _Evidence(names, sp.hstack([held[:, keep], hits[:, spoken]]).tocsr(), seeded)


def _seed_hits(texts: Sequence[str], words: list[str]) -> sp.csr_matrix:
    """Return which review holds which seed, as the theme set itself will find it."""
    probe = ThemeSet([Theme(f"seed {i}", cues=(Cue(word),)) for i, word in enumerate(words)])
    said = [normalize(t) for t in texts]
    owner, bounds = segments(said)
    hits = probe.find(said, owner, bounds)
    matrix = sp.csr_matrix(
        (np.ones(len(hits.segment)), (owner[hits.segment], hits.theme)), shape=(len(texts), len(words))
    )
    matrix.data[:] = 1.0
    return matrix


def _first_guess(evidence: _Evidence, seeds: list[list[str]]) -> Floats:
    """Return the weights by meaning alone, shape (n_phrases, n_themes): each phrase belongs to one theme at most."""
    near = familiarity(evidence.phrases, seeds).astype(np.float64)
    guess = np.maximum(near - _NEAR, 0)
    guess[near < near.max(1, keepdims=True)] = 0
    guess[evidence.seeded.any(1)] = 0
    guess[evidence.seeded] = _SEED_WEIGHT
    return guess


def _learned(evidence: _Evidence, guess: Floats) -> tuple[Floats, Floats]:
    """Return weights and one offset per theme, learned by a linear model from the reviews guessed with confidence."""
    from sklearn.linear_model import LogisticRegression

    vectors = sp.csr_matrix(meanings(evidence.phrases).astype(np.float64))
    spread = sp.hstack([vectors, _OWN * sp.identity(len(evidence.phrases))]).tocsr()
    features = (evidence.held @ spread).tocsr()
    sums = evidence.held @ guess
    weights, offsets = np.zeros_like(guess), np.zeros(guess.shape[1])
    for number in range(guess.shape[1]):
        yes, no = sums[:, number] >= _SURE, sums[:, number] <= _UNSURE
        if min(yes.sum(), no.sum()) < 3:
            continue
        model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=300)
        model.fit(features[yes | no], yes[yes | no])
        weights[:, number], offsets[number] = spread @ model.coef_[0], model.intercept_[0]
    return weights, offsets


def _theme(theme_id: str, evidence: _Evidence, weights: Floats, number: int) -> Theme:
    """Keep the cues that matter, the seeds first, scaled so that the threshold is 1."""
    order = np.lexsort((np.arange(len(weights)), -np.abs(weights), ~evidence.seeded[:, number]))
    kept = [i for i in order if abs(weights[i]) >= _LEAST_WEIGHT][:_MOST_CUES]
    cues = tuple(Cue(evidence.phrases[i], round(float(weights[i]), 3)) for i in kept)
    language = "zh" if is_han(theme_id[0]) else "en"
    return Theme(theme_id, {language: theme_id}, cues)
