"""What a theme is called."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewlens.discovery.growing import Grown
from reviewlens.discovery.labels import label

CUES = ["fast", "speed", "slow", "performance", "speeds", "processor speed", "boot"]


def named(cues: list[str], **reviews: int) -> str:
    return label(Grown(dict.fromkeys(cues, 0.5)), reviews)["en"]


def test_the_most_frequent_nouns_name_a_theme():
    assert named(["fast", "slow", "speed", "performance", "memory"], fast=90, speed=30, performance=50, memory=40) == (
        "performance, memory, speed"
    )


def test_what_describes_stands_in_where_there_is_no_noun():
    assert named(["slow", "fast"], fast=9, slow=3) == "fast, slow"


def test_words_of_the_family_go_before_others():
    grown = Grown(dict.fromkeys(["vacuum", "dust", "hygiene"], 0.5))
    assert label(grown, {"vacuum": 40, "dust": 9}, {"dust", "hygiene"}) == {"en": "dust, vacuum, hygiene"}


def test_a_label_does_not_repeat_itself():
    assert named(["program", "programs", "driver"], program=5, programs=9, driver=1) == "programs, driver"


def test_a_label_is_in_the_language_of_the_cues():
    assert label(Grown({"屏幕": 1.0, "显示": 0.9}), {"屏幕": 3, "显示": 5}) == {"zh": "显示, 屏幕"}


@given(st.dictionaries(st.sampled_from(CUES), st.integers(0, 99), min_size=1))
def test_a_label_is_made_of_cues_in_any_order_of_equal_counts(reviews):
    cues = sorted(reviews)
    parts = label(Grown(dict.fromkeys(cues, 0.5)), reviews)["en"].split(", ")
    assert 1 <= len(parts) <= 3
    assert set(parts) <= set(cues)
