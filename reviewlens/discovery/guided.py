"""Guided themes: cues grown from a few seeds and the user's own reviews, without a label.

Self-training (Yarowsky, 1995) of a bag of cues. What a phrase means, by the word vectors that ship with the library,
and the seeds make a first guess of which reviews speak of a theme; from the reviews guessed with confidence a linear
model learns which phrases go with it, and the two are added. The result is a readable theme: cues with weights, added
up over a review and held against a threshold.
"""

from __future__ import annotations

import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from reviewlens.discovery.anchors import families
from reviewlens.discovery.phrases import Phrases, is_han, mine
from reviewlens.discovery.vectors import familiarity, meanings
from reviewlens.errors import ConfigError
from reviewlens.schemas import OTHER
from reviewlens.text import normalize, segments
from reviewlens.themes import Cue, Theme, ThemeSet
from reviewlens.themes.inflect import forms

Floats = NDArray[np.float64]

_NEAR = 2.0
"""A phrase this near to a theme's seeds, in standard deviations, is a cue at first guess."""
_SURE, _UNSURE = 2.4, 1.0
"""A review is an example of a theme from the upper sum on, and a counterexample up to the lower."""
_FOREMOST = 0.9
"""A review is an example of a theme only where no other theme has a sum so much larger (as 1 to this)."""
_GUESSED = 0.4
"""Weight of the first guess beside what was learned from the reviews."""
_OWN = 0.7
"""How freely a phrase may depart from phrases of like meaning when the model learns."""
_NEEDED = -1.2
"""What the model's sum must reach: a review is given a theme from a probability of about a quarter on."""
_FLOOR = 0.16
"""And what they must reach whatever the model says."""
_LEAST_WEIGHT = 0.05
_MOST_CUES = 400
_SEED_WEIGHT = 4.0
_KIN_WEIGHT = 3.0


@dataclass(frozen=True)
class _Evidence:
    """Which phrase is in which review, shape (n_reviews, n_phrases), and what is known of the phrases."""

    phrases: list[str]
    held: sp.csr_matrix
    seeded: NDArray[np.bool_]
    """Which phrase is a seed of which theme, shape (n_phrases, n_themes)."""
    kin: NDArray[np.bool_]
    """Which phrase is known to go with the seeds of a theme, of the same shape."""


