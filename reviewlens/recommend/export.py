"""Recommendations for all customers, written as Parquet with bounded memory."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reviewlens.recommend.recommender import Recommender

SCHEMA = pa.schema(
    [
        ("customer", pa.string()),
        ("rank", pa.int32()),
        ("product_id", pa.string()),
        ("score", pa.float64()),
        ("reason", pa.string()),
    ]
)
_ROWS = 20_000  # rows in memory before they are written


def recommend_all(
    recommender: Recommender, out: str | os.PathLike[str], *, k: int = 10, at: str | pd.Timestamp | None = None
) -> int:
    """Write the `k` best products of every customer to a Parquet file and return the number of rows.

    Columns customer, rank (1 is best), product_id, score, reason; ordered by customer and rank. The file appears
    whole or not at all: it is written beside `out` and moved there.
    """
    target = Path(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    written, waiting, count = 0, [], 0
    try:
        with pq.ParquetWriter(draft, SCHEMA) as writer:
            for customer, answer in recommender.recommend_each(k=k, at=at):
                waiting.append(answer.assign(customer=customer, rank=range(1, len(answer) + 1)))
                count += len(answer)
                if count >= _ROWS:
                    writer.write_table(_table(waiting))
                    written, waiting, count = written + count, [], 0
            if count:
                writer.write_table(_table(waiting))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return written + count


def _table(answers: list[pd.DataFrame]) -> pa.Table:
    return pa.Table.from_pandas(pd.concat(answers, ignore_index=True), schema=SCHEMA, preserve_index=False)
