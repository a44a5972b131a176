"""Batches that are bounded in bytes as well as in rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reviewlens.read.strings import is_texty

BATCH_BYTES = 16 << 20  # unpacked bytes in a batch, whatever the rows hold


def cut(batch: pa.RecordBatch, batch_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the batch in pieces that hold at most `batch_rows` rows and about BATCH_BYTES of text."""
    total = np.cumsum(weights(batch))
    if batch.num_rows <= batch_rows and (not len(total) or total[-1] <= BATCH_BYTES):
        yield batch
        return
    start = 0
    while start < batch.num_rows:
        before = total[start - 1] if start else 0
        stop = int(np.searchsorted(total, before + BATCH_BYTES, side="right"))
        stop = min(max(stop, start + 1), start + batch_rows, batch.num_rows)
        yield batch.slice(start, stop - start)
        start = stop


def weights(batch: pa.RecordBatch) -> NDArray[np.int64]:
    """Return the bytes of text in each row, unpacked."""
    weight = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and is_texty(column.type.value_type):
            found = lengths(column.dictionary).take(column.indices)
        elif is_texty(column.type):
            found = lengths(column)
        else:
            continue
        weight += found.fill_null(0).to_numpy(zero_copy_only=False)
    return weight


def lengths(array: pa.Array) -> pa.Array:
    """Return the bytes of each text."""
    if pa.types.is_string_view(array.type) or pa.types.is_binary_view(array.type):
        array = array.cast(pa.large_binary())
    return pc.binary_length(array).cast(pa.int64())
