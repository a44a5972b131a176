"""The regression of the n-grams on a teacher's distributions, against scikit-learn's on classes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from reviewlens.models.linear import IMPORTANCE_UNITS, keys_of
from reviewlens.models.ngram_fit import View, fit_ngrams, fit_views, soft_regression
from reviewlens.models.ngrams import Ngrams
from reviewlens.tokenizer import Encoded, Tokenizer

STARS = np.array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 1]], dtype=np.float32)


def test_one_hot_distributions_give_scikit_learns_weights() -> None:
    generator = np.random.default_rng(0)
    matrix = sparse.random(200, 12, density=0.4, random_state=1, format="csr")
    classes, trust = generator.integers(0, 3, 200), generator.uniform(0.2, 1.0, 200)
    weight, bias = soft_regression(matrix, np.eye(3)[classes], 4.0, trust)
    model = LogisticRegression(C=4.0, max_iter=500, tol=1e-8).fit(matrix, classes, sample_weight=trust)
    ours, theirs = weight - weight.mean(1, keepdims=True), model.coef_.T - model.coef_.T.mean(1, keepdims=True)
    assert np.allclose(ours, theirs, atol=0.02)
    assert np.allclose(bias - bias.mean(), model.intercept_ - model.intercept_.mean(), atol=0.02)


def test_unlabelled_texts_teach_through_the_teacher() -> None:
    texts = ["splendid lamp", "splendid chair", "dreadful lamp", "dreadful chair", "lamp", "chair"] * 5
    tokenizer = Tokenizer.train(texts)
    answer = {"splendid": [0.0, 0.0, 0.1, 0.2, 0.7], "dreadful": [0.8, 0.1, 0.1, 0.0, 0.0]}
    soft = np.array([answer.get(text.split()[0], [np.nan] * 5) for text in texts], dtype=np.float32)
    nothing = np.full(len(texts), -1)
    model = fit_ngrams(tokenizer.encode(texts, head=9, tail=0), nothing, STARS, soft=soft)
    logits = model.logits(tokenizer.encode(["splendid", "dreadful"], head=9, tail=0))
    assert logits[0, 4] > logits[0, 0] and logits[1, 0] > logits[1, 4]


def test_an_ngram_counts_by_how_much_more_one_side_uses_it() -> None:
    texts = ["good lamp"] * 6 + ["good chair"] * 2 + ["bad lamp"] * 6 + ["bad chair"] * 2
    side = np.array([1.0] * 8 + [-1.0] * 8)
    tokenizer = Tokenizer.from_pieces((word, -5.0) for word in ("▁good", "▁bad", "▁lamp", "▁chair"))
    encoded = tokenizer.encode(texts, head=9, tail=0)
    model = fit_ngrams(encoded, np.array([2] * 8 + [0] * 8), STARS, orders=1, side=side)
    found = {}
    for word in ("good", "lamp"):
        key = keys_of(tokenizer.encode([word], head=9, tail=0).ids, 1)[0]
        found[word] = model.importance[(key & np.uint64(len(model.check) - 1)).astype(np.int64)][0] / IMPORTANCE_UNITS
    # 8 of 8 good reviews and none of the bad, one added to each; both sides have 20 of these in all
    contrast = {"good": np.log(9 / 1) + 0.3, "lamp": 0.3, "chair": 0.3}
    rarity = {"good": np.log(17 / 9) + 0.2, "lamp": np.log(17 / 13) + 0.2, "chair": np.log(17 / 5) + 0.2}
    times = {"good": 16, "lamp": 12, "chair": 4}  # "bad" is as "good"
    even2 = sum(times[w] * rarity[w] ** 2 for w in times) / sum(times[w] * contrast[w] ** 2 for w in times)
    for word in ("good", "lamp"):
        wanted = np.sqrt((rarity[word] ** 2 + even2 * contrast[word] ** 2) / 2)
        assert found[word] == pytest.approx(wanted, abs=0.04)


@pytest.mark.parametrize("damped", [False, True])
def test_texts_that_share_no_ngram_teach_how_many_are_of_each_class(damped: bool) -> None:
    encoded = Encoded(np.arange(24, dtype=np.int32), np.zeros(24, np.int32), np.arange(25), np.zeros(24, np.bool_))
    views = [View(encoded, damped=damped), View(encoded, 5, 3, damped=damped, space=1)]
    models = fit_views(views, np.array([2] * 18 + [0] * 6), STARS, strength=4.0, side=np.array([1.0] * 18 + [-1.0] * 6))
    logits = sum(model.logits(encoded) for model in models)
    assert np.allclose(logits, logits[0])
    assert logits[0, 4] - logits[0, 0] == pytest.approx(np.log(18 / 6), abs=0.05)


def test_a_regression_of_its_own_tells_bad_from_good() -> None:
    """Its margin is silent until it is weighed, leaves the classes as they are, and does not learn from the middle."""
    texts = ["bad lamp", "so so lamp", "good lamp", "so so cable"] * 6
    tokenizer = Tokenizer.from_pieces((f"▁{word}", -5.0) for word in ["bad", "so", "good", "lamp", "cable"])
    encoded, classes = tokenizer.encode(texts, head=9, tail=0), np.array([0, 1, 2, 1] * 6)
    view = [View(encoded, 1, damped=True)]
    plain = fit_views(view, classes, STARS, strength=4.0)[0]
    sided = Ngrams(fit_views(view, classes, STARS, strength=4.0, side_strength=4.0)[0])
    assert np.allclose(sided.logits(encoded), plain.logits(encoded), atol=1e-5)
    bad, middle, good, _ = sided.margins(encoded)[:4]
    assert bad < -0.5 and good > 0.5 and abs(middle) < 0.3
    one_sided = Ngrams(fit_views(view, np.where(classes == 0, 1, classes), STARS, strength=4.0, side_strength=4.0)[0])
    assert not one_sided.margins(encoded).any()
