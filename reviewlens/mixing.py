"""How much the network and the n-grams each count, fitted on held-out reviews."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens.calibration import Calibration
from reviewlens.models.linear import N_STARS
from reviewlens.models.mixture import length_factor

_LEAST_NEUTRAL = 0.01  # a prior of exactly 0 could not be moved later
_RIDGE = 0.0005  # pulls both weights towards 0: against certainty learned from few reviews
_FEWEST_STARS = 20
_MOST_LEAN = 4.0
_LEAST_NGRAMS = 0.05  # weight that the margin's is measured in
_SIDES = np.array([-1.0, -1.0, 0.0, 1.0, 1.0]) / 2  # the direction of star logits that tells bad from good
_TEMPERATURES = (0.35, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0)


def fit_mixture(
    network: NDArray[np.float32],
    ngrams: NDArray[np.float32],
    subwords: NDArray[np.int64],
    polarity: NDArray[np.int64],
    stars: NDArray[np.float64],
    *,
    star_share: float = 0.0,
) -> Calibration:
    """Choose the weights of two sets of star logits, (n, 5) each, by the likelihood of the labels.

    Weights may change with the length of a review, given in `subwords`. The likelihood is that of the polarity and,
    where stars are known, for `star_share` that of the star; the expected star has a temperature of its own.
    """
    from scipy.optimize import minimize

    sides = [network.astype(np.float64), ngrams.astype(np.float64)]
    active = np.array([float(np.ptp(side) > 0) for side in sides])
    length = length_factor(subwords).astype(np.float64)
    known = np.isfinite(stars)

    def mixed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        weight, slope = values[:2] * active, values[2:] * active
        total: NDArray[np.float64] = sum(
            (w + s * length) * side for w, s, side in zip(weight, slope, sides, strict=True)
        )
        return total

    def loss(values: NDArray[np.float64]) -> float:
        below = np.minimum(values[:2] - 3 * np.abs(values[2:]), 0.0)  # at no length may a side count against itself
        penalty = _RIDGE * float(np.sum((values * np.tile(active, 2)) ** 2)) + float(np.sum(below**2))
        logits = mixed(values)
        by_polarity = _negative_log_likelihood(logits, polarity)
        if not star_share or not known.any():
            return by_polarity + penalty
        return (1 - star_share) * by_polarity + star_share * _star_loss(logits[known], stars[known]) + penalty

    start = np.array([0.6, 0.4, 0.0, 0.0])
    best = minimize(loss, start, method="L-BFGS-B").x
    weight, slope = best[:2] * active, best[2:] * active
    prior = min(max(float(np.mean(polarity == 1)), _LEAST_NEUTRAL), 0.9)
    fields = {
        "network_weight": weight[0],
        "ngram_weight": weight[1],
        "network_slope": slope[0],
        "ngram_slope": slope[1],
    }
    found = Calibration(**{name: float(value) for name, value in fields.items()}, neutral_prior=prior)
    if known.sum() < _FEWEST_STARS:
        return found
    logits = mixed(best).astype(np.float32)[known]
    tried = [replace(found, star_temperature=temperature) for temperature in _TEMPERATURES]
    errors = [float(np.abs(calibration.stars(logits) - stars[known]).mean()) for calibration in tried]
    return tried[int(np.argmin(errors))]


def label_loss(
    proba: NDArray[np.float64], polarity: NDArray[np.int64], stars: NDArray[np.float64], *, star_share: float
) -> float:
    """Return the negative log-likelihood of labels under probabilities of stars, (n, 5), as `fit_mixture` has it."""
    logits = np.log(np.maximum(proba, 1e-12))
    known = np.isfinite(stars)
    by_polarity = _negative_log_likelihood(logits, polarity)
    if not known.any():
        return by_polarity
    return (1 - star_share) * by_polarity + star_share * _star_loss(logits[known], stars[known])


class Sides(NamedTuple):
    """What the star logits of network and n-grams are multiplied by, from the right, to tell bad from good best."""

    network: NDArray[np.float32]
    """Shape (5, 5)."""
    ngrams: NDArray[np.float32]
    """Shape (5, 5)."""
    margin: NDArray[np.float32]
    """For the n-grams' margin of good over bad, shape (5,)."""

    def of_classes(self, stars: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the stars that the n-grams' classes stand for, (classes, 5), with all this taken in."""
        weighed: NDArray[np.float32] = stars @ self.ngrams
        if len(stars) > N_STARS:
            weighed[-1] = self.margin
        return weighed


def fit_sides(
    network: NDArray[np.float32],
    ngrams: NDArray[np.float32],
    polarity: NDArray[np.int64],
    stars: NDArray[np.float64],
    *,
    star_share: float,
    margins: NDArray[np.float32] | None = None,
) -> Sides:
    """Return matrices for the star logits of network and n-grams, (n, 5) each, and a row for `margins`, (n,).

    One side may know bad from good, and the other the stars within: each matrix makes the difference of bad and good
    larger or smaller and leaves the rest alone, as the labels like best. The margin adds to that difference.
    """
    from scipy.optimize import minimize

    known = np.isfinite(stars)
    if known.sum() < _FEWEST_STARS:
        return Sides(np.eye(5, dtype=np.float32), np.eye(5, dtype=np.float32), np.zeros(5, dtype=np.float32))
    sides = [side - side.mean(1, keepdims=True) for side in (network.astype(np.float64), ngrams.astype(np.float64))]
    beside = np.outer(np.zeros(len(stars)) if margins is None else margins.astype(np.float64), _SIDES)

    def loss(values: NDArray[np.float64]) -> float:
        logits: NDArray[np.float64] = values[4] * beside + sum(
            weight * (side @ _lean(factor)) for weight, factor, side in zip(values[:2], values[2:4], sides, strict=True)
        )
        penalty = _RIDGE * float(np.sum(values[[0, 1, 4]] ** 2)) + 2 * _RIDGE * float(np.sum((values[2:4] - 1) ** 2))
        by_polarity = _negative_log_likelihood(logits, polarity)
        return (1 - star_share) * by_polarity + star_share * _star_loss(logits[known], stars[known]) + penalty

    bounds = [(0.0, 3.0), (_LEAST_NGRAMS, 3.0), (0.0, _MOST_LEAN), (0.0, _MOST_LEAN), (0.0, 3.0)]
    found = minimize(loss, np.array([0.5, 0.5, 1.0, 1.0, 0.1]), method="L-BFGS-B", bounds=bounds).x
    margin = found[4] / found[1] * _SIDES
    return Sides(*(part.astype(np.float32) for part in (_lean(found[2]), _lean(found[3]), margin)))


def _lean(factor: float) -> NDArray[np.float64]:
    """Return the matrix that multiplies the difference of bad and good by `factor`."""
    lean: NDArray[np.float64] = np.eye(5) + (factor - 1) * np.outer(_SIDES, _SIDES)
    return lean


def _star_loss(logits: NDArray[np.float64], stars: NDArray[np.float64]) -> float:
    star = np.clip(np.rint(stars).astype(np.int64), 1, 5) - 1
    return float(-_log_softmax(logits)[np.arange(len(star)), star].mean())


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    log = logits - logits.max(1, keepdims=True)
    result: NDArray[np.float64] = log - np.log(np.exp(log).sum(1, keepdims=True))
    return result


def _negative_log_likelihood(logits: NDArray[np.float64], polarity: NDArray[np.int64]) -> float:
    log = _log_softmax(logits)
    three = np.stack([np.logaddexp(log[:, 0], log[:, 1]), log[:, 2], np.logaddexp(log[:, 3], log[:, 4])], axis=1)
    return float(-three[np.arange(len(polarity)), polarity].mean())
