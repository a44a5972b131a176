"""Recommendations for all customers, written as Parquet with bounded memory."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reviewlens.recommend.recommender import Recommender
from reviewlens.whole import whole_file, with_columns

SCHEMA = pa.schema(
    [
        ("customer", pa.string()),
        ("rank", pa.int32()),
        ("product_id", pa.string()),
        ("score", pa.float64()),
        ("reason", pa.string()),
    ]
)
_CUSTOMERS = 2_000  # in memory before they are written


def recommend_all(
    recommender: Recommender, out: str | os.PathLike[str], *, k: int = 10, at: str | pd.Timestamp | None = None
) -> int:
    """Write the `k` best products of every customer to a Parquet file and return the number of rows.

    Columns customer, rank (1 is best), product_id, score, reason; ordered by customer and rank. The file appears
    whole or not at all: it is written beside `out` and moved there, in the place of earlier recommendations.

    Raises `OverwriteError` where `out` is anything else.
    """
    written = 0
    waiting: list[pa.RecordBatch] = []
    with (
        whole_file(Path(out), what="a file of recommendations", same_kind=with_columns(*SCHEMA.names)) as draft,
        pq.ParquetWriter(draft, SCHEMA) as writer,
    ):
        for customer, answer in recommender.recommend_each(k=k, at=at):
            size = len(answer.product_id)
            columns = [[customer] * size, range(1, size + 1), answer.product_id, answer.score, answer.reason]
            arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
            waiting.append(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))
            written += size
            if len(waiting) >= _CUSTOMERS:
                writer.write_table(pa.Table.from_batches(waiting).combine_chunks())
                waiting = []
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting).combine_chunks())
    return written
