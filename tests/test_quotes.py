"""Quotes read as something a person said, hold nothing personal, and depend on their review alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.quotes import (
    BEST_QUOTE_BYTES,
    ELLIPSIS,
    QUOTE_CHARS,
    SENTENCE_BYTES,
    UNQUOTABLE,
    _stretches,
    quotes,
    sentences,
)
from reviewlens.text import normalize, segments

PIECES = [
    "the battery drains", "it is light", "but the lid is loose", "空调不制冷", "前台没有人", "5.5 stars", ", ", ". ",
    "! ", "\n", "，", "。", "；", " ", ": ", "...", "word " * 60, "x" * 300, "被" * 90, '"', ")", "😀",
]  # fmt: skip
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), max_size=4)


def quoted(texts, cue=""):
    owner, bounds = segments([normalize(text) for text in texts])
    shown = quotes(texts, owner, bounds, np.arange(len(owner)), [cue] * len(owner))
    return owner, bounds, shown


@settings(deadline=None, max_examples=80)
@given(TEXTS)
def test_a_quote_is_a_stretch_of_its_review_around_its_clause(texts):
    owner, bounds, shown = quoted(texts)
    for clause, (quote, rank) in enumerate(zip(shown.text, shown.rank, strict=True)):
        assert (quote is None) == (rank == UNQUOTABLE)
        if quote is None:
            continue
        line = " ".join(texts[owner[clause]].split())
        body = quote.strip(ELLIPSIS)
        assert body in line
        assert len(quote) <= QUOTE_CHARS + 2
        assert quote[-1] not in " ,，、:;；"
        assert "\n" not in quote
        said = " ".join(texts[owner[clause]][slice(*bounds[clause])].split())
        if len(said) < SENTENCE_BYTES // 4:
            assert said.strip(' ,，、:：;；.。！!…？?)"') in body  # the clause itself is never cut off


@settings(deadline=None, max_examples=80)
@given(TEXTS)
def test_a_sentence_is_quoted_whole_or_says_that_it_goes_on(texts):
    owner, bounds, shown = quoted(texts)
    around = sentences(texts, owner, bounds)
    for clause, quote in enumerate(shown.text):
        first, last = around[clause]
        whole = texts[owner[clause]][bounds[first, 0] : bounds[last, 1]]
        if quote is not None:
            if len(whole.encode()) <= SENTENCE_BYTES:
                assert ELLIPSIS not in quote
            elif first < last or len(whole) > QUOTE_CHARS:
                assert ELLIPSIS in quote


@settings(deadline=None, max_examples=80)
@given(TEXTS)
def test_stretches_of_all_clauses_at_once_are_those_of_each(texts):
    owner, bounds = segments([normalize(text) for text in texts])
    clauses, around = np.arange(len(owner)), sentences(texts, owner, bounds)

    def stretch(clause):
        first, last = around[clause]
        size = lambda a, b: len(texts[owner[clause]][bounds[a, 0] : bounds[b, 1]].encode())  # noqa: E731
        if size(first, last) <= SENTENCE_BYTES:
            return first, last
        begin, end = clause, clause
        while end < last and size(begin, end + 1) <= BEST_QUOTE_BYTES:
            end += 1
        while begin > first and size(begin - 1, end) <= BEST_QUOTE_BYTES:
            begin -= 1
        return begin, end

    found = np.column_stack(_stretches(texts, owner, bounds, clauses, around))
    assert found.tolist() == [list(stretch(clause)) for clause in clauses]


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_sentences_partition_a_text(texts):
    owner, bounds = segments([normalize(text) for text in texts])
    around = sentences(texts, owner, bounds)
    clauses = np.arange(len(owner))
    assert (around[:, 0] <= clauses).all() and (clauses <= around[:, 1]).all()
    assert (owner[around[:, 0]] == owner).all() and (owner[around[:, 1]] == owner).all()
    for clause in clauses:
        assert (around[around[clause, 0] : around[clause, 1] + 1] == around[clause]).all()


@settings(deadline=None, max_examples=40)
@given(TEXTS)
def test_a_quote_depends_on_its_review_alone(texts):
    owner, _, together = quoted(texts)
    alone = [quote for text in texts for quote in quoted([text])[2].text]
    assert together.text == alone
    assert len(owner) == len(alone)


@pytest.mark.parametrize(
    ("text", "clause", "quote"),
    [
        ("Battery drains now, and the lid is loose.", 0, "Battery drains now, and the lid is loose."),
        ("Fine.\nBattery drains in the case now,\nbut who cares", 1, "Battery drains in the case now"),
        ("充电速度没有宣传的那么快，但是很轻。", 0, "充电速度没有宣传的那么快，但是很轻。"),  # as written
        ("no good", 0, None),  # too short to be evidence
        ("low quality", 0, "low quality"),
        ("call me, at 555-123-4567, please.", 0, "call me, at [phone], please."),
        ('She said "it is too heavy. ' + "I agree with her.", 1, "I agree with her."),
    ],
)  # fmt: skip
def test_by_example(text, clause, quote):
    assert quoted([text])[2].text[clause] == quote


def test_a_long_sentence_is_cut_at_clauses():
    text = (
        "The handle is fine, "
        + "the lid, which I had hoped would fit, does not close, " * 4
        + "and the cord is too short"
    )
    shown = quoted([text])[2].text
    assert shown[0].startswith("The handle is fine") and shown[0].endswith("…")
    assert shown[-1].startswith("…") and shown[-1].endswith("and the cord is too short")


def test_a_clause_without_end_shows_its_cue():
    text = "word " * 50 + "battery died " + "word " * 50
    owner, bounds, shown = quoted([text], "battery")
    within = [i for i, (a, b) in enumerate(bounds) if "battery" in text[a:b]]
    assert all("battery died" in shown.text[i] for i in within)
    assert len(owner) == len(shown.text)


def test_what_is_cut_reads_worse():
    whole, cut = (
        "The battery drains within a single day of use, sadly.",
        "The battery drains within a single day of use, sadly, " * 5,
    )
    assert quoted([whole])[2].rank[0] < quoted([cut])[2].rank[0]
