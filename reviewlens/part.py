"""The unit of work: one part of the input becomes one folder of Parquet files and a receipt.

This is the function that an engine maps over parts; it needs nothing but its task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reviewlens.batch import Artefacts, annotate
from reviewlens.classifier import Classifier
from reviewlens.errors import InputError
from reviewlens.read import Part
from reviewlens.schemas import MENTIONS, SCORED
from reviewlens.store import Store
from reviewlens.themes import ThemeSet

ROW_GROUP = 32_768

Receipt = dict[str, Any]
Progress = Callable[[int], None]


class Task(NamedTuple):
    """All that is needed to score a part, in this process or another."""

    part_id: str
    part: Part
    out: str
    classifier: str | None  # path; the bundled model if None
    themes: str | None  # path; the built-in taxonomy if None
    key: bytes
    forgotten: frozenset[str]
    batch_rows: int

    @property
    def number(self) -> int:
        """The part's id as the number that its rows carry."""
        return number(self.part_id)


def number(part_id: str) -> int:
    """Return the number that the rows of a part carry."""
    return int(part_id[:15], 16)


@lru_cache(maxsize=2)
def load_artefacts(classifier: str | None, themes: str | None, key: bytes) -> Artefacts:
    """Return the artefacts, loaded once in each process."""
    return Artefacts(Classifier.load(classifier), ThemeSet.load(themes), key)


def write_part(task: Task, progress: Progress | None = None) -> Receipt:
    """Score a part into the store and return its receipt.

    A source that turns out to be unreadable on the way writes nothing: its receipt has `failed`.
    """
    artefacts = load_artefacts(task.classifier, task.themes, task.key)
    store = Store(task.out)
    reasons: Counter[str] = Counter()
    try:
        with (
            store.new_part(task.part_id) as folder,
            Writer(folder / "scored.parquet", SCORED) as scored,
            Writer(folder / "mentions.parquet", MENTIONS) as mentions,
        ):
            for rows in task.part.batches(task.batch_rows):
                reviews, found = annotate(rows, task.part.name, task.number, artefacts, task.forgotten)
                scored.write(reviews)
                mentions.write(found)
                reasons.update(_counts(reviews.column("reason")))
                if progress is not None:
                    progress(rows.num_rows)
            scored.close()
            mentions.close()
            receipt = {
                "id": task.part_id,
                "source": task.part.name,
                "rows": sum(reasons.values()),
                "mentions": mentions.rows,
                "reasons": dict(sorted(reasons.items())),
            }
            store.write_manifest(folder, receipt)
    except InputError as error:
        return {"id": task.part_id, "source": task.part.name, "failed": error.what}
    return receipt


class Writer:
    """A Parquet file that is written in row groups of even size."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._schema = schema
        self._waiting: list[pa.RecordBatch] = []
        self._rows_waiting = 0
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        self._waiting.append(batch)
        self._rows_waiting += batch.num_rows
        self.rows += batch.num_rows
        if self._rows_waiting >= ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is waiting and finish the file."""
        if self._writer.is_open:
            self._flush()
            self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema))
            self._waiting, self._rows_waiting = [], 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _counts(column: pa.Array) -> Iterable[str] | dict[str, int]:
    return {item["values"]: item["counts"] for item in pc.value_counts(column).to_pylist()}
