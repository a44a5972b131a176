"""Phrases: an oracle that counts slowly, and laws."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.discovery.phrases import function_words, mine, spell, tokens
from reviewlens.text import normalize, segment

words = st.sampled_from(["battery", "life", "screen", "the", "of", "屏", "幕", "很", "wi-fi", "3", "x", "don't"])
texts = st.lists(st.lists(words, min_size=1, max_size=8).map(" ".join), min_size=1, max_size=30)


def slow_counts(reviews: list[str], longest: int = 4) -> Counter[str]:
    """Number of texts with each run of tokens inside one clause."""
    counts: Counter[str] = Counter()
    for review in reviews:
        text, seen = normalize(review), set()
        for start, end in segment(text):
            run = tokens(text[start:end])
            seen |= {spell(run[i : i + n]) for n in range(1, longest + 1) for i in range(len(run) - n + 1)}
        counts.update(seen)
    return counts


@given(texts)
@settings(max_examples=60, deadline=None)
def test_counts_are_those_of_the_slow_way(reviews):
    found, slow = mine(reviews, least=2), slow_counts(reviews)
    assert {phrase: int(n) for phrase, n in zip(found.phrases, found.reviews, strict=True)} == {
        phrase: slow[phrase] for phrase in found.phrases
    }
    assert all(slow[phrase] >= 2 for phrase in found.phrases)


@given(texts)
@settings(max_examples=60, deadline=None)
def test_matrix_says_which_text_holds_which_phrase(reviews):
    found = mine(reviews, least=2)
    held = found.by_text(len(reviews)).toarray()
    assert held.shape == (len(reviews), len(found.phrases))
    np.testing.assert_array_equal(held.sum(0), found.reviews)
    for row, review in enumerate(reviews):
        here = slow_counts([review])
        assert [p for p, held_here in zip(found.phrases, held[row], strict=True) if held_here] == [
            p for p in found.phrases if p in here
        ]


@given(texts, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_order_of_texts_does_not_matter(reviews, random):
    shuffled = list(reviews)
    random.shuffle(shuffled)
    one, two = mine(reviews, least=2), mine(shuffled, least=2)
    assert one.phrases == two.phrases
    np.testing.assert_array_equal(one.reviews, two.reviews)


@given(texts)
@settings(max_examples=60, deadline=None)
def test_no_phrase_begins_or_ends_with_a_function_word(reviews):
    for phrase in mine(reviews, least=1).phrases:
        parts = tokens(phrase)
        assert parts[0] not in function_words()
        assert parts[-1] not in function_words()
        assert phrase not in function_words()


def test_words_that_hold_together_become_a_phrase(english):
    phrases = mine(english, least=5).phrases
    assert {"power cord", "delivery date"} <= set(phrases)
    assert "cord" in phrases
    assert "the battery" not in phrases


def test_chinese_needs_no_segmenter(chinese):
    phrases = mine(chinese, least=5).phrases
    assert {"屏幕", "分辨率", "快递", "优惠", "实惠"} <= set(phrases)
    assert not {"辨率", "分辨", "很好屏"} & set(phrases)


def test_phrases_do_not_cross_clauses():
    reviews = ["good battery. life is short", "new battery. life goes on", "old battery. life ends"] * 5
    assert "battery life" not in mine(reviews, least=2).phrases


def test_rare_words_are_kept_where_asked():
    reviews = ["the battery is fine"] * 5 + ["the salmon was dry"]
    assert "salmon" not in mine(reviews, least=3).phrases
    assert "salmon" in mine(reviews, least=3, always={"salmon"}).phrases
    assert mine(reviews, least=3, always={"salmon"}, most=1).phrases == ["salmon"]


def test_no_text_no_phrase():
    found = mine([], least=1)
    assert found.phrases == []
    assert found.by_text(0).shape == (0, 0)
