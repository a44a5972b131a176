"""Row groups of a Parquet file in batches, with memory bounded by the batch.

Pages are unpacked one by one. A dictionary may hold one long text that every row repeats: such a column is read as a
dictionary, so that its batches can be cut before they are unpacked. Other columns are not, because that is slower and
keeps all texts of a row group in memory (pyarrow 26).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reviewlens.read.bounds import BATCH_BYTES, lengths
from reviewlens.read.footer import Chunk, Group, Page, dictionary_page, pages
from reviewlens.read.guard import distrust_page
from reviewlens.read.strings import is_texty

READ_BYTES = 1 << 20  # from the file at a time and column
MOST_BYTES = 4 * BATCH_BYTES  # of one column in a batch, in the worst case


def open_parquet(stream: Any, **settings: Any) -> pq.ParquetFile:
    """Open a Parquet file to be read page by page, with its checksums verified."""
    return pq.ParquetFile(stream, pre_buffer=False, buffer_size=READ_BYTES, page_checksum_verification=True, **settings)


def doubt_pages(stream: Any, group: Group, names: Collection[str]) -> str | None:
    """Return why the pages of these columns are not to be unpacked, or None. Raises `ValueError` for broken headers."""
    for chunk in _chunks(group, names):
        for page in pages(stream, chunk):
            if doubt := distrust_page(page):
                return f"in column {chunk.column!r}, {doubt}"
    return None


def read_group(
    stream: Any, parquet: pq.ParquetFile, number: int, group: Group, names: list[str], batch_rows: int
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a row group in batches of at most `batch_rows`."""
    size = sum(chunk.unpacked for chunk in _chunks(group, names))
    rows = max(1, min(batch_rows, BATCH_BYTES * group.rows // max(size, 1)))
    texty = {field.name for field in parquet.schema_arrow if is_texty(field.type)} & set(names)
    known = {chunk.column: dictionary_page(stream, chunk) for chunk in _chunks(group, texty)}
    large = {name: page for name, page in known.items() if page and page.unpacked * rows > MOST_BYTES}
    repeated = [
        name
        for name, page in large.items()
        if group.rows <= rows or _explodes(stream, parquet, number, name, page, rows)  # a look would read it all twice
    ]
    if repeated:
        parquet = open_parquet(stream, metadata=parquet.metadata, read_dictionary=repeated)
    yield from parquet.iter_batches(rows, row_groups=[number], columns=names, use_threads=False)


def _explodes(stream: Any, parquet: pq.ParquetFile, number: int, name: str, page: Page, rows: int) -> bool:
    peek = open_parquet(stream, metadata=parquet.metadata, read_dictionary=[name])
    first = next(peek.iter_batches(1, row_groups=[number], columns=[name], use_threads=False), None)
    if first is None or not pa.types.is_dictionary(first.column(0).type):
        return False
    dictionary = first.column(0).dictionary
    if len(dictionary) < page.values:  # its first page does not use it, so the rest is not known
        return True
    return int(pc.max(lengths(dictionary)).as_py() or 0) * rows > MOST_BYTES


def _chunks(group: Group, names: Collection[str]) -> list[Chunk]:
    return [chunk for chunk in group.chunks if chunk.column in names]
