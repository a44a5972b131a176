"""Which words name an aspect: nouns of which something is said, as their company in many reviews tells.

`data/nouns/<language>.tsv` holds the figures of each frequent word, `scripts/build_nouns.py` made them. A word that is
on no list may name anything: a brand, a typing error, a word of another language.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_NOUN = 0.5
"""A word this much of a noun may stand alone for an aspect."""
_HEAD = 0.2
"""And this much may end a compound: "tech support", though most support is a verb."""
_PART = 0.5
"""A word this much of a part may begin one: "usb port"."""
_SAID = 0.004
"""How often something must be said of an aspect: of "screen" in one of a hundred, of "reason" in one of a thousand."""
_SURELY = 0.01
"""And this often, of one that nothing else ties to a theme."""
_PRODUCT = 0.2
"""A word is the product itself, or its people, where it stands so often as in "this laptop", "bought a laptop"."""
_DOUBT = 20
"""So many occurrences are believed to be of something else than the product."""


class Roles(NamedTuple):
    """What each word of a list may be, shape (n_words,) each."""

    known: Mask
    """Is on the list of nouns."""
    alone: Mask
    """Names an aspect."""
    head: Mask
    """Ends a compound that names an aspect."""
    part: Mask
    """Begins one."""

    def compounds(self, grams: Ints) -> Mask:
        """Return which n-grams, shape (m, n), are made of nouns and name an aspect; one noun is on the list."""
        made = self.part[grams[:, :-1]].all(1) & self.head[grams[:, -1]]
        return np.asarray(made & self.known[grams].any(1))


@lru_cache(maxsize=1)
def _nouns() -> dict[str, tuple[float, float, float]]:
    """Return for each word how much of a noun and of a part it is, and how often something is said of it."""
    found = {}
    for entry in sorted((files("reviewlens") / "data" / "nouns").iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".tsv"):
            for line in entry.read_text(encoding="utf-8").splitlines():
                word, noun, part, said = line.split("\t")
                found[word] = (int(noun) / 100, int(part) / 100, int(said) / 10_000)
    return found


def roles(words: Sequence[str]) -> Roles:
    """Return what each word may be by the lists of nouns; a word on no list may be anything."""
    nouns = _nouns()
    noun, part, said = np.array([nouns.get(word, (1.0, 1.0, 1.0)) for word in words]).reshape(-1, 3).T
    known = np.array([word in nouns for word in words], dtype=bool)
    often = said >= _SAID
    alone, head = often & (noun >= _NOUN), often & (noun >= _HEAD)
    return Roles(known, alone, head, (part >= _PART) | (noun >= _NOUN))


def spoken_of(phrase: str) -> bool:
    """Return whether something is said of what a phrase ends in so often that it is an aspect without its company."""
    return _nouns().get(phrase.split()[-1], (0.0, 0.0, 0.0))[2] >= _SURELY


def naming(phrase: str) -> int:
    """Return how surely a phrase names an aspect: 0 it describes one ("fast"), 1 it is a noun, 2 has several words."""
    if " " in phrase:
        return 2
    return int(_nouns().get(phrase, (1.0, 1.0, 1.0))[0] >= _NOUN)


def named_first(cues: Mapping[str, float]) -> dict[str, float]:
    """Return the cues with weights in (0, 1] by which a name goes before a noun, and a noun before what describes.

    A clause shows the cue that weighs most: of "the screen is bright", the screen.
    """
    return {phrase: round((naming(phrase) + weight) / 3, 3) for phrase, weight in cues.items()}


def owned(words: Sequence[str], ids: Ints) -> Mask:
    """Return which places of the reviews follow "this", "my" or "bought a", shape (n_places,).

    Args:
        words: the words of the reviews.
        ids: the reviews' tokens in a row as numbers of words, -1 between clauses, shape (n_places,).
    """
    found = np.zeros(len(ids), dtype=bool)
    for frames in _frames():
        after, determiner, verb = (_among(words, frames["product"][n]) for n in ("after", "determiners", "verbs"))
        found[1:] |= after[ids[:-1]]
        found[2:] |= determiner[ids[1:-1]] & verb[ids[:-2]]
    return found


def products(at: Ints, owned: Mask, n_grams: int) -> Mask:
    """Return which n-grams are the product itself, or the people who have it, shape (n_grams,).

    Args:
        at: the number of the n-gram that begins at each place, -1 for none, shape (n_places,).
        owned: which places follow "this", "my", "bought a", of the same shape.
        n_grams: how many there are.
    """
    count = np.bincount(at[at >= 0], minlength=n_grams)
    often = np.bincount(at[(at >= 0) & owned], minlength=n_grams)
    return np.asarray((often + 1) / (count + _DOUBT) > _PRODUCT)


@lru_cache(maxsize=1)
def _frames() -> list[dict[str, dict[str, list[str]]]]:
    entries = sorted((files("reviewlens") / "data" / "nouns").iterdir(), key=lambda e: e.name)
    return [tomllib.loads(e.read_text(encoding="utf-8")) for e in entries if e.name.endswith(".toml")]


def _among(words: Sequence[str], chosen: Sequence[str]) -> Mask:
    """Return which words are chosen, and False for a gap, shape (n_words + 1,)."""
    wanted = frozenset(chosen)
    return np.array([*(word in wanted for word in words), False], dtype=bool)
