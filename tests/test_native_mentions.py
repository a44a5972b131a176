"""The kernels of mentions, masks and copies against their twins in NumPy and Python: the same answers, bit for bit."""

from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_native import both, needs_kernels
from test_privacy import CASES

from reviewlens import digests, duplicates, native, text
from reviewlens.identify import languages
from reviewlens.privacy import hash_customer, hash_customers
from reviewlens.privacy.find import find, found_in, suspect
from reviewlens.wish_model import bundled

PIECES = st.sampled_from(
    [
        *"aA1ß好é.!?'\" \nςΣİſ😀ﬁⅧ\u0301\u200d™",
        *("please ", "add a ", "mode ", "1234 ", "would be nice ", "the ", "le ", "der ", "que ", "không ", "don't "),
        *("order no. 4471-0098", "qq", " qq12345", "1.2.3.4", "a@b.de", "電話", "13800138000", "GB29 NWBK 6016"),
        *("12 ", "1Z999AA10123456784", "零一二三四五六七八九十", "www.", "http://", "::1", "(at)", "[ at", "wechat"),
        *(" dot ", "mp30"),
        *("x" * 70, "好" * 50),
    ]
)
TEXTS = st.lists(st.lists(PIECES, max_size=14).map("".join), min_size=1, max_size=8)
EVERY = [chr(point) for point in range(0x20000) if not 0xD800 <= point < 0xE000]


@needs_kernels
@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_languages(texts: list[str]) -> None:
    said = text.normalize_all(texts)
    told, expected = both(lambda: languages(said))
    assert told == expected


@needs_kernels
@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_judged_passages(texts: list[str]) -> None:
    said = [*text.fold_all(text.normalize_all(texts)), ""]
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*both(lambda: bundled().judged(said)), strict=True))


@needs_kernels
def test_long_passages_are_counted() -> None:
    said = ["please add a dark mode and fix it " * n for n in (1, 9, 200)]  # few phrases are sorted at once, many not
    assert np.array_equal(*both(lambda: bundled().judged(said)))


@needs_kernels
@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_what_is_personal(texts: list[str]) -> None:
    said = text.normalize_all(texts)
    found, expected = both(lambda: found_in(said))
    assert found == expected
    assert expected == {row: spans for row, one in enumerate(said) if suspect(one) and (spans := find(one))}


@needs_kernels
def test_every_known_case_is_found_among_others() -> None:
    said = text.normalize_all([case["text"] for case in CASES])
    assert found_in(said) == {row: spans for row, one in enumerate(said) if (spans := find(one))}


@needs_kernels
@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_copies(texts: list[str]) -> None:
    said = text.normalize_all(texts)
    hashes = digests.text_hashes(said)
    assert np.array_equal(*both(lambda: duplicates.bands(said, hashes)))


@needs_kernels
def test_letters_and_tokens_of_every_character() -> None:
    said = [f"One {c}two{c} three four {c} FIVE six seven{c}" for c in EVERY]
    said += [f"好{c}不好的{c}东西啊啊啊啊" for c in EVERY] + EVERY
    hashes = digests.text_hashes(said)
    assert np.array_equal(*both(lambda: duplicates.bands(said, hashes)))


@needs_kernels
def test_tokens_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_MOST", 50)
    monkeypatch.setattr(duplicates, "_known", duplicates._Tokens())
    for first in range(0, 300, 30):
        said = [" ".join(f"word{n + k}" for k in range(9)) for n in range(first, first + 30)]
        hashes = digests.text_hashes(said)
        assert np.array_equal(*both(lambda said=said, hashes=hashes: duplicates.bands(said, hashes)))


def test_customers() -> None:
    given = pa.array(["anna", None, "", "李雷"]).slice(1)
    assert hash_customers(given, b"k").to_pylist() == [None, *(hash_customer(c, b"k") for c in ("", "李雷"))]


def test_nothing_to_do() -> None:
    def empty() -> tuple[Any, ...]:
        return languages([]), found_in([]), digests.hashes([]).tolist(), duplicates.bands([], []).shape

    with mock.patch.object(native, "_all", dict):
        expected = empty()
    assert empty() == expected
