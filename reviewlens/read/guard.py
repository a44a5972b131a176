"""What a Parquet file claims, weighed against what it is, before anything of it is unpacked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

ROWS_PER_BYTE = 20  # a file of nothing but equal rows comes to about 50; nobody's export does
ROWS_BELIEVED = 1_000_000  # so many rows may claim what they like
RATIO = 500  # unpacked to packed bytes of a column; text packs 3 to 20 times
BYTES_BELIEVED = 256 << 20
ROW_GROUPS = 100_000


def distrust(metadata: Any, size: int, columns: Collection[str]) -> str | None:
    """Return why a file of `size` bytes is not to be unpacked, or None.

    `metadata` is its `pyarrow.parquet.FileMetaData`; only `columns` are going to be read.
    """
    groups = metadata.num_row_groups
    if groups > ROW_GROUPS:
        return f"it claims {groups:,} row groups"
    rows = metadata.num_rows
    if rows < 0 or (rows > ROWS_BELIEVED and rows > ROWS_PER_BYTE * size):
        return f"it claims {rows:,} rows in {size:,} bytes"
    counted = 0
    for g in range(groups):
        group = metadata.row_group(g)
        counted += group.num_rows
        if group.num_rows < 0:
            return f"row group {g} claims {group.num_rows:,} rows"
        for c in range(group.num_columns):
            chunk = group.column(c)
            if chunk.path_in_schema.split(".")[0] not in columns and chunk.path_in_schema not in columns:
                continue
            packed, unpacked = chunk.total_compressed_size, chunk.total_uncompressed_size
            if not 0 <= packed <= size:
                return f"row group {g} claims {packed:,} bytes in a file of {size:,}"
            if unpacked < 0 or (unpacked > BYTES_BELIEVED and unpacked > RATIO * packed):
                return f"row group {g} claims to unpack {packed:,} bytes to {unpacked:,}"
    if counted != rows:
        return f"its row groups hold {counted:,} rows, it claims {rows:,}"
    return None
