"""Which rows of the parts count: the filter of `run.scored` and `run.mentions` against a slow look at each row."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.run import none_of

ROWS = 6


@settings(deadline=None)
@given(
    parts=st.lists(st.integers(0, 20) | st.integers(0, 2**60 - 1), min_size=1, max_size=6, unique=True),
    gone=st.lists(st.tuples(st.integers(0, 5), st.integers(0, ROWS - 1)), max_size=12, unique=True),
)
def test_exactly_the_rows_that_are_gone_are_left_out(parts, gone):
    """Parts whose numbers lie close together are told apart too."""
    places = [(part, row) for part in parts for row in range(ROWS)]
    lost = {(parts[i % len(parts)], row) for i, row in gone}
    table = pa.table(dict(zip(("part", "row"), map(list, zip(*places, strict=True)), strict=True)))
    out = pa.table(
        {"part": pa.array([p for p, _ in lost], pa.int64()), "row": pa.array([r for _, r in lost], pa.int64())}
    )
    kept = ds.dataset(table).filter(none_of(out, dict.fromkeys(parts, ROWS))).to_table().to_pydict()
    assert list(zip(kept["part"], kept["row"], strict=True)) == [place for place in places if place not in lost]


@pytest.mark.parametrize(("second", "terms"), [(ROWS, 1), (ROWS - 1, 2)])
def test_parts_that_lie_apart_are_asked_together(second, terms):
    """One question for all, whose time does not grow with the number of parts, unless it could be mistaken."""
    gone = pa.table({"part": [0, second], "row": [1, 1]})
    assert str(none_of(gone, {0: ROWS, second: ROWS})).count("is_in") == terms
