"""Normal form, clauses and language: laws, an oracle for boundaries, hostile input."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.identify import language, languages
from reviewlens.text import LONGEST, fold, normalize, normalize_all, segment, segments

MESSY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("，。！？,.!?;、…~ \n\t\r\u200b\u202e\u2019“”ＡＢ３ａİıß體價電池but但是"),
        st.characters(categories=("Cs",)),
    ),
    max_size=80,
)
WORDY = st.lists(
    st.sampled_from(
        ["but", "good", "however,", "价格", "但是", "不但", ".", "3.5", "1,000", " ", "\n", "!!", "😀", "虽然"]
    ),
    max_size=40,
).map(" ".join)


@settings(deadline=None, max_examples=60)
@given(MESSY)
def test_length_never_changes(text):
    assert len(normalize(text)) == len(text)
    assert len(fold(text)) == len(text)


@settings(deadline=None, max_examples=60)
@given(MESSY)
def test_normal_form_is_stable(text):
    once = normalize(text)
    assert normalize(once) == once
    assert fold(once) == fold(text)


@settings(deadline=None, max_examples=60)
@given(MESSY)
def test_nothing_invisible_stays(text):
    assert not [c for c in normalize(text) if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")]


def test_normal_form_by_example():
    assert normalize("ＡＢ３，很好！“ok”\u200b\u202ex\r\n’") == 'AB3,很好!"ok"  x \n\''
    assert fold("İSTANBUL 電池 價格 Ä") == "istanbul 电池 价格 ä"


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(MESSY, WORDY), max_size=6))
def test_clauses_are_ordered_trimmed_and_bounded(texts):
    owner, bounds = segments(texts)
    assert owner.dtype == bounds.dtype == np.int32
    assert (np.diff(owner) >= 0).all()
    for o, (start, end) in zip(owner, bounds, strict=True):
        clause = texts[o][start:end]
        assert 0 < len(clause) <= LONGEST
        assert not clause[0].isspace()
        assert not clause[-1].isspace()
    for i in range(1, len(owner)):
        assert owner[i] > owner[i - 1] or bounds[i, 0] >= bounds[i - 1, 1]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(MESSY, WORDY), max_size=6))
def test_clauses_depend_on_their_text_alone(texts):
    owner, bounds = segments(texts)
    for i, text in enumerate(texts):
        assert [tuple(b) for b in bounds[owner == i].tolist()] == segment(text)


@settings(deadline=None, max_examples=60)
@given(MESSY)
def test_every_letter_is_in_a_clause(text):
    inside = np.zeros(len(text), np.bool_)
    for start, end in segment(text):
        inside[start:end] = True
    assert not [c for c, seen in zip(text, inside, strict=True) if not seen and unicodedata.category(c)[0] in "LN"]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("The battery died but shipping was fast", ["The battery died", "but shipping was fast"]),
        ("It costs 1,000 or 3.5 a day. Great!!! Ok", ["It costs 1,000 or 3.5 a day.", "Great!!!", "Ok"]),
        ("nothing but praise", ["nothing but praise"]),
        ("虽然贵,但是质量很好,就是物流慢 服务不错!", ["虽然贵,", "但是质量很好,", "就是物流慢", "服务不错!"]),
        ("不但好看还耐用", ["不但好看还耐用"]),
        ("屏幕、音质、手感都很好", ["屏幕、音质、手感都很好"]),
        ("...", []),
        ("😀😀", ["😀😀"]),
    ],
)
def test_clauses_by_example(text, clauses):
    assert [text[a:b] for a, b in segment(text)] == clauses


@pytest.mark.parametrize(
    "text", ["a" * 300_000, "😀" * 100_000, "好" * 100_000, ", " * 100_000, "but " * 100_000, " " * 300_000 + "a"]
)
def test_endless_text_is_cut(text):
    owner, bounds = segments([text])
    assert (bounds[:, 1] - bounds[:, 0]).max(initial=0) <= LONGEST
    assert len(owner) == len(bounds)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("This is a very good product and I love it", "en"),
        ("质量很好，物流也快", "zh"),
        ("這個電池很耐用", "zh"),
        ("とても良い商品です", "ja"),
        ("정말 좋아요", "ko"),
        ("Das ist nicht gut, aber ich mag es", "de"),
        ("Le produit est très bien mais la livraison", "fr"),
        ("El producto es muy bueno pero llegó tarde", "es"),
        ("Отличный товар", "ru"),
        ("సినిమా చాలా బాగుంది", "te"),
        ("இது நல்ல தயாரிப்பு", "ta"),
        ("ນີ້ແມ່ນດີ", "lo"),
        ("good సినిమా", "te"),
        ("a good phone, సినిమా", "en"),
        ("", "und"),
        ("1234 !!!", "und"),
    ],
)
def test_language(text, code):
    assert language(text) == code


@given(st.lists(st.text(st.one_of(st.characters(), st.sampled_from("the 好이のд")), max_size=12), max_size=8))
def test_the_language_of_a_text_does_not_depend_on_the_others(texts: list[str]) -> None:
    assert languages(texts) == [language(text) for text in texts]


@given(st.lists(st.text(st.one_of(st.characters(), st.sampled_from("aA \n\t\x7f，’")), max_size=12), max_size=8))
def test_many_texts_are_normalized_as_each_alone(texts: list[str]) -> None:
    assert normalize_all(texts) == [normalize(text) for text in texts]
