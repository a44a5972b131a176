"""Trains a classifier on a user's own labels: one call, from a table to a folder.

Steps: read labels -> drop copies -> hold out for validation (near-copies on one side) -> choose what to start from
(`starting`) -> n-grams by logistic regression -> network -> weigh the two on the held-out reviews -> measure -> n-grams
of all reviews -> artefact.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewlens import artefact as folder
from reviewlens.artefact import Artefact
from reviewlens.budget import parse_budget
from reviewlens.calibration import Calibration
from reviewlens.card import model_card
from reviewlens.classifier import HEAD, TAIL, Classifier
from reviewlens.errors import ConfigError, InputError, MissingDependencyError, OverwriteError
from reviewlens.faithful import faithfulness
from reviewlens.labelled import LabelledReviews, read_labelled
from reviewlens.metrics import measure, no_better_than_guessing
from reviewlens.mixing import Sides, fit_mixture, fit_sides, label_loss
from reviewlens.models import LINEAR, MODELS, NETWORKS
from reviewlens.models.ngrams import Ngrams
from reviewlens.ngram_choice import NgramLessons
from reviewlens.schemas import LABELS
from reviewlens.splits import copy_hashes, held_out
from reviewlens.starting import Start, choose_start
from reviewlens.tokenizer import FIRST_PIECE, Encoded
from reviewlens.usual import Comparison, compared, usual_answers
from reviewlens.whole import path_given, unwritable

FEWEST = 20  # labelled reviews
_JUDGES = 400  # reviews to hold out: with fewer, chance decides how much the network counts
_SHARES = (0.12, 0.27)  # of the reviews, at the least and at the most
_MORE_WEIGHTS = 4  # that are fitted to weigh a network beside the n-grams; each gains about 1/n (Akaike 1974)
_STAR_SHARE = 0.5  # of the likelihood that network and n-grams are weighed by; the rest is that of the polarity
_SPOKEN = 0.02  # of the reviews, from which their language counts as learned: short ones are taken for others at times
_NOISE_WEIGHT = 0.3  # weight of a review whose label the n-grams contradict with near certainty
Teacher = Callable[[list[str]], Any]


@dataclass(frozen=True)
class Prepared:
    """Everything a fit needs, made once."""

    reviews: LabelledReviews
    valid: NDArray[np.bool_]
    start: Start
    encoded: Encoded
    lessons: NgramLessons
    strength: float
    ngrams: Ngrams
    """Fitted on the reviews that are not held out."""
    weight: NDArray[np.float32]
    soft: NDArray[np.float32] | None


def train(
    data: Any,
    *,
    text: str,
    label: str,
    model: str = "lstm",
    teacher: str | Path | Classifier | Teacher | None = None,
    search: int | str | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    scale: float | None = None,
    warm_start: bool = True,
    epochs: int | None = None,
    progress: bool = True,
) -> Classifier:
    """Train a classifier on labelled reviews and return it; with `out`, save it there too.

    Args:
        data: DataFrame, `pyarrow.Table`, or path(s) of Parquet or CSV files.
        text: Column of review text.
        label: Column of labels: stars, 0/1, or class names; see `reviewlens.labels`.
        model: "lstm", "transformer" or "linear".
        teacher: Something slower that answers better, to learn from: a `Classifier`, the folder of one, or a function
            from a list of texts to probabilities of shape (n, 3) or (n, 5).
        search: Hyper-parameter search: a number of trials, or a time such as "20m".
        out: Folder to save to; also keeps checkpoints, so that a killed training goes on when it is called again; the
            trials of a search begin anew.
        seed: Decides the split, the start and the order.
        scale: Highest possible star, where the labels are stars and 5 is not it.
        warm_start: Start from the bundled model, as far as it knows the text; False starts from nothing.
        epochs: Passes over the reviews at most; None for the default, 8.
        progress: Write what is done, and beforehand about how long it will take, to standard error.

    Raises:
        InputError: No or too few labelled reviews, one class only, labels not understood.
        ConfigError: An argument is wrong.
        MissingDependencyError: torch is not installed and the model is a network.
        OverwriteError: `out` is not empty, and what is there are not the checkpoints of a training.
    """
    if model not in MODELS:
        raise ConfigError(f"model {model!r} is not known", hint=f"one of {', '.join(MODELS)}")
    _check_search(search, model)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ConfigError(f"seed={seed!r} is no whole number from 0 on", where="seed", hint="give 0, or any other")
    if epochs is not None and (not isinstance(epochs, int) or epochs < 1):
        raise ConfigError(f"epochs={epochs!r} is no number of passes", hint="give a whole number from 1 on")
    if model != LINEAR:
        _need_torch()
    target = None if out is None else path_given(out, "out", accepts="a new folder")
    if target is not None:
        _make_folder(target)
    report = _reporter(progress)
    reviews = read_labelled(data, text=text, label=label, scale=scale).without_copies()
    report(reviews.summary())
    prepared = prepare(reviews, teacher=teacher, seed=seed, warm_start=warm_start, report=report)
    if model == LINEAR:
        parts = _linear_artefact(prepared)
    else:
        parts = _network_artefact(
            prepared, model, search=search, epochs=epochs, target=target, seed=seed, report=report
        )
    classifier = finish(parts, prepared, label_column=label)
    if target is not None:
        folder.write(parts, target)
        for leftover in target.glob("checkpoint.*"):
            leftover.unlink()
    return classifier


def _check_search(search: int | str | None, model: str) -> None:
    if search is None:
        return
    parse_budget(search)
    if model == LINEAR:
        raise ConfigError(
            "the linear model has no settings to search: its strength is always chosen on held-out reviews",
            hint=f"leave search out, or train one of {', '.join(NETWORKS)}",
        )


def _need_torch() -> None:
    """Raise `MissingDependencyError` before the work, not after it."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            "training a network needs torch", hint="pip install 'reviewlens[train]', or train model='linear'"
        ) from error


