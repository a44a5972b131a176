"""How good a classifier is on labelled reviews: intervals, classes, slices, and how honest its probabilities are."""

from __future__ import annotations

import html
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reviewlens.calibration import Calibration
from reviewlens.classifier import Classifier
from reviewlens.labelled import LabelledReviews, read_labelled
from reviewlens.labels import Labels
from reviewlens.models import LINEAR
from reviewlens.needs import review_polarity
from reviewlens.schemas import ABSTAINED, LABELS, MIXED, POLARITIES
from reviewlens.splits import copy_hashes
from reviewlens.text import normalize_all, segments
from reviewlens.whole import path_given

_BINS = 15
_RESAMPLES = 200
_SMALLEST_SLICE = 30
_WIDEST_SLICE = 48  # characters of its name that are printed
_BARS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)  # probabilities below which it could abstain


@dataclass(frozen=True)
class Metrics:
    """What was measured; shows itself in a notebook. `to_dict()` has everything."""

    values: dict[str, Any]
    slices: dict[str, dict[str, Any]]
    overlap: int
    """Reviews that the classifier was trained on, as far as it knows."""
    linear: dict[str, Any]
    """The same for the linear model that was fitted beside the classifier; empty where there is none."""
    kept: dict[str, Any] = field(default_factory=dict)
    """The same without the reviews that the classifier abstains from; empty where it never abstains."""

    def to_dict(self) -> dict[str, Any]:
        """Return all values as plain numbers, texts, lists and dicts."""
        beside = {"linear_beside": self.linear} if self.linear else {}
        kept = {"kept": self.kept} if self.kept else {}
        return {**self.values, **kept, **beside, "slices": self.slices, "overlap_with_training": self.overlap}

    def to_frame(self) -> pd.DataFrame:
        """Return rows: all reviews, those it does not abstain from, the linear model beside it, and each slice."""
        beside = {"all, abstained left out": self.kept, "all, linear model": self.linear}
        rows = {"all": self.values, **{name: row for name, row in beside.items() if row}, **self.slices}
        names = ["reviews", "accuracy", "macro_f1", "macro_f1_low", "macro_f1_high", "ece", "star_mae", "exact_star"]
        return pd.DataFrame([{"slice": key} | {name: row.get(name) for name in names} for key, row in rows.items()])

    def notes(self) -> list[str]:
        """Return what the table does not say, in sentences."""
        said = self.values["polarity"]
        undecided = {name: said[name] for name in (MIXED, ABSTAINED) if said[name]}
        told = ", ".join(f"{n:,} {name}" for name, n in undecided.items()) or "none mixed"
        found = [f"What `score` says of them: {told}; of the others {_percent(said['accuracy'])} right."]
        if self.kept:
            n, all_of_them = self.kept["abstained"], self.values["reviews"]
            found.append(
                f"Abstained from {n:,} of {all_of_them:,} ({_percent(n / all_of_them)}), less than "
                f"{self.kept['abstain_below']:.0%} sure; of the others {_percent(self.kept.get('accuracy'))} right."
            )
        if self.overlap:
            found.append(f"{self.overlap:,} of these reviews were trained on.")
        return found

    def __str__(self) -> str:
        frame = self.to_frame().round(4)
        table = frame.assign(slice=frame["slice"].str.slice(0, _WIDEST_SLICE)).to_string(index=False)
        return "\n".join([table, "", *self.notes()])

    def _repr_html_(self) -> str:
        note = "".join(f"<p>{html.escape(said)}</p>" for said in self.notes())
        confusion = pd.DataFrame(
            self.values["confusion"], index=list(LABELS), columns=[f"said {name}" for name in LABELS]
        )
        return f"<div>{note}{self.to_frame().round(4).to_html(index=False)}{confusion.to_html()}</div>"


def evaluate(
    classifier: Classifier | str | Path, data: Any, *, text: str, label: str, scale: float | None = None
) -> Metrics:
    """Measure `classifier`, or the one saved in that folder, on labelled reviews, whose labels are read as by `train`.

    Stars are read on the scale that the classifier was trained with, unless `scale` says another.

    Reviews that are near-copies of training reviews are counted and warned of: they flatter. A network that `train`
    returned has the linear model of the same training reviews beside it.

    What is measured is `predict`, over the classes that the labels have. `to_dict()["polarity"]` counts what `score`
    says instead, which may be mixed, and how many of the others are right. A classifier loaded with `abstain_below` is
    also measured without what it abstains from (`kept`); `to_dict()["abstaining"]` has how much it would leave out
    below six probabilities, and how many of the others would be right.
    """
    if not isinstance(classifier, Classifier):
        classifier = Classifier.load(path_given(classifier, "classifier", accepts="a Classifier or the folder of one"))
    reviews = read_labelled(data, text=text, label=label, scale=scale, usual=_stars_of(classifier))
    proba = classifier.star_probabilities(reviews.texts)
    expected = classifier.predict_stars(reviews.texts)
    labels = reviews.labels
    hits = int(np.isin(copy_hashes(reviews.texts), classifier.seen_keys).sum())
    if hits:
        warnings.warn(
            f"{hits} of {len(reviews.texts)} reviews were trained on: expect less on new reviews",
            stacklevel=2,
        )
    classes = sorted(set(labels.polarity.tolist()))
    if len(classes) == 1:
        classes = list(range(len(LABELS)))  # else there would be but one answer, and it would be right
        warnings.warn(
            f"every label is {LABELS[labels.polarity[0]]}: how the classes are told apart cannot be measured",
            stacklevel=2,
        )
    values = measure(proba, labels.polarity, labels.stars, expected, classes)
    values["abstaining"] = [_without(proba, labels.polarity, below, classes) for below in _BARS]
    values["polarity"] = _as_scored(classifier, reviews)
    slices = {}
    for name, chosen in _slices(reviews).items():
        if chosen.sum() >= _SMALLEST_SLICE:
            slices[name] = measure(
                proba[chosen], labels.polarity[chosen], labels.stars[chosen], expected[chosen], classes
            )
    kept = _kept(classifier.abstain_below, proba, expected, labels, classes)
    return Metrics(values, slices, hits, _linear(classifier, reviews, classes), kept)


