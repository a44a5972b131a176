"""A part: a range of rows of one source, the unit of work of the job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from reviewlens.read.convert import Notes, to_reviews
from reviewlens.read.source import Source

READING = "1"  # raise it when the same file is read differently


@dataclass(frozen=True)
class Part:
    """Rows `first` to `last` (exclusive) of a source; picklable, so that it can be read in another process."""

    source: Source
    first: int
    last: int

    @property
    def name(self) -> str:
        """Stable name of the source: its path relative to what was given, or '<frame>'."""
        return self.source.name

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.last - self.first

    @property
    def size(self) -> int:
        """Bytes of the whole source."""
        return self.source.size

    @property
    def mtime_ns(self) -> int:
        """When the source was written, in nanoseconds since 1970; 0 for data in memory."""
        return self.source.mtime_ns

    @property
    def content(self) -> str:
        """Hash of the source's bytes, computed once and when first asked for."""
        return self.source.content

    @property
    def identity(self) -> tuple[str, ...]:
        """All that decides what `batches` yields."""
        source = self.source
        return (
            READING,
            self.name,
            self.content,
            f"{self.first}:{self.last}",
            repr(source.columns),
            repr(source.folders),
        )

    @property
    def constants(self) -> dict[str, str | None]:
        """Return the columns that are one value for all rows, from the names of folders."""
        return {ours: value for ours, _, value in self.source.folders}

    def batches(self, batch_rows: int = 4096, notes: Notes | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order as batches of at most `batch_rows` rows with the schema `REVIEWS`.

        Memory is bounded by the batch, not by the file or its row groups. `notes`, if given, counts what could not
        be read, e.g. 'rating unreadable'. Raises `UnreadableError` (an `InputError`) when the source turns out to be
        damaged or changes meanwhile: then what was yielded before is not to be used either.
        """
        columns = dict(self.source.columns)
        for first, batch in self.source.scan(self.first, self.last, list(dict.fromkeys(columns.values())), batch_rows):
            yield to_reviews(batch, first, columns, self.constants, notes)


def raw_batches(part: Part, batch_rows: int = 4096) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Yield pairs of batches for the same rows: every column of the input with its own type, and `REVIEWS`.

    A part without rows yields one pair without rows. Raises what `Part.batches` raises.
    """
    columns = dict(part.source.columns)
    for first, batch in part.source.scan(part.first, part.last, None, batch_rows):
        yield batch, to_reviews(batch, first, columns, part.constants)
    if not part.rows:
        empty = part.source.no_rows()
        yield empty, to_reviews(empty, part.first, columns, part.constants)
