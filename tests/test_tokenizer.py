"""The tokenizer: offsets, independence of neighbors, and nothing lost."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.classifier import Classifier
from reviewlens.errors import ArtefactError
from reviewlens.tokenizer import CUT, FIRST_PIECE, Tokenizer, normal_form

TEXTS = st.lists(st.text(max_size=300), min_size=1, max_size=6)
CORPUS = ["the battery is great", "the screen is bad", "屏幕很好，电池不行", "très bon produit", "😡 terrible 😡"] * 20


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Classifier.load().tokenizer


def _decoded(tokenizer: Tokenizer, ids: np.ndarray) -> str:
    pieces = tokenizer.pieces()
    out = b""
    for index in ids.tolist():
        piece = pieces[index]
        out += bytes([int(piece[3:5], 16)]) if index < FIRST_PIECE and piece.startswith("<0x") else piece.encode()
    return out.decode("utf-8", "replace").replace("▁", "")


def _solid(text: str) -> str:
    return re.sub(r"[\s▁]+", "", text)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_nothing_is_lost_but_space(tokenizer: Tokenizer, texts: list[str]) -> None:
    encoded = tokenizer.encode(texts, head=4000, tail=4000)
    for row, text in enumerate(texts):
        ids = encoded.ids[encoded.offsets[row] : encoded.offsets[row + 1]]
        assert _solid(_decoded(tokenizer, ids)) == _solid("".join(map(normal_form, text.split())))


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_a_text_is_encoded_the_same_alone_and_in_company(tokenizer: Tokenizer, texts: list[str]) -> None:
    together = tokenizer.encode(texts, head=20, tail=10)
    fresh = Tokenizer(tokenizer._model)
    for row, text in enumerate(texts):
        alone = fresh.encode([text], head=20, tail=10)
        span = slice(together.offsets[row], together.offsets[row + 1])
        assert alone.ids.tolist() == together.ids[span].tolist()
        assert alone.starts.tolist() == together.starts[span].tolist()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_starts_rise_and_point_at_words(tokenizer: Tokenizer, text: str) -> None:
    encoded = tokenizer.encode([text], head=2000, tail=2000)
    starts = encoded.starts.tolist()
    assert starts == sorted(starts)
    assert all(0 <= start < len(text) and not text[start].isspace() for start in starts)


def test_the_middle_of_a_long_text_is_left_out_and_offsets_stay_true(tokenizer: Tokenizer) -> None:
    text = "good " * 3000 + "end"
    encoded = tokenizer.encode([text], head=20, tail=10)
    assert encoded.truncated.all()
    assert len(encoded.ids) == 31
    assert encoded.ids[20] == CUT
    assert text[encoded.starts[-1] :] == "end"


def test_clip_equals_encoding_shorter(tokenizer: Tokenizer) -> None:
    texts = ["one two three four five six seven", "short", "", "很好的手机，就是太贵了。" * 4]
    long = tokenizer.encode(texts, head=400, tail=100)
    clipped, short = long.clip(4, 2), tokenizer.encode(texts, head=4, tail=2)
    assert clipped.ids.tolist() == short.ids.tolist()
    assert clipped.offsets.tolist() == short.offsets.tolist()
    assert clipped.truncated.tolist() == short.truncated.tolist()


def test_take_picks_texts(tokenizer: Tokenizer) -> None:
    texts = ["one two", "three", "four five six"]
    taken = tokenizer.encode(texts, head=50, tail=10).take(np.array([2, 0]))
    expected = tokenizer.encode([texts[2], texts[0]], head=50, tail=10)
    assert taken.ids.tolist() == expected.ids.tolist()
    assert taken.offsets.tolist() == expected.offsets.tolist()


def test_training_needs_no_segmenter_and_keeps_every_script(tmp_path: object) -> None:
    trained = Tokenizer.train(CORPUS, size=200)
    encoded = trained.encode(["屏幕很好 😡 ผม"], head=100, tail=100)
    assert _decoded(trained, encoded.ids) == "屏幕很好angryผม"


def test_save_and_load_answer_alike(tmp_path) -> None:
    trained = Tokenizer.train(CORPUS, size=200)
    trained.save(tmp_path / "t.json")
    loaded = Tokenizer.load(tmp_path / "t.json")
    assert loaded.encode(CORPUS, head=9, tail=9).ids.tolist() == trained.encode(CORPUS, head=9, tail=9).ids.tolist()


def test_a_foreign_file_is_refused(tmp_path) -> None:
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(ArtefactError, match="tokenizer"):
        Tokenizer.load(tmp_path / "t.json")


def test_emoji_are_read_as_words(tokenizer: Tokenizer) -> None:
    encoded = tokenizer.encode(["nice👍👍", "nice great great"], head=50, tail=10)
    first, second = np.split(encoded.ids, encoded.offsets[1:-1])
    assert first.tolist() == second.tolist()


PARTS = st.sampled_from([*"aB éİΣ好か한ﬁⅷ1.,!)…，！", "e\u0301", "👍", "❤️", "ｶﾞ", "good", " not", "了", "<pad>", "▁"])


@settings(max_examples=200, deadline=None)
@given(st.lists(PARTS, max_size=30).map("".join))
def test_a_word_cut_into_runs_has_the_subwords_of_the_word(tokenizer: Tokenizer, text: str) -> None:
    cuttable = re.compile(r"(?<=[。！？；，、…~～：）】,;!?:)])")
    expected: list[str] = []
    for word in text.split():
        parts = [word] if word.isascii() or len(word) <= 4 else [p for p in cuttable.split(word) if p]
        for place, part in enumerate(parts):
            form = normal_form(part)
            form = form if place else form[1:] if form.startswith("▁") else "▁" + form
            expected += tokenizer._model.encode(form, add_special_tokens=False).tokens
    ids = [tokenizer._model.token_to_id(piece) for piece in expected]
    assert tokenizer.encode([text], head=500, tail=500).ids.tolist() == ids


def test_runs_that_begin_alike_do_not_share_an_answer(tokenizer: Tokenizer) -> None:
    first = tokenizer.encode(["good goods"], head=50, tail=10).ids.tolist()
    second = tokenizer.encode(["Goods good"], head=50, tail=10).ids.tolist()
    assert first != second
    assert sorted(first) == sorted(second)


def test_more_subwords_than_the_memory_holds_are_encoded_all_the_same(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = np.random.default_rng(0).choice(list("abcdefghilmnoprstuvw"), size=(40, 190))
    texts = ["".join(row) for row in letters]
    wanted = [tokenizer.encode([text], head=900, tail=0).ids for text in texts]
    monkeypatch.setattr("reviewlens.memory._ROOM", 2000)
    assert sum(map(len, wanted)) > 2000 > max(map(len, wanted))
    small = Tokenizer(tokenizer._model)
    monkeypatch.setattr("reviewlens.tokenizer._CHUNK", 200)
    found = small.encode(texts, head=900, tail=0)
    assert [found.ids[a:b].tolist() for a, b in pairwise(found.offsets)] == [ids.tolist() for ids in wanted]


def test_the_memory_forgets_and_the_answers_stay(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"word{i} 好{chr(0x4E00 + i)} x{i * 7919}" for i in range(150)]
    expected = tokenizer.encode(texts, head=50, tail=10).ids.tolist()
    monkeypatch.setattr("reviewlens.memory._MOST", 100)
    small = Tokenizer(tokenizer._model)
    found = [small.encode([text], head=50, tail=10).ids.tolist() for text in texts]
    assert [i for ids in found for i in ids] == expected
