"""A small linear model of passages that ask for something, beside the grammar of wishes.

Words, pairs of words, and pairs with a word between them weigh for or against; their sum is damped by the length of the
passage. The weights are data, `data/wish_model.tsv`, learned from English reviews of apps by
`scripts/train_wish_model.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from math import log, nan

import numpy as np
from numpy.typing import NDArray

from reviewlens.languages import languages

_WORD = re.compile(r"[a-z0-9']+|[!?]")
FEW_WORDS = 2  # a passage with fewer is not judged
LENGTH_POWER, LENGTH_PLUS = 0.6, 4.0


def words(folded: str) -> list[str]:
    """Return the words of a folded text in their usual spelling, and its question and exclamation marks."""
    usual = _spellings()
    return ["0" if word.isdigit() else usual.get(word, word) for word in _WORD.findall(folded)]


@cache
def _spellings() -> dict[str, str]:
    table = languages()["en"]["spellings"]
    return {variant: usual for usual, variants in table.items() for variant in variants}


def phrases(said: Sequence[str]) -> list[str]:
    """Return the words, the pairs, and the pairs with any word between them ("please _ mode")."""
    pairs = [f"{a} {b}" for a, b in pairwise(said)]
    return [*said, *pairs, *(f"{a} _ {b}" for a, b in zip(said, said[2:], strict=False))]


def damping(length: int) -> float:
    """Return what the weights of a passage of so many words are divided by."""
    return float((length + LENGTH_PLUS) ** LENGTH_POWER)


class WishModel:
    """Weights of phrases and a bias; the answer is a log-odds, NaN where there is too little to judge."""

    def __init__(self, weights: Mapping[str, float], bias: float) -> None:
        self.weights, self.bias = dict(weights), bias

    def scores(self, passages: Sequence[str]) -> NDArray[np.float64]:
        """Return the log-odds that each folded passage asks for something, shape (n,)."""
        return np.array([self._score(words(passage)) for passage in passages], np.float64)

    def _score(self, said: list[str]) -> float:
        if len(said) < FEW_WORDS:
            return nan
        known = Counter(filter(self.weights.__contains__, phrases(said)))
        total = sum(self.weights[phrase] * (1.0 if n == 1 else 1.0 + log(n)) for phrase, n in known.items())
        return total / damping(len(said)) + self.bias


@cache
def bundled() -> WishModel:
    """Return the model that comes with the package."""
    lines = (resources.files("reviewlens") / "data" / "wish_model.tsv").read_text("utf-8").splitlines()
    rows = [line.rsplit("\t", 1) for line in lines if not line.startswith("#")]
    weights = {phrase: float(weight) for phrase, weight in rows}
    return WishModel(weights, weights.pop("<bias>"))