def check_seeds(seeds: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the seeds in order, without repeats; raise `ConfigError` where they cannot be used."""
    if not isinstance(seeds, Mapping):
        raise ConfigError(
            f"seeds must be a table of words by theme id, not {type(seeds).__name__}",
            where="seeds",
            hint='pass a few words per theme: {"battery": ["charge", "battery"]}',
        )
    if not seeds:
        raise ConfigError(
            "there are no seeds", where="seeds", hint='pass a few words per theme: {"battery": ["charge", "battery"]}'
        )
    home: dict[str, str] = {}
    clean: dict[str, list[str]] = {}
    for theme_id, words in seeds.items():
        if not isinstance(theme_id, str) or not theme_id.strip() or theme_id == OTHER:
            raise ConfigError(f"a theme cannot be called {theme_id!r}", where="seeds", hint="choose another key")
        if isinstance(words, str) or not isinstance(words, Iterable) or not all(isinstance(w, str) for w in words):
            raise ConfigError(
                "the seeds of a theme must be a list of texts",
                where=f"seeds[{theme_id!r}]",
                hint='write ["price", "cost"]',
            )
        clean[theme_id] = list(dict.fromkeys(" ".join(normalize(w).lower().split()) for w in words if _says(w)))
        if not clean[theme_id]:
            raise ConfigError(
                "a theme has no seed", where=f"seeds[{theme_id!r}]", hint="give it at least one word, or leave it out"
            )
        for word in clean[theme_id]:
            other = next((w for w in home if word in forms(w) or w in forms(word)), None)
            if other is not None and home[other] != theme_id:
                raise ConfigError(
                    f"the seed {word!r} stands for two themes, {home[other]!r} and {theme_id!r}",
                    where="seeds",
                    hint="keep it in the one that it belongs to; a plural is the same seed",
                )
            home[word] = theme_id
    return clean


def _says(word: str) -> bool:
    """Return whether a seed has a letter, a digit or a picture that can be looked for."""
    return any(mark.isalnum() or unicodedata.category(mark) == "So" for mark in word)


def guide(texts: Sequence[str], seeds: Mapping[str, Sequence[str]]) -> list[Theme]:
    """Return one theme per key of `seeds`, with cues grown from the texts, to be added up over a whole review."""
    clean = check_seeds(seeds)
    kin = kindred(clean)
    barred = {theme_id: [word[1:] for word in words if word[0] == "-"] for theme_id, words in kin.items()}
    kin = {theme_id: [word for word in words if word[0] != "-"] for theme_id, words in kin.items()}
    evidence = _evidence(texts, clean, kin, sorted(set(chain.from_iterable(barred.values()))))
    for number, (theme_id, words) in enumerate(clean.items()):
        seen = {evidence.phrases[i] for i in np.flatnonzero(evidence.seeded[:, number])}
        silent = [word for word in words if word not in seen]
        if silent:
            warnings.warn(
                f"seeds that matched nothing, theme {theme_id!r}: {', '.join(silent)}", UserWarning, stacklevel=4
            )
    guess = _first_guess(evidence, list(clean.values()))
    learned, offsets = _learned(evidence, guess)
    weights = _GUESSED * guess + learned
    needed = np.maximum(_NEEDED - offsets, _FLOOR)
    return [
        _theme(theme_id, evidence, weights[:, n] / needed[n], n, [*clean[theme_id], *kin[theme_id]], barred[theme_id])
        for n, theme_id in enumerate(clean)
    ]


def kindred(seeds: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the words that go with the seeds of each theme by the word families that ship with the library.

    Words after a minus sign are phrases in which the others do not count. A family goes to the theme with most seeds
    in it, at least two of them, or its only one; where two themes have as many, to none. A word that is a seed stays
    where it is, a word of two themes' families goes to none.
    """
    home = {word: theme_id for theme_id, words in seeds.items() for word in words}
    claims: dict[str, set[str]] = {}
    for family in families():
        votes = Counter(home[word] for word in family if word in home).most_common(2)
        if votes and votes[0][1] >= min(2, len(seeds[votes[0][0]])) and (len(votes) == 1 or votes[0][1] > votes[1][1]):
            for word in family:
                if word not in home:
                    claims.setdefault(word, set()).add(votes[0][0])
    kin: dict[str, list[str]] = {theme_id: [] for theme_id in seeds}
    for word, themes in claims.items():
        if len(themes) == 1:
            kin[next(iter(themes))].append(word)
    return kin


def _contains(phrase: str, word: str) -> bool:
    if word.isascii():
        return f" {word} " in f" {phrase} "
    return word in phrase


def _evidence(
    texts: Sequence[str], seeds: Mapping[str, list[str]], kin: Mapping[str, list[str]], barred: Sequence[str]
) -> _Evidence:
    found: Phrases = mine(texts, least=1 if len(texts) < 5_000 else 5, most=12_000)
    held = found.by_text(len(texts))
    phrases = list(found.phrases)
    words = [(word, number, True) for number, listed in enumerate(seeds.values()) for word in listed]
    words += [(word, number, False) for number, listed in enumerate(kin.values()) for word in listed]
    hits = _seed_hits(texts, [word for word, _, _ in words], barred)
    keep = np.array([not any(_contains(phrase, word) for word, _, _ in words) for phrase in phrases], dtype=bool)
    spoken = np.flatnonzero(np.asarray(hits.sum(0)).ravel() > 0)
    names = [p for p, k in zip(phrases, keep, strict=True) if k] + [words[i][0] for i in spoken]
    marked = np.zeros((2, len(names), len(seeds)), dtype=bool)
    for row, i in enumerate(spoken, start=int(keep.sum())):
        marked[0 if words[i][2] else 1, row, words[i][1]] = True
    return _Evidence(names, sp.hstack([held[:, keep], hits[:, spoken]]).tocsr(), *marked)


def _seed_hits(texts: Sequence[str], words: list[str], barred: Sequence[str]) -> sp.csr_matrix:
    """Return which review holds which seed, as the theme set itself will find it."""
    probe = ThemeSet([Theme(f"seed {i}", cues=(Cue(word),), excludes=tuple(barred)) for i, word in enumerate(words)])
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
    guess[:, evidence.kin.any(0)] = 0
    guess[near < near.max(1, keepdims=True)] = 0
    guess[evidence.seeded.any(1)] = 0
    guess[evidence.kin.any(1)] = 0
    guess[evidence.kin] = _KIN_WEIGHT
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
        yes = (sums[:, number] >= _SURE) & (sums[:, number] >= _FOREMOST * sums.max(1))
        no = (sums[:, number] <= _UNSURE) | ((sums[:, number] >= _SURE) & ~yes)
        if min(yes.sum(), no.sum()) < 3:
            continue
        known = bool(evidence.kin[:, number].any())
        x = evidence.held if known else features
        model = LogisticRegression(C=1.0, class_weight=None if known else "balanced", max_iter=300)
        model.fit(x[yes | no], yes[yes | no])
        weights[:, number] = model.coef_[0] if known else spread @ model.coef_[0]
        offsets[number] = model.intercept_[0]
    return weights, offsets


def _theme(
    theme_id: str, evidence: _Evidence, weights: Floats, number: int, silent: Sequence[str], barred: Sequence[str]
) -> Theme:
    """Keep the cues that matter, the seeds first, and the words that the reviews did not have yet."""
    order = np.lexsort((np.arange(len(weights)), -np.abs(weights), ~evidence.seeded[:, number]))
    kept = [i for i in order if abs(weights[i]) >= _LEAST_WEIGHT][:_MOST_CUES]
    cues = [Cue(evidence.phrases[i], round(float(weights[i]), 3)) for i in kept]
    heard = {cue.text for cue in cues}
    cues += [Cue(word) for word in silent if word not in heard]
    language = "zh" if is_han(theme_id[0]) else "en"
    return Theme(theme_id, {language: theme_id}, tuple(cues), excludes=tuple(barred))
