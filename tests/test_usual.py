"""What the training says of itself beside the usual linear model."""

import numpy as np
import pytest

from reviewlens.usual import compared, usual_answers


def test_the_usual_model_reads_words_and_characters() -> None:
    good, bad = (
        ["a lovely lamp", "lovely and bright", "it is lovely"],
        ["an awful lamp", "awful and dim", "it is awful"],
    )
    truth = np.array([True] * 3 + [False] * 3)
    assert usual_answers(good + bad, truth, ["awful cable", "lovely cable"]).tolist() == [[False, True]] * 2
    unspaced = ["とてもよい", "よいです", "よい品", "ひどいです", "ひどい品", "とてもひどい"]
    assert usual_answers(unspaced, truth, ["ひどかった", "よかった"]).tolist() == [[False, True]] * 2
    assert usual_answers(["!!!", "???"], np.array([True, False]), ["!!!"]).all()


def test_macro_f1_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import f1_score

    generator = np.random.default_rng(0)
    truth, ours, usual = (generator.random((3, 300)) < 0.6).astype(bool)
    found = compared(truth, ours, usual[None])
    assert found is not None
    assert found.ours == pytest.approx(f1_score(truth, ours, average="macro"))
    assert found.usual == pytest.approx(f1_score(truth, usual, average="macro"))


def test_what_chance_may_have_done_is_said_to_be_open() -> None:
    """Of 400 reviews, one more right than the other is nothing, and 40 more are something."""
    truth = np.arange(400) % 2 == 0
    wrong = np.arange(400) % 10 == 0

    def answers(right_again: int) -> np.ndarray:
        flips = wrong.copy()
        flips[np.flatnonzero(wrong)[:right_again]] = False
        return truth ^ flips

    worst = (truth ^ wrong)[None]
    a_little, much = compared(truth, answers(1), worst), compared(truth, answers(40), worst)
    less = compared(truth, truth ^ wrong, np.stack([truth ^ wrong, answers(40)]))
    assert a_little and much and less
    assert "cannot tell" in a_little.warning() and a_little.verdict == "open"
    assert much.verdict == "better" and not much.warning()
    assert less.verdict == "worse" and "does better on the held-out reviews" in less.warning()
    same = compared(truth, truth, truth[None])
    assert same and same.verdict == "level" and not same.warning()
    assert compared(truth[:15], truth[:15], truth[None, :15]) is None


def test_the_spread_is_that_of_drawing_reviews_again() -> None:
    """Answers that differ in d of n reviews differ in accuracy by about sqrt(d) / n, and so in F1 of even sides."""
    generator = np.random.default_rng(1)
    truth = np.arange(1000) % 2 == 0
    ours, usual = (truth ^ (generator.random(1000) < 0.1) for _ in range(2))
    found = compared(truth, ours, usual[None])
    assert found is not None
    assert found.spread == pytest.approx(np.sqrt((ours != usual).sum()) / 1000, rel=0.15)
