"""Where rows come from: a Parquet file, read in bounded batches, or a table in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from reviewlens.errors import InputError
from reviewlens.read import guard
from reviewlens.read.bounds import cut, weights
from reviewlens.read.footer import read_footer
from reviewlens.read.memory import FRAME
from reviewlens.read.parquet import doubt_pages, open_parquet, read_group
from reviewlens.read.paths import Found

Rows = Iterator[tuple[int, pa.RecordBatch]]  # first row in the source, batch


class UnreadableError(InputError):
    """A file cannot be read; `reason` is one word for tables and manifests, `rows` how many rows it claims."""

    def __init__(self, reason: str, detail: str, *, where: str, rows: int = 0) -> None:
        self.reason, self.detail, self.rows = reason, detail, rows
        super().__init__(f"{reason}: {detail}", where=where, hint="export the file again, or take it out")

    def __reduce__(self) -> Any:  # errors travel between processes
        return _unreadable, (self.reason, self.detail, self.where, self.rows)


def _unreadable(reason: str, detail: str, where: str, rows: int) -> UnreadableError:
    return UnreadableError(reason, detail, where=where, rows=rows)


@contextmanager
def unreadable_as(reason: str, name: str) -> Iterator[None]:
    """Turn what a damaged or hostile file raises, which may be anything, into an `UnreadableError`."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        first = (str(error).splitlines() or [""])[0][:200]
        raise UnreadableError(reason, f"{type(error).__name__}: {first}", where=name) from None


@dataclass(frozen=True)
class FileSource:
    """A Parquet file. Small and picklable: it holds no open file."""

    file: Found
    groups: tuple[int, ...]  # rows per row group
    columns: tuple[tuple[str, str], ...]  # ours -> theirs
    folders: tuple[tuple[str, str, str | None], ...]  # ours, key and value of a hive folder
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Stable name: relative to the folder or glob that was given."""
        return self.file.name

    @property
    def mtime_ns(self) -> int:
        """When the file was written."""
        return self.file.mtime_ns

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.file.size

    @cached_property
    def content(self) -> str:
        """Hash of the file's bytes."""
        digest = hashlib.blake2b(digest_size=16)
        with unreadable_as("unreadable", self.name), self.file.open() as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
        return digest.hexdigest()

    def scan(self, first: int, last: int, wanted: Collection[str] | None, batch_rows: int) -> Rows:
        """Yield the rows `first` to `last` in order; only the columns `wanted`, or all if None.

        Strings may come as dictionaries, which keeps a value that a million rows repeat in memory once.
        Raises `UnreadableError` when the file is damaged or changes meanwhile.
        """
        unpacked = 0
        with unreadable_as("damaged", self.name):
            for at, batch in self._scan(first, last, wanted, batch_rows):
                unpacked += int(weights(batch).sum())
                if unpacked > guard.BYTES_BELIEVED and unpacked > guard.RATIO * self.size:
                    detail = f"{self.size:,} bytes unpack to more than {unpacked:,}"
                    raise UnreadableError("claims_too_much", detail, where=self.name)
                yield at, batch
            if self.file.changed():
                raise UnreadableError("changed", "the file was changed while it was read", where=self.name)

    def no_rows(self) -> pa.RecordBatch:
        """Return a batch of no rows with all columns."""
        with unreadable_as("damaged", self.name), self.file.open() as stream:
            return pa.RecordBatch.from_pylist([], open_parquet(stream).schema_arrow)

    def _scan(self, first: int, last: int, wanted: Collection[str] | None, batch_rows: int) -> Rows:
        with self.file.open() as stream:
            footer = read_footer(stream, self.size)
            parquet = open_parquet(stream)
            schema = parquet.schema_arrow
            names = schema.names if wanted is None else list(wanted)
            start = 0
            for number, group in enumerate(footer.groups):
                if start < last and start + group.rows > first:
                    if doubt := doubt_pages(stream, group, names):
                        raise UnreadableError("claims_too_much", doubt, where=self.name)
                    batches = read_group(stream, parquet, number, group, names, batch_rows)
                    for at, batch in _between(batches, start, group.rows, (first, last)):
                        for piece in cut(batch, batch_rows):
                            yield at, piece if wanted is not None else _as_in(schema, piece)
                            at += piece.num_rows
                start += group.rows


def _between(batches: Iterator[pa.RecordBatch], start: int, rows: int, span: tuple[int, int]) -> Rows:
    """Yield what lies in `span` of a row group that begins at row `start` and claims to have `rows` rows."""
    at = start
    for batch in batches:
        low, high = max(span[0] - at, 0), min(span[1] - at, batch.num_rows)
        if high > low:
            yield at + low, batch.slice(low, high - low)
        at += batch.num_rows
        if at >= span[1]:
            return
    if at != start + rows:
        raise ValueError(f"a row group has {at - start:,} of the {rows:,} rows that it claims")


@dataclass(frozen=True)
class TableSource:
    """Rows in memory; pickled with its rows for worker processes."""

    table: pa.Table = field(repr=False)
    columns: tuple[tuple[str, str], ...]
    offset: int = 0  # of its first row in the data that was given
    folders: tuple[tuple[str, str, str | None], ...] = ()
    notes: tuple[str, ...] = ()
    name: str = FRAME
    mtime_ns: int = 0

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return int(self.table.nbytes)

    @cached_property
    def content(self) -> str:
        """Hash of the columns that are used, however they are chunked."""
        digest = hashlib.blake2b(digest_size=16)
        used = self.table.select([theirs for _, theirs in self.columns])
        for start in range(0, used.num_rows, 65_536):
            for batch in used.slice(start, 65_536).combine_chunks().to_batches():
                digest.update(batch.serialize())
        digest.update(str(used.schema.remove_metadata()).encode())
        return digest.hexdigest()

    def scan(self, first: int, last: int, wanted: Collection[str] | None, batch_rows: int) -> Rows:
        """Yield the rows `first` to `last` in order; only the columns `wanted`, or all if None."""
        table = self.table if wanted is None else self.table.select(list(wanted))
        at = first
        for batch in table.slice(first - self.offset, last - first).to_batches(max_chunksize=batch_rows):
            for piece in cut(batch, batch_rows):
                yield at, piece
                at += piece.num_rows

    def no_rows(self) -> pa.RecordBatch:
        """Return a batch of no rows with all columns."""
        return pa.RecordBatch.from_pylist([], self.table.schema)

    def __reduce__(self) -> Any:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.table.schema) as writer:
            writer.write_table(self.table)
        return _table_source, (sink.getvalue().to_pybytes(), self.columns, self.offset, self.notes)


def _table_source(
    data: bytes, columns: tuple[tuple[str, str], ...], offset: int, notes: tuple[str, ...]
) -> TableSource:
    with pa.ipc.open_stream(data) as reader:
        return TableSource(reader.read_all(), columns, offset, notes=notes)


Source = FileSource | TableSource


def _as_in(schema: pa.Schema, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with the columns of the file's own types."""
    arrays = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
