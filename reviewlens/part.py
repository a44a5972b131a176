"""The unit of work: one part of the input becomes one folder of Parquet files and a receipt.

`write_part` is the function that an engine maps over parts; it needs nothing but its task.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Set
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reviewlens import drift
from reviewlens.batch import Artefacts, Batch, Reading, read_rows, told
from reviewlens.classifier import Classifier, bundled
from reviewlens.errors import InputError, StoreError
from reviewlens.forgetting import blank, forget_customers
from reviewlens.garbage import unsearched
from reviewlens.read import Part
from reviewlens.schemas import MENTIONS, SCORED
from reviewlens.store import Store, next_generation
from reviewlens.themes import ThemeSet

ROW_GROUP = 32_768
SCORED_FILE, MENTIONS_FILE = "scored.parquet", "mentions.parquet"
# columns in which hardly a value comes twice: without a dictionary they are written in less time and space
_VARIED = {"row", "key", "review_id", "customer", "content", "text_hash", "bands", "quote"}

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


def check_whole(folder: Path, source: str, *, gone: bool) -> None:
    """Raise `StoreError` where a file of a part is missing or cut short; `gone` says that its export is, too."""
    for name in (SCORED_FILE, MENTIONS_FILE):
        try:
            with (folder / name).open("rb") as file:
                file.seek(-4, os.SEEK_END)
                whole = file.read() == b"PAR1"  # as every Parquet file ends
        except OSError:
            whole = False
        if not whole:
            back = f'put the export {source} back, or leave all exports that are gone out with on_removed = "drop"'
            raise StoreError(
                f"{name} of a part is missing or damaged",
                where=str(folder),
                hint=f"restore the folder from a copy; or {back}" if gone else "remove this folder: it is scored anew",
            )


def load_artefacts(classifier: str | None, themes: str | None, key: bytes) -> Artefacts:
    """Return the artefacts, loaded once in each process; the bundled classifier is the one that `score` uses too."""
    return Artefacts(bundled() if classifier is None else _classifier(classifier), _themes(themes), key)


_classifier = lru_cache(maxsize=2)(Classifier.load)
_themes = lru_cache(maxsize=2)(ThemeSet.load)


def write_part(task: Task, progress: Progress | None = None) -> Receipt:
    """Score a part into the store and return its receipt.

    A source that turns out to be unreadable on the way writes nothing: its receipt has `failed`.
    """
    artefacts = load_artefacts(task.classifier, task.themes, task.key)
    store = Store(task.out)
    try:
        with store.new_part(task.part_id) as folder, PartWriter(folder) as writer:
            batches = task.part.batches(task.batch_rows, writer.troubles)
            read = (_read(rows, task.part.name, artefacts) for rows in batches)
            with closing(artefacts.classifier.threads.ahead(read)) as ahead:
                for batch, reading in ahead:
                    with unsearched():
                        reviews, found = told(batch, reading, artefacts, task.number)
                    if task.forgotten:
                        reviews, found = forget_customers(reviews, found, task.forgotten)
                    writer.write(reviews, found)
                    if progress is not None:
                        progress(batch.rows.num_rows)
            receipt = writer.finish(id=task.part_id, source=task.part.name)
            store.write_receipt(folder, receipt)
    except InputError as error:
        return {"id": task.part_id, "source": task.part.name, "failed": error.what}
    return receipt


def _read(rows: pa.RecordBatch, source: str, artefacts: Artefacts) -> tuple[Batch, Reading]:
    with unsearched():
        return read_rows(rows, source, artefacts)


def rewrite_part(store: Store, name: str, customers: Set[str]) -> None:
    """Write a part anew, as its next generation, with the rows of some customers blanked."""
    old = store.parts / name
    new = next_generation(name)
    with store.new_part(new) as folder, PartWriter(folder) as writer:
        gone: list[pa.Array] = []
        with pq.ParquetFile(old / SCORED_FILE) as file:
            for batch in file.iter_batches(ROW_GROUP):
                batch = pa.RecordBatch.from_arrays(batch.columns, schema=SCORED)
                marks = pc.is_in(batch.column("customer"), value_set=pa.array(sorted(customers), pa.string()))
                gone.append(pc.filter(batch.column("row"), marks))
                writer.write_scored(blank(batch, marks))
        rows = pa.concat_arrays(gone) if gone else pa.array([], pa.int64())
        with pq.ParquetFile(old / MENTIONS_FILE) as file:
            for batch in file.iter_batches(ROW_GROUP):
                kept = batch.filter(pc.invert(pc.is_in(batch.column("row"), value_set=rows)))
                writer.write_mentions(pa.RecordBatch.from_arrays(kept.columns, schema=MENTIONS))
        before = store.receipt(name)
        writer.troubles.update(before.get("troubles", {}))
        receipt = writer.finish(id=new, source=before["source"])
        store.write_receipt(folder, receipt)


class PartWriter:
    """Writes the two files of a part and counts what goes into its receipt."""

    def __init__(self, folder: Path) -> None:
        self._scored = FileWriter(folder / SCORED_FILE, SCORED, [name for name in SCORED.names if name not in _VARIED])
        self._mentions = FileWriter(folder / MENTIONS_FILE, MENTIONS)
        self._reasons: Counter[str] = Counter()
        self._profile = drift.merge([])
        self.troubles: Counter[str] = Counter()  # values that could not be read, e.g. 'rating unreadable'

    def write(self, scored: pa.RecordBatch, mentions: pa.RecordBatch) -> None:
        """Add the reviews of a batch and their mentions."""
        self.write_scored(scored)
        self.write_mentions(mentions)

    def write_scored(self, batch: pa.RecordBatch) -> None:
        """Add reviews."""
        self._scored.write(batch)
        counts = pc.value_counts(batch.column("reason")).to_pylist()
        self._reasons.update({item["values"]: item["counts"] for item in counts})
        self._profile = drift.merge([self._profile, drift.profile_of(batch)])

    def write_mentions(self, batch: pa.RecordBatch) -> None:
        """Add mentions."""
        self._mentions.write(batch)

    def finish(self, **named: str) -> Receipt:
        """Close the files and return the receipt."""
        self._scored.close()
        self._mentions.close()
        return {
            **named,
            "rows": self._scored.rows,
            "mentions": self._mentions.rows,
            "reasons": dict(sorted(self._reasons.items())),
            "troubles": dict(sorted(self.troubles.items())),
            "profile": self._profile,
        }

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._scored, self._mentions):
            file.abandon()


class FileWriter:
    """A Parquet file that is written in row groups of even size."""

    def __init__(self, path: Path, schema: pa.Schema, repeated: list[str] | None = None) -> None:
        """Open the file; `repeated` names the columns whose values are worth a dictionary, all if None."""
        choice = True if repeated is None else repeated
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=choice)
        self._schema = schema
        self._waiting: list[pa.RecordBatch] = []
        self._rows_waiting = 0
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        self._waiting.append(batch)
        self._rows_waiting += batch.num_rows
        self.rows += batch.num_rows
        while self._rows_waiting >= ROW_GROUP:
            self._flush(ROW_GROUP)

    def close(self) -> None:
        """Write what is waiting and finish the file."""
        self._flush(self._rows_waiting)
        self._writer.close()

    def abandon(self) -> None:
        """Let go of the file; what a full disk cut short is no news on the way out."""
        if self._writer.is_open:
            try:
                self._writer.close()
            except OSError:
                self._writer.is_open = False

    def _flush(self, rows: int) -> None:
        if rows:
            table = pa.Table.from_batches(self._waiting, self._schema)
            self._writer.write_table(table.slice(0, rows))
            self._waiting = table.slice(rows).to_batches()
            self._rows_waiting -= rows
