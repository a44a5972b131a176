"""Descriptions of all products of a run, written as Parquet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from reviewlens.descriptions.description import Description, described
from reviewlens.descriptions.facts import Source
from reviewlens.descriptions.writers import SECONDS, Patient, Writer
from reviewlens.whole import whole_file, with_columns

if TYPE_CHECKING:
    from reviewlens.run import Run

SCHEMA = pa.schema(
    [
        ("product_id", pa.string()),
        ("language", pa.string()),
        ("text", pa.string()),
        ("points", pa.list_(pa.string())),
        ("theme_ids", pa.list_(pa.string())),
        ("reviews", pa.int64()),
        ("dropped", pa.list_(pa.string())),
    ]
)
_PRODUCTS = 500  # in memory before they are written


def describe_all(
    run: Run,
    out: str | os.PathLike[str],
    *,
    language: str = "en",
    writer: Writer | None = None,
    writer_seconds: float = SECONDS,
) -> int:
    """Write the description of every product to a Parquet file, in order of product; return how many.

    `dropped` holds why sentences of a writer were left out. A writer that fails for one product leaves that product
    with the description of the templates; so does one that gives no answer within `writer_seconds`, and after three
    such products in a row it is not asked again. The file appears whole or not at all, in the place
    of earlier descriptions.

    Raises `OverwriteError` where `out` is anything else.
    """
    patient = None if writer is None else Patient(writer, writer_seconds)
    source = Source.of(run)
    products = sorted(source.products)
    with (
        whole_file(Path(out), what="a file of descriptions", same_kind=with_columns(*SCHEMA.names)) as draft,
        pq.ParquetWriter(draft, SCHEMA) as sink,
    ):
        for start in range(0, len(products), _PRODUCTS):
            block = products[start : start + _PRODUCTS]
            found = [described(source.facts(product), language=language, writer=patient) for product in block]
            sink.write_table(pa.Table.from_pylist([_row(one) for one in found], schema=SCHEMA))
    return len(products)


def _row(one: Description) -> dict[str, object]:
    return {
        "product_id": one.product_id,
        "language": one.language,
        "text": one.text,
        "points": one.points,
        "theme_ids": sorted({theme.theme_id for sentence in one.sentences for theme in sentence.themes}),
        "reviews": one.facts.reviews,
        "dropped": [dropped.why for dropped in one.dropped],
    }
