"""Where rows come from: a Parquet file, read in bounded batches, or a table in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from reviewlens.errors import InputError
from reviewlens.read import guard
from reviewlens.read.footer import Group, read_footer
from reviewlens.read.memory import FRAME
from reviewlens.read.paths import Found
from reviewlens.read.strings import is_texty

BATCH_BYTES = 16 << 20  # unpacked bytes in a batch, whatever the rows hold
PAGE_BYTES = 1 << 20  # read from the file at a time and column

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
                unpacked += int(_weights(batch).sum())
                if unpacked > guard.BYTES_BELIEVED and unpacked > guard.RATIO * self.size:
                    detail = f"{self.size:,} bytes unpack to more than {unpacked:,}"
                    raise UnreadableError("claims_too_much", detail, where=self.name)
                yield at, batch
            if self.file.changed():
                raise UnreadableError("changed", "the file was changed while it was read", where=self.name)

    def _scan(self, first: int, last: int, wanted: Collection[str] | None, batch_rows: int) -> Rows:
        with self.file.open() as stream:
            footer = read_footer(stream, self.size)
            parquet = open_parquet(stream)
            schema = parquet.schema_arrow
            names = schema.names if wanted is None else list(wanted)
            parquet = _strings_as_dictionaries(parquet, stream, names)
            start = 0
            for group, rows in enumerate(self.groups):
                if start < last and start + rows > first:
                    said = _with_columns(footer.groups[group], names)
                    self._check_pages(stream, said)
                    most = _rows_at_a_time(said, batch_rows)
                    for at, batch in self._scan_group(parquet, group, start, (first, last), names, most):
                        yield at, batch if wanted is not None else _as_in(schema, batch)
                start += rows

    def _check_pages(self, stream: Any, group: Group) -> None:
        for chunk in group.chunks:
            if doubt := guard.distrust_pages(stream, chunk):
                raise UnreadableError("claims_too_much", doubt, where=self.name)

    def _scan_group(
        self, parquet: pq.ParquetFile, group: int, start: int, span: tuple[int, int], names: list[str], batch_rows: int
    ) -> Rows:
        first, last = span
        at = start
        for batch in parquet.iter_batches(batch_rows, row_groups=[group], columns=names, use_threads=False):
            low, high = max(first - at, 0), min(last - at, batch.num_rows)
            if high > low:
                yield from _cut(batch.slice(low, high - low), at + low, batch_rows)
            at += batch.num_rows
            if at >= last:
                return
        if at != start + self.groups[group]:
            raise UnreadableError(
                "damaged", f"row group {group} has {at - start:,} of {self.groups[group]:,} rows", where=self.name
            )


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
            yield from _cut(batch, at, batch_rows)
            at += batch.num_rows

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


def open_parquet(stream: Any, **settings: Any) -> pq.ParquetFile:
    """Open a Parquet file to be read page by page, with its checksums verified."""
    return pq.ParquetFile(stream, pre_buffer=False, buffer_size=PAGE_BYTES, page_checksum_verification=True, **settings)


def _strings_as_dictionaries(parquet: pq.ParquetFile, stream: Any, names: Collection[str]) -> pq.ParquetFile:
    flat = {parquet.metadata.schema.column(i).path for i in range(parquet.metadata.num_columns)}
    texty = [c.name for c in parquet.schema_arrow if c.name in names and c.name in flat and is_texty(c.type)]
    return open_parquet(stream, metadata=parquet.metadata, read_dictionary=texty) if texty else parquet


def _as_in(schema: pa.Schema, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with the columns of the file's own types."""
    arrays = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _with_columns(group: Group, names: Collection[str]) -> Group:
    return group._replace(chunks=tuple(chunk for chunk in group.chunks if chunk.column in names))


def _rows_at_a_time(group: Group, batch_rows: int) -> int:
    size = sum(chunk.unpacked for chunk in group.chunks)
    return max(1, min(batch_rows, BATCH_BYTES * group.rows // max(size, 1)))


def _cut(batch: pa.RecordBatch, first: int, batch_rows: int) -> Rows:
    """Yield the batch in pieces that hold at most `batch_rows` rows and, unpacked, about BATCH_BYTES."""
    weight = _weights(batch)
    if batch.num_rows <= batch_rows and weight.sum() <= BATCH_BYTES:
        yield first, batch
        return
    start = 0
    total = np.cumsum(weight)
    while start < batch.num_rows:
        before = total[start - 1] if start else 0
        stop = int(np.searchsorted(total, before + BATCH_BYTES, side="right"))
        stop = min(max(stop, start + 1), start + batch_rows, batch.num_rows)
        yield first + start, batch.slice(start, stop - start)
        start = stop


def _weights(batch: pa.RecordBatch) -> NDArray[np.int64]:
    """Return the bytes of text in each row, unpacked."""
    weight = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and is_texty(column.type.value_type):
            lengths = _lengths(column.dictionary).take(column.indices)
        elif is_texty(column.type):
            lengths = _lengths(column)
        else:
            continue
        weight += lengths.fill_null(0).to_numpy(zero_copy_only=False)
    return weight


def _lengths(array: pa.Array) -> pa.Array:
    if pa.types.is_string_view(array.type) or pa.types.is_binary_view(array.type):
        array = array.cast(pa.large_binary())
    return pc.binary_length(array).cast(pa.int64())
