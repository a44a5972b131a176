"""From star logits to probabilities that mean what they say.

A network and the n-grams beside it give logits of 1-5 stars. How much each counts is fitted on held-out reviews, which
is temperature scaling (Guo et al. 2017) for two models at once; 1-2 stars are negative, 3 neutral, 4-5 positive. The
share of neutral reviews differs between shops: probabilities assume `neutral_prior`, and another prior moves them by
Bayes' rule (Saerens et al. 2002).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reviewlens.errors import ConfigError


@dataclass(frozen=True)
class Calibration:
    """What turns logits into probabilities; the defaults change nothing."""

    network_weight: float = 1.0
    """Weight of the network's logits: the inverse of a temperature."""
    ngram_weight: float = 0.0
    """Weight of the logits of the n-grams beside it."""
    network_slope: float = 0.0
    """Added to the network's weight per doubling of the length; see `reviewlens.models.mixture.length_factor`."""
    ngram_slope: float = 0.0
    """The same for the n-grams, which read all of a long review."""
    neutral_bias: float = 0.0
    """Added to the logit of three stars."""
    neutral_prior: float = 0.2
    """Share of neutral reviews that the probabilities assume."""
    star_temperature: float = 1.0
    """Temperature of the distribution that the expected star is read from."""

    def with_prior(self, prior: float) -> Calibration:
        """Return the calibration under another share of neutral reviews, 0 <= prior < 1."""
        if not 0.0 <= prior < 1.0:
            raise ConfigError(f"neutral_prior must be at least 0 and below 1, not {prior}")
        shift = -np.inf if prior == 0.0 else _logit(prior) - _logit(self.neutral_prior)
        return replace(self, neutral_bias=float(max(self.neutral_bias + shift, -1e4)), neutral_prior=prior or 1e-12)

    def star_proba(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return probabilities of 1-5 stars, shape (n, 5), for logits of shape (n, 5)."""
        scaled = logits.astype(np.float64)
        scaled[:, 2] += self.neutral_bias
        return _softmax(scaled)

    def polarity_proba(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities of negative, neutral and positive, float32 of shape (n, 3)."""
        stars = self.star_proba(logits)
        return np.stack([stars[:, :2].sum(1), stars[:, 2], stars[:, 3:].sum(1)], axis=1).astype(np.float32)

    def stars(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the expected star in [1, 5], float32 of shape (n,): the interpolated median, which errs least."""
        scaled = logits.astype(np.float64) / self.star_temperature
        proba = _softmax(scaled)
        return np.clip(_median(proba), 1.0, 5.0).astype(np.float32)


def _median(proba: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the point at which half the mass is below, each star spread evenly over its unit interval."""
    below = np.cumsum(proba, axis=1)
    star = np.argmax(below >= 0.5, axis=1)
    rows = np.arange(len(proba))
    inside = proba[rows, star]
    lower = below[rows, star] - inside
    point: NDArray[np.float64] = star + 0.5 + (0.5 - lower) / np.maximum(inside, 1e-12)
    return point


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    columns = np.ascontiguousarray(logits.T)  # few long rows are quicker than many short ones
    power = np.exp(columns - columns.max(axis=0))
    result: NDArray[np.float64] = (power / power.sum(axis=0)).T
    return result


def _logit(p: float) -> float:
    return float(np.log(p / (1.0 - p)))
