"""A long history in an output folder, without scoring it review by review.

One export is scored as ever. Its parts are then copied under new numbers: every copy has its own review ids, keys,
customers, texts, quotes and dates, so that nothing in it is a duplicate; scores, products and themes repeat. A manifest
the copies as parts of exports that are gone, which a run keeps.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.generate import DAYS, FIRST_DAY
from reviewlens.part import MENTIONS_FILE, ROW_GROUP, SCORED_FILE, number
from reviewlens.schemas import MENTIONS, SCORED
from reviewlens.store import Store


def grow(seed: Path, out: Path, rows: int) -> int:
    """Make `out` a copy of the output folder `seed` with a history of `rows` reviews or a little more; return how many.

    `seed` is left as it is.
    """
    shutil.copytree(seed, out, symlinks=True)
    store = Store(out)
    run = store.current_run()
    assert run is not None
    manifest = store.manifest(run)
    originals = list(manifest["parts"])
    total, copy = sum(part["rows"] for part in originals), 0
    while total < rows:
        copy += 1
        for part in originals:
            if total < rows:
                manifest["parts"].append(_copied(store, part, copy))
                total += part["rows"]
    (run / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return int(total)


def _copied(store: Store, part: dict[str, Any], copy: int) -> dict[str, Any]:
    name = hashlib.blake2b(f"{part['id']} {copy}".encode(), digest_size=16).hexdigest()
    folder, original = store.parts / name, store.parts / part["id"]
    folder.mkdir()
    for file, schema in ((SCORED_FILE, SCORED), (MENTIONS_FILE, MENTIONS)):
        with pq.ParquetFile(original / file) as given, pq.ParquetWriter(folder / file, schema) as writer:
            for batch in given.iter_batches(ROW_GROUP):
                writer.write_batch(_renewed(batch, schema, number(name), copy))
    receipt = {**store.receipt(part["id"]), "id": name, "source": f"{copy:05d}-{part['source']}"}
    store.write_receipt(folder, receipt)
    return {**part, "id": name, "source": receipt["source"], "part": number(name), "content": name}


def _renewed(batch: pa.RecordBatch, schema: pa.Schema, part: int, copy: int) -> pa.RecordBatch:
    mark = np.random.default_rng(copy).integers(1, 2**62)
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns["part"] = pa.array(np.full(batch.num_rows, part, np.int64))
    columns["review_id"] = pc.binary_join_element_wise(f"{copy:05d}", columns["review_id"], "-")
    # No two customers say the same in real life, so no two quotes are alike here either.
    which = pa.array([f"{copy:05d}.{row}" for row in columns["row"].to_pylist()])
    columns["quote"] = pc.binary_join_element_wise(columns["quote"], which, " ")
    for name in ("key", "content", "text_hash"):
        if name in columns:
            columns[name] = _marked(columns[name], mark)
    if "bands" in columns:
        bands = columns["bands"]
        columns["bands"] = pa.ListArray.from_arrays(bands.offsets, _marked(bands.values, mark), mask=bands.is_null())
    for name in {
        "created_at",
        "exported_at",
    } & columns.keys():  # else chance would repeat itself until it is significant
        columns[name] = _moved(columns[name], copy)
    if "customer" in columns:
        columns["customer"] = pc.binary_join_element_wise(columns["customer"], f"{copy:05d}", "")
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _moved(times: pa.Array, copy: int) -> pa.Array:
    days = np.random.default_rng(copy).integers(1, DAYS)
    since = times.to_numpy(zero_copy_only=False) - FIRST_DAY + np.timedelta64(days, "D")
    return pa.array(FIRST_DAY + since % np.timedelta64(DAYS, "D"), times.type)


def _marked(hashes: pa.Array, mark: np.int64) -> pa.Array:
    values = hashes.fill_null(0).to_numpy(zero_copy_only=False) ^ mark
    return pa.array(values, pa.int64(), mask=hashes.is_null().to_numpy(zero_copy_only=False))
