"""Near-copies share a band, others do not."""

from __future__ import annotations

import random

import pytest

from reviewlens.batch import hash64
from reviewlens.duplicates import BANDS, bands

WORDS = [f"word{i}" for i in range(2000)]


def alike(a: str, b: str) -> bool:
    found = bands([a, b], [hash64(a), hash64(b)])
    return bool((found[0] == found[1]).any())


@pytest.mark.parametrize(("changed", "low", "high"), [(0, 1.0, 1.0), (1, 0.75, 1.0), (8, 0.0, 0.15), (30, 0.0, 0.01)])
def test_the_chance_of_sharing_a_band_follows_the_overlap(changed, low, high):
    rng = random.Random(0)
    hits = 0
    for _ in range(200):
        words = rng.sample(WORDS, 60)
        a, b = words[:30], words[: 30 - changed] + words[30 : 30 + changed]
        rng.shuffle(b)
        hits += alike(" ".join(a), " ".join(b))
    assert low <= hits / 200 <= high


def test_chinese_without_spaces():
    a = "这家店的水果非常新鲜，物流也很快，包装很好，下次还会再来买的"
    assert alike(a, a.replace("非常", "特别"))
    assert not alike(a, "手机电池一天要充三次电，客服还不给换，真的非常生气不推荐大家购买")


def test_short_texts_are_copies_only_of_themselves():
    assert not alike("very good product", "very nice product")
    assert alike("good product", "good product")


def test_shapes():
    assert bands([], []).shape == (0, BANDS)
    assert bands(["", "a b c d e f g"], [1, 2]).shape == (2, BANDS)
