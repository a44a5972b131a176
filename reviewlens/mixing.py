"""How much the network and the n-grams each count, fitted on held-out reviews."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reviewlens.calibration import Calibration

_LEAST_NEUTRAL = 0.01  # a prior of exactly 0 could not be moved later
_RIDGE = 0.002  # pulls both weights towards 0: against certainty learned from few reviews
_TEMPERATURES = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0)


def fit_mixture(
    network: NDArray[np.float32], ngrams: NDArray[np.float32], polarity: NDArray[np.int64], stars: NDArray[np.float64]
) -> Calibration:
    """Choose the weights of two sets of star logits, (n, 5) each, by the likelihood of the labels.

    The likelihood is that of the polarity, which is what the probabilities are read for; the expected star has a
    temperature of its own.
    """
    from scipy.optimize import minimize

    sides = [network.astype(np.float64), ngrams.astype(np.float64)]
    active = [bool(np.ptp(side) > 0) for side in sides]

    def loss(weights: NDArray[np.float64]) -> float:
        total = sum(w * side for w, side, on in zip(np.exp(weights), sides, active, strict=True) if on)
        return _negative_log_likelihood(np.asarray(total), polarity) + _RIDGE * float(
            np.sum(np.exp(2 * weights[active]))
        )

    best = minimize(
        loss, np.log([0.7, 0.7]), method="Nelder-Mead", options={"maxiter": 200, "xatol": 1e-2, "fatol": 1e-5}
    )
    weights = [float(np.clip(np.exp(w), 1e-3, 10.0)) if on else 0.0 for w, on in zip(best.x, active, strict=True)]
    prior = float(np.mean(polarity == 1))
    mixed = Calibration(weights[0], weights[1], neutral_prior=min(max(prior, _LEAST_NEUTRAL), 0.9))
    known = np.isfinite(stars)
    if known.sum() < 20:
        return mixed
    logits = (weights[0] * sides[0] + weights[1] * sides[1]).astype(np.float32)[known]
    tried = [Calibration(weights[0], weights[1], 0.0, mixed.neutral_prior, t) for t in _TEMPERATURES]
    errors = [float(np.abs(calibration.stars(logits) - stars[known]).mean()) for calibration in tried]
    return tried[int(np.argmin(errors))]


def _negative_log_likelihood(logits: NDArray[np.float64], polarity: NDArray[np.int64]) -> float:
    log = logits - logits.max(1, keepdims=True)
    log = log - np.log(np.exp(log).sum(1, keepdims=True))
    three = np.stack([np.logaddexp(log[:, 0], log[:, 1]), log[:, 2], np.logaddexp(log[:, 3], log[:, 4])], axis=1)
    return float(-three[np.arange(len(polarity)), polarity].mean())