def _make_folder(target: Path) -> None:
    """Make the folder, before the work and not after it; one with checkpoints in it is gone on with."""
    if target.exists() and not (target.is_dir() and (not any(target.iterdir()) or any(target.glob("checkpoint.*")))):
        what = "a model" if (target / "config.json").exists() else "what is there"
        raise OverwriteError(
            f"refusing to overwrite {what}", where=str(target), hint="name a new folder or remove this one"
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(error, target) from error


def prepare(
    reviews: LabelledReviews,
    *,
    teacher: str | Path | Classifier | Teacher | None,
    seed: int,
    warm_start: bool,
    report: Callable[[str], None],
) -> Prepared:
    """Split, tokenize and fit the n-grams."""
    classes = set(reviews.labels.polarity[reviews.labels.known].tolist())
    if int(reviews.labels.known.sum()) < FEWEST:
        raise InputError(
            f"{int(reviews.labels.known.sum())} labelled reviews that differ are too few to train on",
            hint=f"give at least {FEWEST}, better some thousands, or use the bundled model as it is",
        )
    if len(classes) < 2:
        raise InputError(
            f"every review is {LABELS[classes.pop()]}: there is nothing to tell apart",
            hint="give reviews of at least two classes",
        )
    for rare in reviews.rare():
        warnings.warn(rare, stacklevel=3)
    share = float(np.clip(_JUDGES / len(reviews.texts), *_SHARES))
    valid = held_out(reviews.texts, reviews.strata(), share=share, seed=seed)
    start = choose_start(reviews.texts, Classifier.load() if warm_start else None)
    report(f"starting from {start.reason}")
    encoded = start.tokenizer.encode(reviews.texts, head=HEAD, tail=TAIL)
    soft = _ask(teacher, reviews.texts)
    pieces = None if start.learned else start.tokenizer.pieces()  # a language learned gains nothing by its characters
    lessons = NgramLessons.of(encoded, reviews, soft, pieces)
    report(f"about {max(lessons.seconds() / 60, 0.1):.1f} minutes for the n-grams")
    ngrams, strength = lessons.choose(valid)
    weight = _noise_weights(reviews, ngrams.logits(encoded), valid)
    return Prepared(reviews, valid, start, encoded, lessons, strength, ngrams, weight, soft)


def finish(parts: Artefact, prepared: Prepared, *, label_column: str) -> Classifier:
    """Measure on the held-out reviews, beside the linear model; then let the n-grams learn from these reviews too."""
    rows = _judges(prepared)
    texts = [prepared.reviews.texts[i] for i in rows]
    labels = prepared.reviews.labels
    classifier, linear = Classifier(parts), Classifier(_linear_artefact(prepared))
    stars = [model.star_probabilities(texts) for model in (classifier, linear)]
    ours, beside = (
        measure(proba, labels.polarity[rows], labels.stars[rows], model.predict_stars(texts))
        for proba, model in zip(stars, (classifier, linear), strict=True)
    )
    loss, loss_beside = (
        label_loss(proba, labels.polarity[rows], labels.stars[rows], star_share=_STAR_SHARE) for proba in stars
    )
    if parts.model != LINEAR and ours["macro_f1"] < beside["macro_f1"]:
        # Likelihood, for chance moves shares of right answers more; less what weights gain on what they are fitted to.
        useless = loss + _MORE_WEIGHTS / len(rows) >= loss_beside
        warnings.warn(
            f"the {parts.model} is not better than the linear model on the held-out reviews "
            f"(macro-F1 {ours['macro_f1']:.3f} and {beside['macro_f1']:.3f}); "
            + ("only the linear model in it answers" if useless else "model='linear' would do"),
            stacklevel=3,
        )
        if useless:
            ours, parts.calibration = beside, linear.calibration
            parts.weights["ngram.stars"] = linear.parts.weights["ngram.stars"]
            classifier = linear
    if doubt := no_better_than_guessing(ours):
        warnings.warn(doubt, stacklevel=3)
    beside_usual = None if parts.model == LINEAR else _beside_usual(prepared, classifier)
    if beside_usual is not None and beside_usual.warning():
        warnings.warn(beside_usual.warning(), stacklevel=3)
    parts.metrics |= {
        "validation": ours,
        "usual_beside": {} if beside_usual is None else beside_usual.to_dict(),
        "linear_beside": beside
        | {
            "calibration": vars(linear.calibration),
            "ngram_stars": linear.parts.weights["ngram.stars"].tolist(),
        },
        "faithfulness": faithfulness(classifier, texts),
        "labels": {"column": label_column, "kind": labels.kind, "mapping": labels.mapping, "scale": labels.scale},
        "reviews": {"read": prepared.reviews.rows_read, "trained": int((~prepared.valid).sum()), "held_out": len(rows)},
        "started_from": prepared.start.reason,
        "ngram_strength": prepared.strength,
        "doubted_labels": int((prepared.weight < 1).sum()),
        "neutral_prior": parts.calibration.neutral_prior,
        "unknown_rate": float(np.mean(prepared.encoded.ids < FIRST_PIECE)),
    }
    parts.extra["languages"] = _languages(prepared, parts)
    of_all = prepared.lessons.fit(np.arange(len(prepared.valid)), prepared.strength)
    parts.weights |= of_all.with_stars(parts.weights["ngram.stars"]).arrays()
    parts.weights["seen.keys"] = np.unique(copy_hashes(prepared.reviews.texts))
    parts.card = model_card(parts)
    return Classifier(parts)


def _languages(prepared: Prepared, parts: Artefact) -> list[str]:
    """Return what was learned: the languages of the reviews, and those of a network that training went on from.

    It keeps them: see docs/model.md.
    """
    counted = Counter(prepared.reviews.languages())
    own = {code for code, n in counted.items() if n >= _SPOKEN * counted.total()}
    warm = prepared.start.warm if prepared.start.learned and parts.calibration.network_weight else None
    before = warm.extra.get("languages", []) if warm is not None and warm.model == parts.model else []
    return sorted({*own, *before})


def _beside_usual(prepared: Prepared, classifier: Classifier) -> Comparison | None:
    """Compare with what else a user would train on the same reviews; neutral ones are left out."""
    texts, polarity = prepared.reviews.texts, prepared.reviews.labels.polarity
    taught = np.flatnonzero(~prepared.valid & np.isin(polarity, (0, 2)))
    asked = np.flatnonzero(prepared.valid & np.isin(polarity, (0, 2)))
    if len(set(polarity[taught].tolist())) < 2 or not len(asked):
        return None
    held_out = [texts[i] for i in asked]
    proba = classifier.predict_proba(held_out)
    usual = usual_answers([texts[i] for i in taught], polarity[taught] == 2, held_out)
    return compared(polarity[asked] == 2, proba[:, 2] > proba[:, 0], usual)


def _linear_artefact(prepared: Prepared) -> Artefact:
    nothing = np.zeros((len(prepared.valid), 5), dtype=np.float32)
    ngrams = prepared.ngrams.with_stars(_sides(prepared, nothing).of_classes(prepared.ngrams.stars))
    calibration = _calibrate(prepared, ngrams, nothing)
    weights = dict(ngrams.arrays())
    return Artefact(LINEAR, {}, prepared.start.tokenizer, weights, None, replace(calibration, network_weight=0.0))


def _network_artefact(
    prepared: Prepared,
    model: str,
    *,
    search: int | str | None,
    epochs: int | None,
    target: Path | None,
    seed: int,
    report: Callable[[str], None],
) -> Artefact:
    from reviewlens import network_training

    fitted = network_training.fit(
        prepared, model, search=search, epochs=epochs, target=target, seed=seed, report=report
    )
    sides = _sides(prepared, fitted.logits)
    fitted = network_training.leaned(fitted, model, sides.network)
    ngrams = prepared.ngrams.with_stars(sides.of_classes(prepared.ngrams.stars))
    calibration = _calibrate(prepared, ngrams, fitted.logits)
    weights = {**fitted.weights, **ngrams.arrays()}
    metrics = {"history": fitted.history}
    tokenizer = prepared.start.tokenizer
    return Artefact(model, fitted.settings, tokenizer, weights, fitted.graph, calibration, metrics)


def _judges(prepared: Prepared) -> NDArray[np.int64]:
    """Return the held-out reviews with a label, as positions."""
    return np.flatnonzero(prepared.valid & prepared.reviews.labels.known)


def _sides(prepared: Prepared, logits: NDArray[np.float32]) -> Sides:
    rows, labels = _judges(prepared), prepared.reviews.labels
    encoded = prepared.encoded.take(rows)
    return fit_sides(
        logits[rows],
        prepared.ngrams.logits(encoded),
        labels.polarity[rows],
        labels.stars[rows],
        star_share=_STAR_SHARE,
        margins=prepared.ngrams.margins(encoded) if prepared.lessons.sided else None,
    )


def _calibrate(prepared: Prepared, ngrams: Ngrams, logits: NDArray[np.float32]) -> Calibration:
    rows, labels = _judges(prepared), prepared.reviews.labels
    encoded = prepared.encoded.take(rows)
    beside, subwords = ngrams.logits(encoded), np.diff(encoded.offsets)
    return fit_mixture(
        logits[rows], beside, subwords, labels.polarity[rows], labels.stars[rows], star_share=_STAR_SHARE
    )


def _noise_weights(
    reviews: LabelledReviews, logits: NDArray[np.float32], valid: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Trust a label less where stars and text contradict each other: the n-grams are nearly sure of the other side."""
    power = np.exp(logits - logits.max(1, keepdims=True))
    stars = power / power.sum(1, keepdims=True)
    opposite = np.where(reviews.labels.polarity == 0, stars[:, 3:].sum(1), stars[:, :2].sum(1))
    doubted = (opposite > 0.97) & np.isin(reviews.labels.polarity, (0, 2)) & ~valid
    return np.where(doubted, _NOISE_WEIGHT, 1.0).astype(np.float32)


def _ask(teacher: str | Path | Classifier | Teacher | None, texts: list[str]) -> NDArray[np.float32] | None:
    if teacher is None:
        return None
    if not callable(teacher) and not isinstance(teacher, Classifier):
        teacher = path_given(teacher, "teacher", accepts="a Classifier, the folder of one, or a function of texts")
    if isinstance(teacher, str | Path):
        teacher = Classifier.load(teacher)
    answer = teacher.star_probabilities(texts) if isinstance(teacher, Classifier) else np.asarray(teacher(texts))
    if answer.shape == (len(texts), 3):
        share = np.array([[0.5, 0.5, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0.5, 0.5]])
        answer = answer @ share
    right = answer.shape == (len(texts), 5)
    if not right or not np.isfinite(answer).all() or answer.min() < 0 or not np.allclose(answer.sum(1), 1, atol=1e-3):
        what = "numbers that are no probabilities" if right else f"shape {answer.shape}"
        raise ConfigError(
            f"the teacher answered with {what}",
            hint="return probabilities of shape (n, 3) or (n, 5), rows summing to 1",
        )
    return answer.astype(np.float32)


def _reporter(progress: bool) -> Callable[[str], None]:
    def report(line: str) -> None:
        if progress:
            print(line, file=sys.stderr, flush=True)

    return report
