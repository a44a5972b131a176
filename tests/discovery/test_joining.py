"""Rare phrases join a theme by what they are made of, or by meaning."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewlens.discovery.growing import Grown
from reviewlens.discovery.joining import join

THEMES = [
    Grown({"screen": 1.0, "display": 0.8, "resolution": 0.6}, "kin/a"),
    Grown({"battery": 0.9, "charger": 0.7, "power cord": 0.5}),
    Grown({"屏幕": 0.9}),
]


def homes(phrases: list[str]) -> list[int | None]:
    found = join(THEMES, phrases)
    return [next((n for n, theme in enumerate(found) if phrase in theme.cues), None) for phrase in phrases]


def test_a_phrase_belongs_to_the_last_and_longest_cue_in_it():
    assert homes(["laptop screen", "screen charger", "charger screen light", "long power cord"]) == [0, 1, 0, 1]
    told = join(THEMES, ["laptop screen", "long power cord"])
    assert told[0].cues["laptop screen"] == 0.5
    assert told[1].cues["long power cord"] == 0.25


def test_a_phrase_without_a_cue_joins_by_meaning_or_not_at_all():
    assert homes(["monitor", "batteries"]) == [0, 1]
    assert homes(["waiter", "xqzzy", "分辨率"]) == [None, None, None]


@given(st.lists(st.sampled_from(["screen", "monitor", "waiter", "screen hinge", "battery hinge", "屏幕 亮", "x y"])))
def test_what_was_there_stays_and_no_phrase_has_two_homes(phrases):
    found = join(THEMES, phrases)
    assert [theme.anchor for theme in found] == [theme.anchor for theme in THEMES]
    for before, after in zip(THEMES, found, strict=True):
        assert list(after.cues.items())[: len(before.cues)] == list(before.cues.items())
        assert all(0 < weight <= 1 for weight in after.cues.values())
    cues = [cue for theme in found for cue in theme.cues]
    assert len(cues) == len(set(cues))


def test_nothing_joins_nothing():
    assert join([], ["screen"]) == []
    assert join(THEMES, []) == THEMES
