"""What has no theme, and whether it is news: only news give birth to a theme."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest

from reviewlens.discovery import discover, discover_themes
from reviewlens.discovery.leftover import grown_phrases, leftover
from reviewlens.themes import Cue, Theme, ThemeSet

NEW = ["gimbal", "rotor", "propeller", "telemetry"]


@pytest.fixture(params=[False, True], ids=["few", "plenty"])
def plenty(request, monkeypatch) -> bool:
    if request.param:
        monkeypatch.setattr(discover, "_PLENTY", 1)
    return bool(request.param)


def births(themes: ThemeSet) -> list[str]:
    return [e.theme for e in themes.log if e.edition == themes.edition and e.event in {"born", "split"}]


def test_the_same_reviews_give_birth_to_nothing(english, chinese, plenty):
    before = discover_themes(english + chinese)
    after = discover_themes(english + chinese, previous=before)
    assert births(after) == []
    assert births(discover_themes(english + chinese, previous=after)) == []
    assert {t.theme_id for t in before.themes} == {t.theme_id for t in after.themes if not t.retired}


def test_an_update_keeps_the_weights_of_before_and_those_set_by_hand(english, plenty):
    before = discover_themes(english)
    first = before.themes[0]
    cues = (first.cues[0]._replace(weight=0.777), *first.cues[1:], Cue("never mind", -1.0))
    before = ThemeSet([dataclasses.replace(first, cues=cues), *before.themes[1:]], log=before.log, about=before.about)
    after = discover_themes(english, previous=before)
    now = {(t.theme_id, cue.text): cue.weight for t in after.themes for cue in t.cues}
    assert now[first.theme_id, first.cues[0].text] == 0.777
    assert now[first.theme_id, "never mind"] == -1.0
    for theme in before.themes:
        for cue in theme.cues:
            assert now.get((theme.theme_id, cue.text), cue.weight) == cue.weight


def test_what_many_speak_of_now_is_a_new_theme(english, plenty):
    before = discover_themes(english, n_themes=4)
    frames = ("The {0} rejects the {1}, day {2}.", "No {0} without a {1} in week {2}.")
    news = [f.format(a, b, n) for n in range(30) for f in frames for a, b in pairwise(NEW)]
    after = discover_themes(english + news, previous=before, n_themes=6)
    born = [t for t in after.themes if t.theme_id in births(after)]
    assert born
    assert {cue.text for t in born for cue in t.cues} & set(NEW)


def test_a_file_that_does_not_remember_lets_themes_be_born(english):
    found = discover_themes(english)
    missing = found.themes[0]
    silent = ThemeSet(found.themes[1:], log=found.log)
    assert births(discover_themes(english, previous=silent, n_themes=len(found)))
    assert missing.theme_id not in births(discover_themes(english, previous=silent, n_themes=len(found)))


def test_growth_is_told_from_what_was_always_left_over():
    about = {"other_phrases": ["color", "weather"], "other_counts": [100, 90]}
    assert grown_phrases({"color": 100, "weather": 90}, about) == frozenset()
    assert grown_phrases({"color": 100, "login": 60}, about) == frozenset({"login"})
    assert grown_phrases({"color": 1000, "weather": 900}, about) == frozenset()
    assert grown_phrases({"color": 100}, {"reviews": 5}) is None
    full = {"other_phrases": [f"p{n}" for n in range(20)], "other_counts": [60] * 20}
    assert grown_phrases({**dict.fromkeys(full["other_phrases"], 60), "login": 62}, full) == frozenset()


def test_counts_are_those_of_the_reviews(english):
    themes = ThemeSet([Theme("t001", cues=(Cue("battery"),)), dataclasses.replace(Theme("t002"), retired=True)])
    left = leftover(themes, english)
    held = sum("battery" in text.lower() for text in english)
    assert left.of_theme == {"t001": held}
    assert left.without == len(english) - held == sum(left.reasons.values())
    assert all(left.without >= count > 0 for count in left.phrases.values())
    assert left.about()["other_share"] == pytest.approx(left.without / len(english), abs=1e-4)
