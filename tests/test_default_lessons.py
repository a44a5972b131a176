"""What the bundled model is taught beside labelled reviews: spans of reviews, own expressions, a teacher's answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.accuracy import answers
from benchmarks.accuracy.spans import expressions, more_spans, spans
from benchmarks.accuracy.train_default import lessons
from reviewlens.classifier import Classifier


def table() -> pd.DataFrame:
    """Return forty reviews, half of them held back."""
    rows = [
        {"text": f"Lamp {i} is bright, but the switch broke in week {i}. Shipping took {i} days!", "source": "products"}
        for i in range(40)
    ]
    return pd.DataFrame(rows).assign(dev=lambda f: f.index % 2 == 0)


def test_spans_are_parts_of_training_reviews_only_and_the_same_every_time() -> None:
    reviews = table()
    found = spans(reviews)
    train, dev = "\n".join(reviews.text[~reviews.dev]), "\n".join(reviews.text[reviews.dev])
    assert len(found) > 20
    assert all(text in train for text in found.text)
    assert not any(text in dev for text in found.text if any(char.isdigit() for char in text))
    assert found.equals(spans(reviews))
    assert any("," in text for text in found.text) and any("," not in text for text in found.text)


def test_expressions_hold_both_languages_and_all_stars_and_no_contradiction() -> None:
    own = expressions()
    assert set(own.star) == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert own.text.is_unique
    assert own.text.str.contains("[一-龥]").any() and own.text.str.contains("[a-z]").any()


def test_an_answer_is_found_under_its_text_and_nowhere_else(tmp_path: Path) -> None:
    texts = ["good", "bad", "好", "\ud800 lone"]
    proba = np.eye(5, dtype=np.float32)[[4, 0, 3, 2]]
    np.savez(tmp_path / "answers.npz", name=answers.names(texts), proba=proba)
    kept = answers.load(tmp_path / "answers.npz")
    found = answers.look_up(["bad", "never asked", *texts], kept)
    assert np.array_equal(found[[0, 2, 3, 4, 5]], proba[[1, 0, 1, 2, 3]])
    assert np.isnan(found[1]).all()
    assert np.isnan(answers.look_up(texts, answers.load(tmp_path / "none.npz"))).all()


def test_an_elder_model_answers_every_text_alone_or_beside_the_teacher(tmp_path: Path) -> None:
    reviews = table().assign(polarity=2.0, star=5.0, group="", language="en")
    asked = reviews.text[1]
    np.savez(tmp_path / "answers.npz", name=answers.names([asked]), proba=np.eye(5, dtype=np.float32)[[0]])
    elder = Classifier.load()
    rows, soft = lessons(reviews, tmp_path / "answers.npz", None, elder)
    assert soft is not None and set(more_spans(reviews).text) <= set(rows.text)
    assert not set(reviews.text[reviews.dev]) & set(rows.text)
    own = elder.star_probabilities(rows.text.tolist())
    both = (rows.text == asked).to_numpy()
    assert both.any() and np.allclose(soft[~both], own[~both], atol=1e-6)
    assert np.allclose(soft[both], (own[both] + np.eye(5)[0]) / 2, atol=1e-6)
