"""The user's rows as `REVIEWS`: one record batch in, one out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reviewlens.errors import ColumnError
from reviewlens.read.stars import to_ratings
from reviewlens.read.strings import is_texty, to_strings, unwrapped
from reviewlens.read.times import to_times
from reviewlens.schemas import REVIEWS

MAX_TEXT_BYTES = 1_000_000  # a longer "review" is an accident or an attack
MAX_NAME_BYTES = 10_000  # of ids, names and languages

Notes = Counter[str]


def left_out(schema: pa.Schema, columns: Mapping[str, str], where: str) -> dict[str, str]:
    """Return the mapped columns that cannot be used, ours -> why.

    Raises `ColumnError` when the text is one of them.
    """
    found = {}
    for ours, theirs in columns.items():
        kind = unwrapped(schema.field(theirs).type)
        if pa.types.is_nested(kind):
            found[ours] = f"column {theirs!r} is nested ({kind}) and left out"
        if ours == "text" and not (is_texty(kind) or pa.types.is_null(kind)):
            raise ColumnError(
                f"the text column {theirs!r} holds {kind}, not text",
                where=where,
                hint="map `text` to another column, or export it as a string",
            )
    return found


def to_reviews(
    batch: pa.RecordBatch,
    first: int,
    columns: Mapping[str, str],
    constants: Mapping[str, str | None],
    notes: Notes | None = None,
) -> pa.RecordBatch:
    """Return the batch, which holds the rows of the source from `first` on, with the schema `REVIEWS`.

    `columns` maps ours -> theirs, `constants` maps ours -> the one value of all rows (a folder's). What could not be
    read is null, and `notes` counts it by column and trouble.
    """
    notes = Counter() if notes is None else notes
    rows = batch.num_rows
    found = {"row": pa.array(np.arange(first, first + rows), pa.int64())}
    reason = pa.nulls(rows, pa.string())
    for field in REVIEWS:
        if field.name in columns:
            given = batch.column(columns[field.name])
        elif field.name in constants:
            given = pa.array([constants[field.name]] * rows, pa.string())
        else:
            continue
        if field.type == pa.string():
            found[field.name], troubles = _string(field.name, given)
        else:
            found[field.name], wrong = (to_ratings if field.name == "rating" else to_times)(given)
            troubles = {"unreadable": wrong}
        for trouble, which in troubles.items():
            if count := pc.sum(which).as_py():
                notes[f"{field.name} {trouble}"] += count
                if field.name == "text":
                    reason = pc.if_else(which, pa.scalar(trouble, pa.string()), reason)
    found["reason"] = reason
    arrays = [found.get(field.name, pa.nulls(rows, field.type)) for field in REVIEWS]
    return pa.RecordBatch.from_arrays(arrays, schema=REVIEWS)


def _string(ours: str, given: pa.Array) -> tuple[pa.Array, dict[str, pa.Array]]:
    found, bad = to_strings(given)
    prose = ours in {"text", "title"}
    long = pc.greater(pc.binary_length(found), MAX_TEXT_BYTES if prose else MAX_NAME_BYTES).fill_null(False)
    gone = pc.or_(long, bad) if ours == "text" else long
    if not prose:
        gone = pc.or_(gone, pc.equal(pc.utf8_trim_whitespace(found), "").fill_null(False))
    return pc.if_else(gone, pa.scalar(None, pa.string()), found), {"bad_encoding": bad, "too_long": long}
