"""What fixed expressions say of a clause beside the classifier: "not expensive", "没有想象中好".

The expressions are data, `[opinion]` in `data/languages/*.toml`. An expression within a longer one does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from reviewlens.languages import words
from reviewlens.phrases import Phrases, longest
from reviewlens.text import fold

STRENGTH = 2.5  # change of the log-odds per expression
WHOLE = 4.0  # expressions' worth of one that makes up most of a clause


@cache
def _expressions() -> tuple[Phrases, NDArray[np.float64]]:
    sides: dict[str, float] = {}
    for key, side in (("positive", 1.0), ("negative", -1.0)):
        for listed in words("opinion", key).values():
            sides.update(dict.fromkeys(map(fold, listed), side))
    return Phrases(list(sides)), np.fromiter(sides.values(), np.float64, len(sides))


def lean(texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return for each clause its positive minus its negative expressions, shape (m,).

    An expression that makes up half of a clause or more is what the clause says, and counts `WHOLE` times.
    """
    phrases, side = _expressions()
    found = longest(phrases.find(texts, owner, bounds))
    length = (bounds[:, 1] - bounds[:, 0])[found.segment]
    weight = side[found.phrase] * np.where(2 * (found.end - found.start) >= length, WHOLE, 1.0)
    return np.bincount(found.segment, weights=weight, minlength=len(owner)).astype(np.float64)


def leaned(proba: NDArray[np.float32], lean: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return probabilities of negative, neutral and positive, shape (m, 3), moved by `lean`; rows still sum to 1."""
    shift = np.exp(np.clip(lean, -WHOLE, WHOLE)[:, None] * STRENGTH / 2 * np.array([-1.0, 0.0, 1.0]))
    moved = proba * shift
    result: NDArray[np.float32] = (moved / moved.sum(axis=1, keepdims=True)).astype(np.float32)
    return result
