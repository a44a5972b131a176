from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from reviewlens.recommend import Recommender, read_interactions
from reviewlens.recommend.evidence import Likeness, Needs, without, words
from reviewlens.recommend.weights import DEFAULTS, gain, learn_weights


def test_gain_against_a_loop() -> None:
    generator = np.random.default_rng(3)
    total = generator.integers(0, 4, (20, 6)).astype(float)  # many ties
    target = generator.integers(0, 6, 20)
    expected = []
    for row, aim in zip(total, target, strict=True):
        before, level = sum(row > row[aim]), sum(row == row[aim]) - 1
        expected.append(1 / np.log2(before + level / 2 + 2))
    assert gain(total, target) == pytest.approx(np.mean(expected))


def _fashion(n: int) -> pd.DataFrame:
    """Every customer takes the product of the week: only the trend tells what comes next."""
    rows = [
        (f"c{i:03}", f"W{week:02}", pd.Timestamp("2020-01-01") + pd.Timedelta(days=180 * week))
        for i in range(n)
        for week in (i % 8, i % 8 + 1)
    ]
    return pd.DataFrame(rows, columns=["customer", "product_id", "created_at"])


def test_few_customers_get_the_defaults_and_many_their_own() -> None:
    few, many = read_interactions(_fashion(10)), read_interactions(_fashion(400))
    assert learn_weights(few, None, Recommender._signals) == DEFAULTS
    learned = learn_weights(many, None, Recommender._signals)
    assert learned["companions"] == 1
    assert set(learned) == {"companions", "trend"}
    assert learn_weights(many, None, Recommender._signals, off=("trend",))["trend"] == 0
    assert learned == learn_weights(many, None, Recommender._signals)


def test_without_leaves_out_only_these_pairs() -> None:
    rows = read_interactions(
        pd.DataFrame(
            [("a", "P", "2024-01-01"), ("a", "Q", "2024-01-02"), ("b", "Q", "2024-01-02")],
            columns=["customer", "product_id", "created_at"],
        )
    )
    said = pd.DataFrame([("a", "P"), ("a", "Q"), ("b", "Q"), ("z", "Q")], columns=["customer", "product_id"])
    left = without(said, rows, rows.is_last())
    assert left.to_numpy().tolist() == [["a", "P"], ["b", "Q"], ["z", "Q"]]


def test_words_of_two_scripts() -> None:
    assert words("USB线很好, it's 5V") == ["usb", "线很", "很好", "it", "5v"]


def test_too_little_text_has_no_likeness() -> None:
    assert Likeness.fit(["good", "", ""]) is None
    assert Likeness.fit(["!", "?", "."]) is None


def test_likeness_is_symmetric_and_in_range() -> None:
    texts = ["red shoes run small", "blue shoes run large", "soft blanket", "warm soft blanket", ""]
    found = Likeness.fit(texts)
    assert found is not None
    alike = found.between(np.arange(5))
    np.testing.assert_allclose(alike, alike.T, atol=1e-9)
    assert (alike >= 0).all() and (alike <= 1 + 1e-9).all()
    assert (np.diag(alike) == 0).all()
    assert (alike[4] == 0).all()


def test_needs_are_shares() -> None:
    rows = read_interactions(
        pd.DataFrame(
            [("a", "P", "2024-01-01"), ("b", "Q", "2024-01-02")], columns=["customer", "product_id", "created_at"]
        )
    )
    said = pd.DataFrame(
        [
            ("a", "P", "price", "praise"),
            ("a", "P", "price", "complaint"),
            ("a", "P", "size", "wish"),
            ("z", "X", "size", "praise"),
        ],
        columns=["customer", "product_id", "theme_id", "intent"],
    )
    found = Needs.fit(rows, said)
    assert found is not None
    assert found.themes == ["price", "size"]
    np.testing.assert_allclose(found.cares.toarray(), [[2 / 3, 1 / 3], [0, 0]])
    assert found.praised.tolist() == [[1, 0], [0, 0]]
    assert found.judged.tolist() == [[2, 0], [0, 0]]
    assert Needs.fit(rows, said[said["product_id"] == "X"]) is None


def test_likeness_in_chunks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Likeness.fit(["red shoes run small", "blue shoes run large", "soft blanket", "warm soft blanket"])
    assert found is not None
    history = sparse.csr_matrix(np.array([[1.0, 0, 0.5, 0], [0, 0, 0, 0], [0, 0.2, 0, 1.0]]))
    expected = history @ found.between(np.arange(4))
    for cells in (1, 8, 10**6):
        monkeypatch.setattr("reviewlens.recommend.evidence._CELLS", cells)
        np.testing.assert_allclose(found.score(history, np.zeros(3)), expected)


def test_companions_are_the_first_order_of_ease() -> None:
    generator = np.random.default_rng(5)
    pairs = pd.DataFrame({"customer": generator.integers(0, 60, 150), "product_id": generator.integers(0, 8, 150)})
    rows = read_interactions(pairs.assign(created_at="2024-01-01"))
    gram = (rows.matrix().T @ rows.matrix()).toarray()
    errors = []
    for shrink in (1e3, 1e4):
        inverse = np.linalg.inv(gram + shrink * np.eye(8))
        ease = -inverse / np.diag(inverse)[None, :]
        first = gram / (np.diag(gram) + shrink)[:, None]
        off = ~np.eye(8, dtype=bool)
        errors.append(np.abs(ease - first)[off].max() / np.abs(ease)[off].max())
    assert errors[1] < errors[0] / 5  # what is left is of higher order
    assert errors[1] < 0.02
