"""The kernels in C against their twins in NumPy: the same answers, bit for bit."""

import ctypes
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reviewlens as rl
from reviewlens import letters, native, text
from reviewlens.classifier import Classifier
from reviewlens.forms import Forms
from reviewlens.keys import Keys
from reviewlens.models.laying_out import Sizes
from reviewlens.models.packed import convolve
from reviewlens.phrases import Phrases
from reviewlens.trie import Trie

OF_SOURCES = (5, "878c82bb59b84ea0")  # the version of the kernels, and the digest of their code
BUILT = native.kernel("find_keys") is not None
needs_kernels = pytest.mark.skipif(not BUILT, reason="the extension was not built: no C compiler")
WORDS = st.sampled_from(
    [*"aA.,!? \n好但，。é한พ😀ﬁΣς\u0301\u200d", "but", " but ", "不过", "虽然", "not yet", "good", "x" * 30, "好" * 90]
)
TEXTS = st.lists(st.lists(WORDS, max_size=25).map("".join), min_size=1, max_size=6)
SAID = [
    "Battery died in a week, but the screen is lovely!",
    "不好用，但是很便宜。下次还会买",
    "Ich hätte gern mehr; aber naja… 😀👍🏽 ok",
    "It broke. " * 200,
    "好" * 900,
    "z" * 500,
    "",
]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(threads=1)


def both(function: Callable[[], Any]) -> tuple[Any, Any]:
    """Return what a function gives with the kernels, and with their twins."""
    with_kernels = function()
    with mock.patch.object(native, "_all", dict):
        return with_kernels, function()


def same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_extension_is_built_where_there_is_a_compiler() -> None:
    switched_off = bool(os.environ.get(native.OFF_VARIABLE))
    assert BUILT or switched_off or not any(map(shutil.which, ("cc", "gcc", "clang")))


@needs_kernels
@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_clauses(texts: list[str]) -> None:
    said = text.normalize_all(texts)

    def cut() -> tuple[Any, ...]:
        text._contrast.cache_clear()
        return text.segments(said)

    assert same(*both(cut))
    text._contrast.cache_clear()


@needs_kernels
@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_subwords(classifier: Classifier, texts: list[str]) -> None:
    encode = classifier.tokenizer.encode
    assert same(*both(lambda: (*encode(texts, head=40, tail=20), *encode(texts[::-1], head=9, tail=9))))


@needs_kernels
def test_subwords_of_new_words() -> None:
    assert same(*both(lambda: Classifier.load().tokenizer.encode(SAID, head=400, tail=400)))


@needs_kernels
@given(st.lists(st.text("▁aeinst,好不过ꙮ", max_size=30), min_size=1, max_size=20))
def test_ways_through_runs(classifier: Classifier, runs: list[str]) -> None:
    assert same(*both(lambda: classifier.tokenizer._lattice.search(Forms.of(runs))))


PHRASES = st.lists(st.text("ab 好", min_size=1, max_size=6), min_size=1, max_size=12, unique=True)


@needs_kernels
@settings(max_examples=400, deadline=None)
@given(PHRASES, st.text("aAb 好Ｂ", max_size=60), st.booleans())
def test_phrases(phrases: list[str], said: str, leftmost: bool) -> None:
    points = letters.codes(text.normalize(said))
    found, expected = both(lambda: Trie(phrases, leftmost=leftmost).find(points))
    assert found.tolist() == expected.tolist()


@needs_kernels
def test_phrases_of_every_letter() -> None:
    phrases = [chr(point) for point in range(0x61, 0x7B)] + ["ab", "abcd", "abcde", "b c", "zz top"]
    points = letters.codes(" ".join(phrases) * 50)  # more than there is room for at first
    found, expected = both(lambda: Trie(phrases).find(points))
    assert found.tolist() == expected.tolist() and len(found) > len(points) // 8


@needs_kernels
@given(st.lists(st.integers(1, 400), unique=True, max_size=40), st.lists(st.integers(1, 400), max_size=60))
def test_keys(kept: list[int], asked: list[int]) -> None:
    keys = Keys(bits=6)
    keys.add(np.array(kept, np.uint64))
    assert same(*both(lambda: (keys.find(np.array(asked, np.uint64)),)))


