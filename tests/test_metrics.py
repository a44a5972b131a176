"""Measures against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from reviewlens.calibration import Calibration
from reviewlens.metrics import expected_calibration_error, measure
from reviewlens.mixing import fit_mixture, fit_sides


@given(st.integers(0, 10_000), st.integers(5, 60))
def test_measures_agree_with_scikit_learn(seed: int, n: int) -> None:
    generator = np.random.default_rng(seed)
    proba = generator.dirichlet(np.ones(5), n)
    polarity = np.concatenate([[0, 1, 2], generator.integers(0, 3, n - 3)])
    values = measure(proba, polarity, np.full(n, np.nan))
    three = np.stack([proba[:, :2].sum(1), proba[:, 2], proba[:, 3:].sum(1)], 1)
    guess = three.argmax(1)
    assert values["macro_f1"] == pytest.approx(f1_score(polarity, guess, average="macro"))
    assert values["accuracy"] == pytest.approx(accuracy_score(polarity, guess))
    assert values["confusion"] == confusion_matrix(polarity, guess, labels=[0, 1, 2]).tolist()
    assert values["macro_f1_low"] <= values["macro_f1_high"]


def test_calibration_error_by_hand() -> None:
    confidence, right = np.array([0.95, 0.95, 0.65, 0.65]), np.array([True, False, True, True])
    assert expected_calibration_error(confidence, right) == pytest.approx(0.5 * 0.45 + 0.5 * 0.35)
    assert expected_calibration_error(np.ones(3), np.ones(3, dtype=bool)) == 0


def test_two_classes_are_compared_where_none_is_neutral() -> None:
    proba = np.array([[0.2, 0.1, 0.6, 0.1, 0.0], [0.0, 0.1, 0.7, 0.1, 0.1]])
    values = measure(proba, np.array([0, 2]), np.array([np.nan, np.nan]))
    assert values["accuracy"] == 1.0


def test_expected_star_is_the_median() -> None:
    certain = np.full((5, 5), -50.0, dtype=np.float32)
    np.fill_diagonal(certain, 50.0)
    assert Calibration().stars(certain).round(3).tolist() == [1, 2, 3, 4, 5]
    even = np.zeros((1, 5), dtype=np.float32)
    assert Calibration().stars(even)[0] == pytest.approx(3)


def test_the_mixture_listens_to_stars_as_far_as_it_is_asked() -> None:
    """One side tells polarities and the other stars within them: the share of the star's likelihood decides."""
    generator = np.random.default_rng(0)
    stars = generator.integers(1, 6, 900)
    polarity = np.select([stars < 3, stars > 3], [0, 2], default=1)
    sides = generator.normal(0, 0.5, (2, 900, 5)).astype(np.float32)
    sides[0] += 3 * np.array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 1]])[polarity]
    sides[1] += 3 * np.array([[1, 0, 0, 1, 0], [0, 1, 0, 0, 1]])[(stars % 5 % 3 != 1).astype(int)]
    args = sides[0], sides[1], np.full(900, 64), polarity, stars.astype(float)
    plain, listening = fit_mixture(*args), fit_mixture(*args, star_share=0.9)
    assert abs(plain.ngram_weight) < 0.1 < listening.ngram_weight

    def exact(found: Calibration) -> float:
        logits = found.network_weight * sides[0] + found.ngram_weight * sides[1]
        return float((logits.argmax(1) + 1 == stars).mean())

    assert exact(listening) > exact(plain) + 0.1


def test_the_mixture_finds_the_side_that_knows() -> None:
    generator = np.random.default_rng(0)
    polarity = generator.integers(0, 3, 600)
    knows = generator.normal(0, 1, (600, 5)).astype(np.float32)
    knows[np.arange(600), np.array([0, 2, 4])[polarity]] += 3
    noise = generator.normal(0, 1, (600, 5)).astype(np.float32)
    found = fit_mixture(knows, noise, np.full(600, 64), polarity, np.full(600, np.nan))
    assert found.network_weight > 5 * abs(found.ngram_weight)
    overconfident = fit_mixture(10 * knows, noise, np.full(600, 64), polarity, np.full(600, np.nan))
    assert overconfident.network_weight == pytest.approx(found.network_weight / 10, rel=0.2)


def test_each_side_counts_where_it_knows() -> None:
    """One side tells bad from good, the other the star within and misleads about the rest."""
    generator = np.random.default_rng(1)
    stars = generator.choice([1, 2, 4, 5], 900)
    polarity = np.where(stars < 3, 0, 2)
    sides = generator.normal(0, 0.3, (2, 900, 5)).astype(np.float32)
    sides[0] += 2 * np.array([[1, 1, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 1, 1]])[polarity]
    sides[1] += 2 * np.array([[1, 0, 0, 0, 1], [0, 1, 0, 1, 0]])[np.isin(stars, (2, 4)).astype(int)]
    sides[1] += generator.normal(0, 2, (900, 1)) * np.array([[-1, -1, 0, 1, 1]])
    lean = fit_sides(sides[0], sides[1], polarity, stars.astype(float), star_share=0.5)
    side = np.array([-1, -1, 0, 1, 1]) / 2
    factors = [float(side @ matrix @ side) for matrix in lean[:2]]
    assert factors[0] > 1 > factors[1]
    within = np.array([1, -1, 0, 0, 0])
    assert all(np.allclose(within @ matrix, within, atol=1e-6) for matrix in lean[:2])
    nothing = fit_sides(sides[0], sides[1], polarity, np.full(900, np.nan), star_share=0.5)
    assert all(np.array_equal(matrix, np.eye(5)) for matrix in nothing[:2])


def test_a_margin_counts_as_far_as_it_knows_bad_from_good() -> None:
    generator = np.random.default_rng(2)
    stars = generator.choice([1, 2, 4, 5], 900)
    ngrams = generator.normal(0, 1, (900, 5)).astype(np.float32)
    ngrams[np.arange(900), stars - 1] += 1
    nothing, labels = np.zeros_like(ngrams), (np.where(stars < 3, 0, 2), stars.astype(float))
    knows = (np.where(stars < 3, -2, 2) + generator.normal(0, 1, 900)).astype(np.float32)
    found = fit_sides(nothing, ngrams, *labels, star_share=0.5, margins=knows)
    deaf = fit_sides(nothing, ngrams, *labels, star_share=0.5, margins=generator.permutation(knows))
    assert found.margin[4] == -found.margin[0] > 1 > 10 * abs(deaf.margin[4])
    classes = np.vstack([np.eye(5), np.zeros((1, 5))]).astype(np.float32)
    assert np.array_equal(found.of_classes(classes)[-1], found.margin)
    assert found.of_classes(classes[:5]).shape == (5, 5)
