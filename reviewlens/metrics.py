"""How good a classifier is on labelled reviews: intervals, classes, slices, and how honest its probabilities are."""

from __future__ import annotations

import html
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reviewlens.calibration import Calibration
from reviewlens.classifier import Classifier
from reviewlens.labelled import LabelledReviews, read_labelled
from reviewlens.models import LINEAR
from reviewlens.schemas import LABELS
from reviewlens.splits import copy_hashes

_BINS = 15
_RESAMPLES = 200
_SMALLEST_SLICE = 30
_WIDEST_SLICE = 48  # characters of its name that are printed


@dataclass(frozen=True)
class Metrics:
    """What was measured; shows itself in a notebook. `to_dict()` has everything."""

    values: dict[str, Any]
    slices: dict[str, dict[str, Any]]
    overlap: int
    """Reviews that the classifier was trained on, as far as it knows."""
    linear: dict[str, Any]
    """The same for the linear model that was fitted beside the classifier; empty where there is none."""

    def to_dict(self) -> dict[str, Any]:
        """Return all values as plain numbers, texts, lists and dicts."""
        beside = {"linear_beside": self.linear} if self.linear else {}
        return {**self.values, **beside, "slices": self.slices, "overlap_with_training": self.overlap}

    def to_frame(self) -> pd.DataFrame:
        """Return one row for all reviews, one for the linear model beside it, and one per slice."""
        rows = {"all": self.values, **({"all, linear model": self.linear} if self.linear else {}), **self.slices}
        names = ["reviews", "accuracy", "macro_f1", "macro_f1_low", "macro_f1_high", "ece", "star_mae", "exact_star"]
        return pd.DataFrame([{"slice": key} | {name: row.get(name) for name in names} for key, row in rows.items()])

    def __str__(self) -> str:
        frame = self.to_frame().round(4)
        return frame.assign(slice=frame["slice"].str.slice(0, _WIDEST_SLICE)).to_string(index=False)

    def _repr_html_(self) -> str:
        note = f"<p>{self.overlap} of these reviews were trained on.</p>" if self.overlap else ""
        confusion = pd.DataFrame(
            self.values["confusion"], index=list(LABELS), columns=[f"said {name}" for name in LABELS]
        )
        return f"<div>{note}{self.to_frame().round(4).to_html(index=False)}{confusion.to_html()}</div>"


def evaluate(
    classifier: Classifier | str | Path, data: Any, *, text: str, label: str, scale: float | None = None
) -> Metrics:
    """Measure `classifier`, or the one saved in that folder, on labelled reviews, whose labels are read as by `train`.

    Reviews that are near-copies of training reviews are counted and warned of: they flatter. A network that `train`
    returned has the linear model of the same training reviews beside it.
    """
    if not isinstance(classifier, Classifier):
        classifier = Classifier.load(classifier)
    reviews = read_labelled(data, text=text, label=label, scale=scale)
    proba = classifier.star_probabilities(reviews.texts)
    expected = classifier.predict_stars(reviews.texts)
    labels = reviews.labels
    hits = int(np.isin(copy_hashes(reviews.texts), classifier.seen_keys).sum())
    if hits:
        warnings.warn(
            f"{hits} of {len(reviews.texts)} reviews were trained on: expect less on new reviews",
            stacklevel=2,
        )
    values = measure(proba, labels.polarity, labels.stars, expected)
    slices = {}
    classes = sorted(set(labels.polarity.tolist()))
    for name, chosen in _slices(reviews).items():
        if chosen.sum() >= _SMALLEST_SLICE:
            slices[name] = measure(
                proba[chosen], labels.polarity[chosen], labels.stars[chosen], expected[chosen], classes
            )
    return Metrics(values, slices, hits, _linear(classifier, reviews))


