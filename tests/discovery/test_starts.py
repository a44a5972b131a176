"""Which anchors the reviews speak of, and how many of them are themes."""

from __future__ import annotations

from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reviewlens.discovery.anchors import FACTOR, KIN
from reviewlens.discovery.phrases import mine
from reviewlens.discovery.starts import Start, settled, starts, ties


def start(name: str, claim: float, members: list[int]) -> Start:
    weights = np.array([0.9**n for n in range(len(members))], dtype=np.float32)
    return Start(name, np.array(members, dtype=np.int64), weights, claim)


def apart(claims: list[float]) -> list[Start]:
    return [start(f"{FACTOR}{n:02d}", claim, [3 * n, 3 * n + 1, 3 * n + 2]) for n, claim in enumerate(claims)]


def test_themes_are_cut_where_the_claims_fall_most_steeply():
    assert len(settled(apart([1.0, 0.9, 0.8, 0.75, 0.4, 0.38, 0.36]), 6)) == 4
    assert len(settled(apart([1.0, 0.9, 0.8, 0.75, 0.4, 0.38, 0.36]), 3)) == 2
    assert len(settled(apart([1.0, 0.9, 0.1, 0.09, 0.08]), 5)) == 2
    assert settled([], 5) == []


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=30), st.integers(1, 40))
def test_never_more_themes_than_wanted_and_the_foremost_is_there(claims, wanted):
    held = apart(sorted(claims, reverse=True))
    found = settled(held, wanted)
    assert 1 <= len(found) <= wanted
    assert [one.name for one in found] == [one.name for one in held[: len(found)]]


def test_a_phrase_of_two_anchors_stays_where_it_weighs_more():
    one, two = start("kin/a", 1.0, [0, 1, 2, 3]), start("kin/b", 0.9, [3, 4, 5, 6])
    found = settled([one, two], 2)
    phrases = list(chain(*(list(s.members) for s in found)))
    assert len(phrases) == len(set(phrases))
    assert 3 in found[1].members
    assert [s.name for s in settled([one, start("kin/b", 0.9, [4, 5, 0])], 2)] == ["kin/a"]  # two words are too few


def test_an_anchor_claims_by_its_words_that_go_together():
    texts = [f"The screen and its brightness are fine, {n}." for n in range(30)]
    texts += [f"The {word} is fine, {n}." for word in ("courier", "parcel") for n in range(30)]
    found = mine(texts, least=5)
    near = np.zeros((len(found.phrases), len(found.phrases)), dtype=np.float32)
    a, b = found.phrases.index("screen"), found.phrases.index("brightness")
    near[a, b] = near[b, a] = 0.5
    anchors = {f"{KIN}display": {"screen": 1.0, "brightness": 0.9}, f"{KIN}post": {"courier": 1.0, "parcel": 0.9}}
    held = starts(anchors, found, near, present=4)
    assert [one.name for one in held] == [f"{KIN}display", f"{KIN}post"]
    assert held[0].claim > 0 == held[1].claim
    tied = ties(held, near)
    assert tied[a].argmax() == tied[b].argmax() == 0
