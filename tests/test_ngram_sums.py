"""The n-grams as arrays against the same sums one by one; blocks, shares and threads."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.models.linear import NgramModel, check_byte, keys_of
from reviewlens.models.ngram_fit import View, _Family, _regression
from reviewlens.models.spelling import Spelling
from reviewlens.threads import Threads, blocks
from reviewlens.tokenizer import FIRST_PIECE, Encoded, Tokenizer

BUCKETS = 64
TEXTS = st.lists(st.lists(st.integers(0, 5), max_size=9), min_size=1, max_size=6)


def model(orders: int = 3, **reading: object) -> NgramModel:
    rng = np.random.default_rng(1)
    check = np.zeros(BUCKETS, np.uint8)
    for key in keys_of(np.tile(np.arange(6, dtype=np.int32), 3), orders):  # some n-grams are known, others are not
        check[(key & np.uint64(BUCKETS - 1)).astype(np.int64)] = check_byte(key)
    weight = rng.normal(size=(BUCKETS, 2)).astype(np.float16)
    importance = rng.integers(1, 90, BUCKETS).astype(np.uint8)
    bias, stars = rng.normal(size=3).astype(np.float32), rng.normal(size=(3, 5)).astype(np.float32)
    return NgramModel(weight, importance, check, bias, stars, orders, **reading)  # type: ignore[arg-type]


def one_by_one(m: NgramModel, ids: list[int], keep: range) -> np.ndarray:
    """Add up the n-grams within `keep` of a text; how often one occurs is counted over the whole text."""

    def bucket(order: int, end: int) -> int | None:
        gram = ids[end - order : end + 1]
        key = keys_of(np.array(gram, np.int32), m.orders)[order]
        place = int(key[0] & np.uint64(BUCKETS - 1))
        known = m.check[place] == check_byte(key)[0] and m.space not in gram[1:-1]
        return place if known else None

    top, squares = np.zeros(3), 0.0
    for order in range(m.shortest - 1, m.orders):
        times = Counter(bucket(order, end) for end in range(order, len(ids)))
        for end in range(keep.start + order, keep.stop):
            place = bucket(order, end)
            if place is not None:
                counted = 1 + np.log(times[place]) if m.damped else times[place]
                top[1:] += m.weight[place].astype(float) * counted / times[place]
                squares += (m.importance[place] / 16.0) ** 2 * counted ** (2 if m.damped else 1) / times[place]
    return (top / np.sqrt(max(squares, 1e-12)) + m.bias) @ m.stars


@pytest.mark.parametrize(
    "m", [model(), model(damped=True), model(damped=True, shortest=2, space=3), model(5, shortest=2, space=3)]
)
@settings(max_examples=60, deadline=None)
@given(texts=TEXTS, data=st.data())
def test_sums_of_texts_and_clauses_are_those_of_their_own_ngrams(
    m: NgramModel, texts: list[list[int]], data: st.DataObject
) -> None:
    clauses, group = [], []
    for ids in texts:
        ends = sorted(data.draw(st.tuples(*[st.integers(0, len(ids))] * 2)))
        own = np.full(len(ids), -1)
        if ends[0] < ends[1]:
            own[ends[0] : ends[1]] = len(clauses)
            clauses.append((ids, range(*ends)))
        group.append(own)
    lengths = np.array([len(ids) for ids in texts])
    flat = np.array([i for ids in texts for i in ids], np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    encoded = Encoded(flat, np.zeros(len(flat), np.int32), offsets, np.zeros(len(texts), np.bool_))
    whole, part = m.group_logits(encoded, np.concatenate(group).astype(np.int64), len(clauses))
    assert np.allclose(whole, [one_by_one(m, ids, range(len(ids))) for ids in texts], atol=1e-4)
    assert len(part) == len(clauses)
    for found, (ids, keep) in zip(part, clauses, strict=True):
        assert np.allclose(found, one_by_one(m, ids, keep), atol=1e-4)


@pytest.mark.parametrize("damped", [False, True])
def test_a_text_is_scored_as_it_was_fitted(damped: bool) -> None:
    rng = np.random.default_rng(2)
    texts = [rng.integers(0, 9, rng.integers(1, 30)).astype(np.int32) for _ in range(80)]
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    flat = np.concatenate(texts)
    encoded = Encoded(flat, np.zeros(len(flat), np.int32), offsets, np.zeros(len(texts), np.bool_))
    view = View(encoded, 5, 2, damped=damped, space=4)
    classes = np.array([int(text[0] > 4) * 2 for text in texts])
    stars = np.array([[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 1]], dtype=np.float32)
    family = _Family.of(view, None)
    weight, bias = _regression(family.matrix, classes, 3, 4.0, None)
    wanted = family.matrix @ weight + bias
    found = family.model(weight, bias, stars).logits(encoded)[:, [0, 2, 4]]
    assert np.allclose(found[:, 2] - found[:, 0], wanted[:, 2] - wanted[:, 0], atol=0.01)


def test_characters_are_those_of_the_subwords_read() -> None:
    tokenizer = Tokenizer.from_pieces((piece, -5.0) for piece in ("▁good", "s", "▁bad", "好"))
    encoded = tokenizer.encode(["goods bad", "", "好 bad é"], head=9, tail=0)
    spelled, source = Spelling.of(tokenizer.pieces()).spell(encoded)
    read = ["".join(map(chr, spelled.ids[a:b])) for a, b in pairwise(spelled.offsets[:-1])]
    assert read == ["▁goods▁bad", ""]
    assert np.array_equal(np.bincount(source, minlength=len(encoded.ids))[:3], [5, 1, 4])
    beyond = spelled.ids[spelled.ids > 0x10FFFF] - 0x110000
    assert np.array_equal(beyond, encoded.ids[encoded.ids < FIRST_PIECE])  # a byte is no character


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(1, 60))
def test_blocks_cover_all_once_in_order(lengths: list[int], size: int) -> None:
    spans = blocks(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), size)
    assert [i for first, last in spans for i in range(first, last)] == list(range(len(lengths)))
    assert all(sum(lengths[first:last]) < size + 50 for first, last in spans)


def test_threads_keep_the_order_and_raise_what_a_piece_raises() -> None:
    assert Threads(3).map(lambda piece: piece * piece, range(20)) == [piece * piece for piece in range(20)]
    with pytest.raises(ZeroDivisionError):
        Threads(2).map(lambda piece: 1 / piece, [1, 0, 2])


@given(st.lists(st.integers(0, 50_000), max_size=200), st.integers(1, 4))
def test_shares_cover_all_once_in_order_and_are_worth_a_thread(lengths: list[int], number: int) -> None:
    shares = Threads(number).shares(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
    assert [i for first, last in shares for i in range(first, last)] == list(range(len(lengths)))
    each = -(-sum(lengths) // number)  # what a thread has to do, in as many shares as memory asks for
    assert len(shares) <= number * max(1, -(-each // (1 << 20)))
    assert len(shares) <= 1 or sum(lengths) >= 1 << 15
    assert all(sum(lengths[first:last]) <= max(each, 1 << 15) + 50_000 for first, last in shares)


def test_a_share_is_not_shared_again() -> None:
    threads, offsets = Threads(2), np.array([0, 1 << 20, 1 << 21])
    assert len(threads.shares(offsets)) == 2
    assert threads.map(lambda _: len(threads.shares(offsets)), range(2)) == [2, 2]  # too much for one
    assert threads.map(lambda _: len(threads.shares(offsets // 2)), range(2)) == [1, 1]


@pytest.mark.parametrize("number", [1, 3])
def test_each_item_is_answered_in_order_and_few_wait(number: int) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(20):
            taken.append(item)
            yield item
        raise ZeroDivisionError

    got = []
    with pytest.raises(ZeroDivisionError):
        for value in Threads(number).each(lambda item: item * item, items()):
            got.append(value)
            assert len(taken) - len(got) <= number + 1
    assert got == [item * item for item in range(20)][: len(got)]
    assert len(got) >= 20 - number - 2
    with pytest.raises(ZeroDivisionError):
        list(Threads(number).each(lambda item: 1 / item, [1, 0, 2]))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="nothing is forked here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    def work() -> None:
        assert Threads(2).map(abs, [-1, -2, -3]) == [1, 2, 3]

    work()
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join(60)
    assert child.exitcode == 0


@pytest.mark.parametrize("number", [1, 2])
def test_what_is_made_ahead_comes_in_order_and_its_errors_arrive(number: int) -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for item in range(5):
            made.append(item)
            yield item
        raise ZeroDivisionError

    got = []
    with pytest.raises(ZeroDivisionError):
        for item in Threads(number).ahead(items()):
            got.append(item)
            assert len(made) - len(got) <= number  # memory holds what is worked with and the next
    assert got == list(range(5))