def _linear(classifier: Classifier, reviews: LabelledReviews) -> dict[str, Any]:
    """Measure the n-grams of a network alone."""
    kept = classifier.metrics.get("linear_beside", {})
    calibration = kept.get("calibration")
    if classifier.model == LINEAR or calibration is None:
        return {}
    weights = classifier.parts.weights
    if classifier.metrics["labels"]["kind"] == "stars":  # without what the weighing beside a network made of them
        stars = kept.get("ngram_stars", np.eye(5))  # models of before had no more to keep
        weights = weights | {"ngram.stars": np.asarray(stars, dtype=np.float32)}
    parts = replace(classifier.parts, model=LINEAR, graph=None, weights=weights, calibration=Calibration(**calibration))
    linear = Classifier(parts, threads=classifier.threads.number)
    proba, expected = linear.star_probabilities(reviews.texts), linear.predict_stars(reviews.texts)
    return measure(proba, reviews.labels.polarity, reviews.labels.stars, expected)


def measure(
    proba: NDArray[np.float64],
    polarity: NDArray[np.int64],
    stars: NDArray[np.float64],
    expected: NDArray[np.float32] | None = None,
    classes: Sequence[int] | None = None,
) -> dict[str, Any]:
    """Return measures for probabilities of 1-5 stars, (n, 5), against labels.

    Only `classes`, by default those that occur among the labels, are compared: where no review is neutral, the answer
    is the more probable of negative and positive, and the calibration error is that of these two alone.
    """
    three = np.stack([proba[:, :2].sum(1), proba[:, 2], proba[:, 3:].sum(1)], axis=1)
    present = sorted(set(polarity.tolist()) if classes is None else classes)
    shares = three[:, present] / np.maximum(three[:, present].sum(1, keepdims=True), 1e-12)
    guess = np.array(present)[shares.argmax(1)]
    seen = sorted(set(polarity.tolist()))
    confusion = np.zeros((3, 3), dtype=np.int64)
    np.add.at(confusion, (polarity, guess), 1)
    low, high = _interval(polarity, guess, seen)
    f1 = _f1(confusion)
    values: dict[str, Any] = {
        "reviews": len(polarity),
        "accuracy": float(np.mean(guess == polarity)),
        "macro_f1": float(f1[seen].mean()),
        "macro_f1_low": low,
        "macro_f1_high": high,
        "f1": {LABELS[k]: float(f1[k]) for k in seen},
        "confusion": confusion.tolist(),
        "ece": expected_calibration_error(shares.max(1), guess == polarity),
    }
    known = np.isfinite(stars)
    if known.any():
        point = expected if expected is not None else proba @ np.arange(1, 6)
        values["star_mae"] = float(np.abs(point - stars)[known].mean())
        values["exact_star"] = float(np.mean(proba.argmax(1)[known] + 1 == np.rint(stars[known])))
    return values


def expected_calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the mean distance between confidence and accuracy over 15 equal bins (Guo et al. 2017)."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    total = np.bincount(bins, minlength=_BINS)
    gap = np.abs(
        np.bincount(bins, weights=confidence, minlength=_BINS) - np.bincount(bins, weights=right, minlength=_BINS)
    )
    return float(gap.sum() / max(total.sum(), 1))


def _f1(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    hits = np.diag(confusion).astype(np.float64)
    result: NDArray[np.float64] = 2 * hits / np.maximum(confusion.sum(0) + confusion.sum(1), 1)
    return result


def _interval(truth: NDArray[np.int64], guess: NDArray[np.int64], present: list[int]) -> tuple[float, float]:
    """95% percentile bootstrap of the macro-F1."""
    counts = np.bincount(truth * 3 + guess, minlength=9)
    draws = np.random.default_rng(0).multinomial(counts.sum(), counts / counts.sum(), size=_RESAMPLES)
    values = [_f1(draw.reshape(3, 3))[present].mean() for draw in draws]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _slices(reviews: LabelledReviews) -> dict[str, NDArray[np.bool_]]:
    lengths = np.array([len(text) for text in reviews.texts])
    found = {
        "length: up to 50": lengths <= 50,
        "length: 51 to 500": (lengths > 50) & (lengths <= 500),
        "length: over 500": lengths > 500,
    }
    for column in ("language", "category", "domain"):
        if column in reviews.frame.columns:
            values = reviews.frame[column].astype(str)
            for value in values.value_counts().index[:20]:
                found[f"{column}: {html.unescape(value)}"] = (values == value).to_numpy()
    stars = reviews.labels.stars
    for star in range(1, 6):
        found[f"stars: {star}"] = np.rint(np.nan_to_num(stars)) == star
    return found
