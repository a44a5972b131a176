"""Forgetting customers: their rows stay as numbers in the intake, and everything said in them goes."""

from __future__ import annotations

from collections.abc import Set

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reviewlens.schemas import FORGOTTEN

_KEPT = frozenset({"part", "row", "key", "review_id", "created_at", "exported_at"})


def forget_customers(
    scored: pa.RecordBatch, mentions: pa.RecordBatch, forgotten: Set[str]
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Blank the rows of `SCORED` whose customer hash is in `forgotten`, and drop their `MENTIONS`.

    A blanked row keeps its place, id and times, so that it still counts in the intake and still supersedes its older
    versions. Where the export has no ids, the id is a hash of what identified the review.
    """
    gone = _gone(scored, forgotten)
    if not pc.any(gone).as_py():
        return scored, mentions
    rows = pc.filter(scored.column("row"), gone)
    return blank(scored, gone), mentions.filter(pc.invert(pc.is_in(mentions.column("row"), value_set=rows)))


def blank(scored: pa.RecordBatch, gone: pa.Array) -> pa.RecordBatch:
    """Return the batch with the rows marked in `gone` blanked."""
    instead = {"reason": FORGOTTEN, "content": 0}
    columns = [
        scored.column(field.name)
        if field.name in _KEPT
        else pc.if_else(gone, pa.scalar(instead.get(field.name), field.type), scored.column(field.name))
        for field in scored.schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=scored.schema)


def reviews_of(path: str, customers: Set[str]) -> set[int]:
    """Return the keys of the reviews in a file of `SCORED` whose customer hash is in `customers`."""
    wanted = pa.array(sorted(customers), pa.string())
    found: set[int] = set()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["key", "customer"]):
            mine = pc.is_in(batch.column("customer"), value_set=wanted)
            found.update(pc.filter(batch.column("key"), mine).to_pylist())
    return found


def _gone(scored: pa.RecordBatch, forgotten: Set[str]) -> pa.Array:
    return pc.is_in(scored.column("customer"), value_set=pa.array(sorted(forgotten), pa.string()))
