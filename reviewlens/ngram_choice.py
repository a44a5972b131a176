"""The n-grams of a user's reviews, of subwords and of characters: fitted as strongly as held-out reviews like best."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reviewlens.labelled import LabelledReviews
from reviewlens.models.ngram_fit import View, fit_views
from reviewlens.models.ngrams import Ngrams, read_of
from reviewlens.models.spelling import SPACE, Spelling
from reviewlens.tokenizer import Encoded

_STRENGTHS = (1.0, 3.0)  # scikit-learn's C: short texts like the first, long ones the second
_SIDE_STRENGTH = 3.0  # of telling bad from good by itself, which likes more of it than five stars do
_LETTERS, _LETTERS_UNSPACED = (3, 5), (1, 4)  # characters of the shortest and the longest n-grams of them
_SPACED = 0.05  # share of spaces among the characters from which a script has them
_TIMED = 20  # one in so many reviews is fitted to see how long it takes
_MORE_STEPS = 1.5  # times as many take all reviews as the sample, measured
_FEWEST_TIMED = 100  # fewer are no measure, and take no time
_MOST_TRIED = 3_000_000  # subwords that strengths are tried on


@dataclass(frozen=True)
class NgramLessons:
    """What n-grams learn from; all arrays have n rows."""

    encoded: Encoded
    spelled: Encoded | None
    """The characters of what is read of each text for them; None where subwords are enough."""
    spelling: Spelling | None
    spaced: bool
    """Whether spaces stand between words."""
    classes: NDArray[np.int64]
    stars: NDArray[np.float32]
    """Which stars each class stands for, shape (classes, 5)."""
    side: NDArray[np.float64]
    """Above 0 for a good review, below 0 for a bad one."""
    soft: NDArray[np.float32] | None
    sided: bool
    """Whether a regression of its own tells bad from good, beside that of the stars."""

    @classmethod
    def of(
        cls,
        encoded: Encoded,
        reviews: LabelledReviews,
        soft: NDArray[np.float32] | None,
        pieces: Sequence[str] | None = None,
    ) -> NgramLessons:
        """Return what reviews teach; with the `pieces` of a vocabulary, by their characters too."""
        classes, stars = reviews.classes()
        known = reviews.labels.known
        height = np.where(np.isnan(reviews.labels.stars), reviews.labels.polarity, reviews.labels.stars)
        side = np.where(known, height - height[known].mean(), 0.0)
        sided = soft is None and reviews.labels.kind == "stars"
        if pieces is None:
            return cls(encoded, None, None, True, classes, stars, side, soft, sided)
        spelling = Spelling.of(pieces)
        spelled = spelling.spell(read_of(encoded))[0]
        within = int(np.sum(spelled.ids == SPACE)) - len(reviews.texts)  # every text begins with one
        spaced = within > _SPACED * len(spelled.ids)
        return cls(encoded, spelled, spelling, spaced, classes, stars, side, soft, sided)

    def fit(self, rows: NDArray[np.int64], strength: float) -> Ngrams:
        """Fit on some of the reviews; `rows` are positions."""
        views = [View(self.encoded.take(rows), damped=True)]
        if self.spelled is not None:
            shortest, orders = _LETTERS if self.spaced else _LETTERS_UNSPACED
            views.append(View(self.spelled.take(rows), orders, shortest, damped=True, space=SPACE, fewest=3))
        soft = None if self.soft is None else self.soft[rows]
        subwords, *letters = fit_views(
            views,
            self.classes[rows],
            self.stars,
            strength=strength * 2 / len(views),  # each view is of length 1
            soft=soft,
            side=self.side[rows],
            side_strength=_SIDE_STRENGTH * 2 / len(views) if self.sided else None,
        )
        bias = subwords.bias.copy()
        bias[: len(self.stars)] -= np.log(self.stars.sum(1))  # one that stands for two stars has its probability twice
        return Ngrams(replace(subwords, bias=bias), letters[0] if letters else None, self.spelling)

    def seconds(self) -> float:
        """Fit a twentieth of the reviews and return how long all fits will about take; 0 for a few reviews.

        Seconds of the processor: a single thread does the work, and a busy moment must not stand for all of it.
        """
        some = np.random.default_rng(0).permutation(len(self.classes))[::_TIMED]
        if len(some) < _FEWEST_TIMED or len(np.unique(self.classes[some])) < 2:
            return 0.0
        import sklearn.linear_model  # noqa: F401 - once, and not once a fit

        begin = time.process_time()
        self.fit(some, _STRENGTHS[0])
        return (time.process_time() - begin) * _TIMED * (len(_STRENGTHS) + 1) * _MORE_STEPS

    def choose(self, valid: NDArray[np.bool_]) -> tuple[Ngrams, float]:
        """Return the model of the strength that the reviews in `valid` like best, fitted on the others."""
        rows, held_out = np.flatnonzero(~valid), np.flatnonzero(valid & (self.classes >= 0))
        some = rows[:: 1 + len(self.encoded.ids) // _MOST_TRIED]
        tried = {strength: self.fit(some, strength) for strength in _STRENGTHS}
        losses = {strength: self._loss(model, held_out) for strength, model in tried.items()}
        best = min(_STRENGTHS, key=losses.__getitem__)
        return (tried[best] if len(some) == len(rows) else self.fit(rows, best)), best

    def _loss(self, model: Ngrams, rows: NDArray[np.int64]) -> float:
        """Return the negative log-likelihood of the classes of some reviews."""
        logits = model.logits(self.encoded.take(rows)).astype(np.float64)
        power = np.exp(logits - logits.max(1, keepdims=True))
        proba = (power / power.sum(1, keepdims=True)) @ self.stars.T
        return float(-np.log(np.maximum(proba[np.arange(len(rows)), self.classes[rows]], 1e-12)).mean())