@needs_kernels
@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_scores(classifier: Classifier, texts: list[str]) -> None:
    said = text.normalize_all(texts)
    owner, bounds = text.segments(said)
    assert same(*both(lambda: classifier.score_segments(said, owner, bounds)))


@needs_kernels
@settings(max_examples=60, deadline=None)
@given(PHRASES, TEXTS)
def test_phrases_in_clauses(phrases: list[str], texts: list[str]) -> None:
    said = text.normalize_all(texts)
    owner, bounds = text.segments(said)
    assert same(*both(lambda: Phrases(phrases).find(said, owner, bounds)))


def test_without_the_extension_a_review_gets_the_same_score() -> None:
    code = "import json, sys, reviewlens as rl; print(rl.score(json.load(sys.stdin)).to_json(double_precision=15))"
    answers = [
        subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(SAID),
            env=os.environ | {native.OFF_VARIABLE: off},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for off in ("", "1")
    ]
    assert answers[0] == answers[1] == rl.score(SAID).to_json(double_precision=15) + "\n"


@needs_kernels
def test_an_array_of_another_kind_is_refused() -> None:
    find = native.kernel("find_keys")
    assert find is not None
    keys = np.zeros(4, np.uint64)
    with pytest.raises((TypeError, ctypes.ArgumentError), match="int32"):
        find(keys, 3, keys.astype(np.int32), 4, np.zeros(4, np.int64))
    with pytest.raises((TypeError, ctypes.ArgumentError), match="without gaps"):
        find(keys, 3, keys[::2], 2, np.zeros(4, np.int64))


def test_an_extension_of_other_sources_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "KERNELS_VERSION", -1)
    assert native._library() is None


def test_an_extension_without_one_of_the_kernels_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(native._TAKES, "yet_to_be_written", "q")
    assert native._library() is None
    monkeypatch.setattr(native, "_all", native._all.__wrapped__)  # what is remembered is of before
    assert native.kernel("find_keys") is None and native.loops() == "NumPy"


def test_sources_that_change_have_another_version() -> None:
    """Else an extension that an update left behind would be called with what it does not take."""
    folder = Path(native.__file__).parent
    texts = [file.read_text("utf-8") for file in sorted([*folder.glob("*.c"), *folder.glob("*.h")])]
    code = re.sub(r"/\*.*?\*/|\s", "", "".join(texts), flags=re.DOTALL)
    said = (native.KERNELS_VERSION, hashlib.blake2b(code.encode(), digest_size=8).hexdigest())
    assert said == OF_SOURCES, "raise KERNELS_VERSION in kernels.h and in __init__.py, and write both down here"


@needs_kernels
def test_more_features_than_a_kernel_has_room_for() -> None:
    taps = np.random.default_rng(1).standard_normal((5, 3, 300)).astype(np.float32)
    ids, lengths = np.array([1, 2, 3, 4, 2, 1], np.int32), np.array([4, 2])
    rows = np.array([0, 4]), lengths, Sizes(2, 2).groups_of(lengths)
    assert same(*both(lambda: convolve(ids, taps, Sizes(2, 2), 1, *rows)))


@needs_kernels
def test_what_another_thread_learns_meanwhile_is_not_half_seen(classifier: Classifier) -> None:
    """A page of characters is marked as known when its tables are whole, on processors that reorder writes too."""
    cutter, seen = classifier.tokenizer._cutter, []
    cut = native.kernel("cut_runs")
    assert cut is not None

    def watched(*taken: Any) -> int:
        seen.extend(taken)
        return cut(*taken)

    assert same(cutter._cut(letters.codes("ab ꙮ"), watched), cutter.cut(letters.codes("ab ꙮ")))
    assert not any(a is cutter._known for a in seen) and any(a is cutter._left for a in seen)


@pytest.mark.parametrize(("off", "said"), [("", "C"), ("1", "NumPy")])
def test_the_command_line_says_in_what_the_loops_are(off: str, said: str) -> None:
    command = [sys.executable, "-m", "reviewlens", "--version"]
    environment = os.environ | {native.OFF_VARIABLE: off}
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert shown.startswith(f"reviewlens, version {rl.__version__}\n")
    assert f"loops in {said if BUILT else 'NumPy'}" in shown


def test_a_phrase_without_a_letter_is_in_no_clause() -> None:
    said = ["!!", ""]
    owner, bounds = text.segments(said)
    assert len(Phrases(["!!"]).find(said, owner, bounds).phrase) == 0
