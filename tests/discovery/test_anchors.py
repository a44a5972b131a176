"""Anchors are phrases that are known to go together; their own excludes are kept apart."""

from __future__ import annotations

import pytest

from reviewlens.discovery import discover_themes
from reviewlens.discovery.anchors import FACTOR, KIN, anchor_themes, excludes, families


@pytest.mark.parametrize("fine", [False, True])
def test_weights_fall_and_excludes_are_no_phrases(fine):
    for phrases in anchor_themes(fine=fine).values():
        weights = list(phrases.values())
        assert weights == sorted(weights, reverse=True)
        assert all(0 < weight <= 1 for weight in weights)
        assert not any(phrase.startswith("-") or "|" in phrase for phrase in phrases)


def test_finer_families_hold_the_same_words():
    broad, fine = ({w for a in anchor_themes(fine=f).values() for w in a} for f in (False, True))
    assert broad == fine
    parts = [set(p) for name, p in anchor_themes(fine=True).items() if name.startswith(KIN)]
    assert any("keyboard" in p and "mouse" not in p for p in parts)
    assert any({"keyboard", "mouse"} <= set(family) for family in families())


def test_families_and_factors_are_told_by_their_names():
    assert all(name.startswith((KIN, FACTOR)) for name in anchor_themes(fine=False))
    assert excludes("t001") == excludes("") == ()


def test_a_factor_that_says_what_a_family_says_is_part_of_it():
    broad, fine = anchor_themes(fine=False), anchor_themes(fine=True)
    batteries = [name for name, phrases in broad.items() if phrases.get("battery", 0) > 0.9]
    assert len(batteries) == 1
    assert batteries[0].startswith(KIN)
    factor = next(phrases for name, phrases in fine.items() if name.startswith(FACTOR) and "batteries" in phrases)
    assert set(factor) <= set(broad[batteries[0]])


def test_what_an_anchor_excludes_is_no_mention(english):
    about = [f"The look of it is fine, and the color too, {n}." for n in range(30)]
    themes = discover_themes([*english, *about], n_themes=12)
    found = themes.match(["I like the look", "I was looking for a case"])
    assert "look" in set(found["cue"])
    assert found[found["cue"] == "look"]["review"].tolist() == [0]
