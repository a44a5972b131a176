"""The everyday sentences: what is measured was not written into the lists."""

from collections import Counter

import numpy as np

from benchmarks.everyday.__main__ import lines, sentences
from reviewlens.languages import languages
from reviewlens.text import fold


def test_kinds_are_even_and_no_sentence_stands_twice() -> None:
    found = sentences()
    assert set(Counter((s.language, s.kind, s.good, s.seen) for s in found).values()) == {5}
    assert len({s.text for s in found}) == len(found)


def test_no_sentence_is_itself_a_listed_expression() -> None:
    listed = {
        fold(word)
        for data in languages().values()
        for words in data.get("opinion", {}).values()
        if isinstance(words, list)
        for word in words
    }
    same = {fold(s.text).rstrip("。.!") for s in sentences()} & listed
    known = {
        "not good",
        "不是不好",
        "不好用",
        "不值这个价",
        "好不到哪里去",
        "一言难尽",
    }  # listed before they were written
    assert same == known


def test_the_table_counts_halves_apart() -> None:
    found = sentences()
    everything, seen = np.ones(len(found), bool), np.array([s.seen for s in found])
    rows = list(lines(found, everything, seen))
    assert "| English | all | 50/50, 50/50 | 50/50, 0/50 |" in rows
    assert sum(row.startswith("| Chinese") for row in rows) == 6
