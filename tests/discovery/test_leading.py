"""What stands first in a theme goes together and says nothing twice."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlens.discovery.leading import LEADING, leading, mean_bond, repeats, said_by, worth

PHRASES = [f"word{n}" for n in range(20)]


@st.composite
def bonds(draw) -> np.ndarray:
    values = draw(st.lists(st.floats(-1, 1), min_size=400, max_size=400))
    half = np.array(values, dtype=np.float32).reshape(20, 20)
    bond = np.triu(half, 1) + np.triu(half, 1).T
    np.fill_diagonal(bond, 1.0)
    return bond


@given(bonds(), st.lists(st.integers(0, 19), min_size=1, unique=True), st.randoms())
def test_leading_cues_are_members_and_their_order_does_not_matter(bond, members, random):
    worths = np.linspace(1, 0.1, 20, dtype=np.float32)
    found = leading(np.array(members), worths, bond, PHRASES)
    shuffled = random.sample(members, len(members))
    assert found == leading(np.array(shuffled), worths, bond, PHRASES)
    assert 1 <= len(found) <= LEADING
    assert set(found) <= set(members)
    assert found == sorted(found)  # the worthiest first


def test_what_never_goes_with_the_others_does_not_lead():
    bond = np.full((6, 6), 0.3, dtype=np.float32)
    bond[4, :] = bond[:, 4] = -1.0
    found = leading(np.arange(6), np.ones(6, dtype=np.float32), bond, PHRASES[:6])
    assert sorted(found) == [0, 1, 2, 3, 5]


def test_nothing_is_said_twice():
    phrases = ["battery", "battery life", "batteries", "charger", "chargers", "屏幕", "屏幕亮度"]
    found = leading(np.arange(7), np.ones(7, dtype=np.float32), np.full((7, 7), 0.5, dtype=np.float32), phrases)
    lead = [phrases[i] for i in found]
    assert {"battery", "charger", "屏幕"} <= set(lead)
    assert not any(repeats(one, two) for one, two in combinations(lead, 2))


def test_of_two_that_find_each_other_one_leads():
    found = leading(np.arange(2), np.ones(2, dtype=np.float32), np.ones((2, 2), dtype=np.float32), ["a b", "b a"])
    assert found == [0]


@pytest.mark.parametrize(
    ("one", "two", "says"),
    [
        ("books", "book", True),
        ("book", "books", False),
        ("book cover", "book", True),
        ("quality", "build quality", False),
        ("屏幕亮度", "屏幕", True),
        ("屏幕", "屏幕亮度", False),
    ],
)
def test_a_cue_finds_what_holds_it(one, two, says):
    assert said_by(one, two) is says


def test_mean_bond_is_that_of_all_pairs():
    bond = np.array([[1, 0.2, 0.4], [0.2, 1, -0.6], [0.4, -0.6, 1]], dtype=np.float32)
    assert mean_bond([0, 1, 2], bond) == pytest.approx(0)
    assert mean_bond([0, 2], bond) == pytest.approx(0.4)
    assert mean_bond([1], bond) == -1


def test_worth_grows_with_strength_and_with_the_reviews():
    worths = worth(np.array([0.5, 1.0, 0.5], dtype=np.float32), np.array([0.1, 0.1, 0.2], dtype=np.float32))
    assert worths[1] > worths[0]
    assert worths[2] > worths[0]
