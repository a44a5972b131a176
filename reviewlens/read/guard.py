"""What a Parquet file claims, weighed against what it is."""

from __future__ import annotations

from collections.abc import Collection

from reviewlens.read.footer import Chunk, Footer, Page

ROWS_PER_BYTE = 20  # a file of nothing but equal rows comes to about 50; nobody's export does
ROWS_BELIEVED = 1_000_000  # so many rows may claim what they like
RATIO = 1_000  # unpacked bytes of one column to packed bytes of the file; text packs 3 to 20 times
BYTES_BELIEVED = 256 << 20
PAGE_BELIEVED = 64 << 20  # writers make pages of 1 to 20 MB
PAGE_MOST = 1 << 30
ROW_GROUPS = 100_000


def distrust(footer: Footer, size: int, columns: Collection[str] | None) -> str | None:
    """Return why a file of `size` bytes is not to be unpacked, or None; only `columns` are going to be read."""
    rows = footer.rows
    if len(footer.groups) > ROW_GROUPS:
        return f"it claims {len(footer.groups):,} row groups"
    if rows < 0 or (rows > ROWS_BELIEVED and rows > ROWS_PER_BYTE * size):
        return f"it claims {rows:,} rows in {size:,} bytes"
    if min((group.rows for group in footer.groups), default=0) < 0 or rows != sum(
        group.rows for group in footer.groups
    ):
        return f"its row groups do not add up to the {rows:,} rows that it claims"
    for group in footer.groups:
        for chunk in group.chunks:
            doubt = _distrust_chunk(chunk, size) if columns is None or chunk.column in columns else None
            if doubt:
                return doubt
    return None


def _distrust_chunk(chunk: Chunk, size: int) -> str | None:
    if chunk.packed and not 4 <= chunk.start < chunk.start + chunk.packed <= size:
        return f"column {chunk.column!r} is said to lie outside of the file"
    if chunk.unpacked < 0 or (chunk.unpacked > BYTES_BELIEVED and chunk.unpacked > RATIO * size):
        return f"column {chunk.column!r} claims to unpack to {chunk.unpacked:,} bytes, in a file of {size:,}"
    return None


def distrust_page(page: Page) -> str | None:
    """Return why a page is not to be unpacked: a reader allocates what the page's own header says."""
    if page.unpacked > PAGE_MOST or (page.unpacked > PAGE_BELIEVED and page.unpacked > RATIO * page.packed):
        return f"a page claims to unpack {page.packed:,} bytes to {page.unpacked:,}"
    return None
