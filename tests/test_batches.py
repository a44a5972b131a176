"""What is done for many texts at once as arrays, against the same done one by one."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.classifier import Classifier
from reviewlens.forms import Forms
from reviewlens.lattice import LONGEST
from reviewlens.memory import Keys
from reviewlens.models.laying_out import BATCH_ROWS, Sizes, lay_out
from reviewlens.models.mixture import clause_of
from reviewlens.models.packed import convolve
from reviewlens.tokenizer import FIRST_PIECE, Encoded, Tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Classifier.load().tokenizer


@pytest.mark.parametrize("cells", [500, 1 << 18])
def test_many_runs_are_searched_as_the_library_searches_each(
    tokenizer: Tokenizer, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewlens.lattice._CELLS", cells)
    rng = np.random.default_rng(7)
    pieces = tokenizer.pieces()[FIRST_PIECE:]
    single = {piece for piece in pieces if len(piece) == 1}
    runs = ["".join(rng.choice(pieces, size)) for size in rng.integers(1, 8, 400)]
    runs += ["a", "\u2581", "ꙮ", "goodꙮ", "", "z" * LONGEST, "z" * (LONGEST + 1)]
    ids, counts = tokenizer._lattice.search(Forms.of(runs))
    ends = np.cumsum(counts)
    for run, end, count in zip(runs, ends.tolist(), counts.tolist(), strict=True):
        left_out = len(run) > LONGEST or any(char not in single for char in run)
        expected = [] if left_out or not run else tokenizer._model.encode(run, add_special_tokens=False).ids
        assert ids[end - count : end].tolist() == expected, run
    assert np.count_nonzero(counts) > 200


@given(st.lists(st.integers(1, 400), unique=True, max_size=40), st.lists(st.integers(1, 400), max_size=60))
def test_keys_are_found_where_many_want_one_slot(kept: list[int], asked: list[int]) -> None:
    keys = Keys(bits=6)
    slots = dict(zip(kept, keys.add(np.array(kept, np.uint64)).tolist(), strict=True))
    assert len(set(slots.values())) == len(kept)
    assert keys.find(np.array(asked, np.uint64)).tolist() == [slots.get(key, -1) for key in asked]


LENGTHS = st.lists(st.integers(0, 30), min_size=1, max_size=BATCH_ROWS + 5)
SIZES = st.builds(Sizes, st.sampled_from([1, 2, 3]), st.sampled_from([2, 4]))


@settings(max_examples=60, deadline=None)
@given(LENGTHS, SIZES, st.randoms(use_true_random=False))
def test_reviews_lie_end_to_end(lengths: list[int], sizes: Sizes, random) -> None:
    pooled, stride = sizes
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = np.array([random.randint(3, 99) for _ in range(offsets[-1])], np.int32)
    counts = [random.randint(0, 3) for _ in lengths]
    own = [sorted(random.randint(-1, most - 1) for _ in range(n)) for n, most in zip(lengths, counts, strict=True)]
    clause = np.array([c for part in own for c in part], np.int64)
    in_places = [-(-n // pooled) for n in lengths]
    groups = [max(1, -(-n // stride)) for n in in_places]
    rows = sorted(range(len(lengths)), key=lambda row: -groups[row])
    encoded = Encoded(ids, np.zeros_like(ids), offsets, np.zeros(len(lengths), np.bool_))
    block = lay_out(encoded, clause, np.array(counts), np.array(rows), sizes)
    taps = np.random.default_rng(0).normal(size=(100, 3, 8)).astype(np.float32)
    taps[0, [0, 2]] = 0
    at = 0
    for batch, first in enumerate(range(0, len(rows), BATCH_ROWS)):
        some = rows[first : first + BATCH_ROWS]
        unread = BATCH_ROWS + sum(counts[row] for row in some)
        before, weights = BATCH_ROWS, defaultdict(float)
        near, by_step = convolve(ids, taps, sizes, 3, *block.rows_of(batch))
        assert block.places[batch] == at
        own_at = 0
        for place, row in enumerate(some):
            subwords = ids[int(offsets[row]) : int(offsets[row + 1])].tolist()
            padded = [0, *subwords, *[0] * (groups[row] * stride * pooled - lengths[row] + 1)]
            three = [
                taps[a, 0] + taps[b, 1] + taps[c, 2]
                for a, b, c in zip(padded[:-2], padded[1:-1], padded[2:], strict=True)
            ]
            for nth in range(groups[row] * stride):
                strongest = np.maximum(np.max(three[nth * pooled : (nth + 1) * pooled], axis=0), 0)
                assert np.array_equal(near[own_at + nth], [*strongest, 1, 1, 1])
                sums = {unread}
                if nth < in_places[row]:
                    last = own[row][min(nth * pooled + pooled, lengths[row]) - 1]
                    weights[place, nth // stride * BATCH_ROWS + place] += 1 / stride
                    assert block.review[at + nth] == place
                    if last >= 0:
                        sums = {before + last}
                        weights[before + last, nth // stride * BATCH_ROWS + place] += 1 / stride
                else:
                    assert block.review[at + nth] == unread
                assert {int(block.clause[at + nth, 0])} == sums
            in_groups = near[own_at : own_at + groups[row] * stride, :-3].reshape(groups[row], stride, -1)
            assert np.array_equal(by_step[: groups[row], place], in_groups.max(axis=1))
            assert not by_step[groups[row] :, place].any()
            at, own_at = at + groups[row] * stride, own_at + groups[row] * stride
            before += counts[row]
        assert own_at == len(near)
        parts = slice(*block.parts[batch : batch + 2])
        shares = zip(*(block.share[name][parts].ravel().tolist() for name in ("sum", "place", "weight")), strict=True)
        assert {(a, b): weight for a, b, weight in shares if weight} == weights
        assert block.steps[batch].tolist() == [groups[row] for row in some] + [1] * (BATCH_ROWS - len(some))
    assert block.places[-1] == at


@given(st.lists(st.lists(st.integers(0, 12), max_size=8).map(sorted), max_size=5), st.randoms(use_true_random=False))
def test_a_subword_is_of_the_clause_that_it_begins_in(starts: list[list[int]], random) -> None:
    clauses = [(row, *sorted(random.sample(range(14), 2))) for row in range(len(starts)) for _ in range(3)]
    clauses = [c for i, c in enumerate(sorted(clauses)) if i % 3 == 0 or random.random() < 0.5]
    expected = []
    for row, text in enumerate(starts):
        for start in text:
            begun = [i for i, (owner, begin, _) in enumerate(clauses) if owner == row and begin <= start]
            expected.append(begun[-1] if begun and start < clauses[begun[-1]][2] else -1)
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in starts])]).astype(np.int64)
    flat = np.array([start for text in starts for start in text], np.int32)
    encoded = Encoded(np.zeros_like(flat), flat, offsets, np.zeros(len(starts), np.bool_))
    owner = np.array([row for row, _, _ in clauses], np.int64)
    bounds = np.array([bound for _, *bound in clauses], np.int64).reshape(-1, 2)
    assert clause_of(encoded, owner, bounds).tolist() == expected