def _stars_of(classifier: Classifier) -> tuple[float, float] | None:
    """Return the lowest and the highest star it was trained with; the bundled model and older ones do not say."""
    try:
        low, high = map(float, classifier.metrics["labels"]["scale"])
    except (KeyError, TypeError, ValueError):  # what was measured is a file that anybody may have edited
        return None
    return (low, high) if 0 <= low < high else None


def _sure(proba: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the largest probability of a polarity, as `predict` sees it, shape (n,)."""
    three = np.stack([proba[:, :2].sum(1), proba[:, 2], proba[:, 3:].sum(1)], axis=1)
    result: NDArray[np.float32] = three.astype(np.float32).max(axis=1)
    return result


def _without(
    proba: NDArray[np.float64], polarity: NDArray[np.int64], below: float, classes: Sequence[int]
) -> dict[str, Any]:
    """Say how much is left out where `below` asks for more, and how right the rest is."""
    kept = _sure(proba) >= below
    right = _guess(proba, classes)[0] == polarity
    share = float(right[kept].mean()) if kept.any() else None
    return {"below": below, "left_out": int((~kept).sum()), "coverage": float(kept.mean()), "accuracy": share}


def _kept(
    below: float,
    proba: NDArray[np.float64],
    expected: NDArray[np.float32],
    labels: Labels,
    classes: Sequence[int],
) -> dict[str, Any]:
    if not below:
        return {}
    rows = _sure(proba) >= below
    told = {"abstain_below": below, "abstained": int((~rows).sum()), "reviews": int(rows.sum())}
    if not rows.any():
        return told
    return told | measure(proba[rows], labels.polarity[rows], labels.stars[rows], expected[rows], classes)


def _as_scored(classifier: Classifier, reviews: LabelledReviews) -> dict[str, Any]:
    """Count what `score` says, and how right it is where it says one of the three classes."""
    said = normalize_all(reviews.texts)
    owner, bounds = segments(said)
    found = classifier.score_segments(said, owner, bounds)
    told = review_polarity(found.proba, owner, found.segment_proba, said, bounds, classifier.abstain_below)
    decided = np.isin(told, LABELS)
    right = told[decided] == np.array(LABELS, object)[reviews.labels.polarity[decided]]
    return {
        **{name: int((told == name).sum()) for name in (*POLARITIES, ABSTAINED)},
        "decided": int(decided.sum()),
        "accuracy": float(right.mean()) if decided.any() else None,
    }


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def _linear(classifier: Classifier, reviews: LabelledReviews, classes: Sequence[int]) -> dict[str, Any]:
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
    return measure(proba, reviews.labels.polarity, reviews.labels.stars, expected, classes)


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
    guess, sure = _guess(proba, sorted(set(polarity.tolist()) if classes is None else classes))
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
        "ece": expected_calibration_error(sure, guess == polarity),
    }
    known = np.isfinite(stars)
    if known.any():
        point = expected if expected is not None else proba @ np.arange(1, 6)
        values["star_mae"] = float(np.abs(point - stars)[known].mean())
        values["exact_star"] = float(np.mean(proba.argmax(1)[known] + 1 == np.rint(stars[known])))
    return values


def _guess(proba: NDArray[np.float64], classes: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the most probable of some classes, shape (n,), and its share of their probability."""
    three = np.stack([proba[:, :2].sum(1), proba[:, 2], proba[:, 3:].sum(1)], axis=1)
    shares = three[:, classes] / np.maximum(three[:, classes].sum(1, keepdims=True), 1e-12)
    return np.array(classes)[shares.argmax(1)], shares.max(1)


def no_better_than_guessing(values: dict[str, Any]) -> str:
    """Say so where what was measured of two classes or more may be chance; else nothing."""
    if len(values["f1"]) < 2 or values["macro_f1_low"] > 1 / len(values["f1"]):
        return ""
    shown = f"{values['macro_f1']:.2f}, {values['macro_f1_low']:.2f} to {values['macro_f1_high']:.2f}"
    return (
        f"on {values['reviews']} held-out reviews the model is not surely better than guessing (macro-F1 {shown}): "
        "give it more labelled reviews"
    )


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
