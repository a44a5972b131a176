"""The n-grams as arrays against the same sums one by one; blocks and threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.models.linear import NgramModel, check_byte, keys_of
from reviewlens.threads import Threads, blocks
from reviewlens.tokenizer import Encoded

BUCKETS = 64
TEXTS = st.lists(st.lists(st.integers(0, 5), max_size=9), min_size=1, max_size=6)


def model() -> NgramModel:
    rng = np.random.default_rng(1)
    check = np.zeros(BUCKETS, np.uint8)
    for key in keys_of(np.tile(np.arange(6, dtype=np.int32), 3), 3):  # some n-grams are known, others are not
        check[(key & np.uint64(BUCKETS - 1)).astype(np.int64)] = check_byte(key)
    weight = rng.normal(size=(BUCKETS, 2)).astype(np.float16)
    importance = rng.integers(1, 90, BUCKETS).astype(np.uint8)
    bias, stars = rng.normal(size=3).astype(np.float32), rng.normal(size=(3, 5)).astype(np.float32)
    return NgramModel(weight, importance, check, bias, stars, 3)


def one_by_one(m: NgramModel, ids: list[int], keep: range) -> np.ndarray:
    top, squares = np.zeros(3), 0.0
    for order in range(3):
        for end in range(keep.start + order, keep.stop):
            key = keys_of(np.array(ids[end - order : end + 1], np.int32), 3)[order]
            bucket = int(key[0] & np.uint64(BUCKETS - 1))
            if m.check[bucket] == check_byte(key)[0]:
                top[1:] += m.weight[bucket]
                squares += (m.importance[bucket] / 16.0) ** 2
    return (top / np.sqrt(max(squares, 1e-12)) + m.bias) @ m.stars


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.data())
def test_sums_of_texts_and_clauses_are_those_of_their_own_ngrams(texts: list[list[int]], data: st.DataObject) -> None:
    m = model()
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
    whole, part = m.group_logits(encoded, np.concatenate(group).astype(np.int64), len(clauses), Threads(2))
    assert np.allclose(whole, [one_by_one(m, ids, range(len(ids))) for ids in texts], atol=1e-4)
    assert len(part) == len(clauses)
    for found, (ids, keep) in zip(part, clauses, strict=True):
        assert np.allclose(found, one_by_one(m, ids, keep), atol=1e-4)


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(1, 60))
def test_blocks_cover_all_once_in_order(lengths: list[int], size: int) -> None:
    spans = blocks(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), size)
    assert [i for first, last in spans for i in range(first, last)] == list(range(len(lengths)))
    assert all(sum(lengths[first:last]) < size + 50 for first, last in spans)


def test_threads_keep_the_order_and_raise_what_a_piece_raises() -> None:
    assert Threads(3).map(lambda piece: piece * piece, range(20)) == [piece * piece for piece in range(20)]
    with pytest.raises(ZeroDivisionError):
        Threads(2).map(lambda piece: 1 / piece, [1, 0, 2])
