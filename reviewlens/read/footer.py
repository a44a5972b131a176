"""What a Parquet file says of itself, read without believing it and before anything is unpacked.

Parsed here and not by pyarrow, which ends the whole process for some damaged footers (26.0: histograms of the wrong
length). Field numbers are those of `parquet.thrift` in the Apache Parquet format.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from reviewlens.read.thrift import EndsEarlyError, Reader, Struct

_MAGIC = b"PAR1"
_HEADER_BYTES = (1 << 12, 1 << 20)  # a page header has about 50 bytes; its statistics may hold long strings
_SLACK = 128  # some writers count a column a few bytes short


class Chunk(NamedTuple):
    """One column in one row group, in bytes."""

    column: str  # its top-level column
    start: int
    packed: int
    unpacked: int


class Group(NamedTuple):
    """A row group."""

    rows: int
    chunks: tuple[Chunk, ...]


class Footer(NamedTuple):
    """A file."""

    rows: int
    groups: tuple[Group, ...]


class Page(NamedTuple):
    """What a page header says, in bytes."""

    header: int
    packed: int
    unpacked: int
    values: int = 0  # in a dictionary


def read_footer(stream: Any, size: int) -> Footer:
    """Read the footer of a file of `size` bytes. Raises `ValueError` where there is none or it makes no sense."""
    stream.seek(size - 8)
    tail = stream.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or length > size - 12:
        raise ValueError("it does not end with a footer")
    stream.seek(size - 8 - length)
    said = Reader(stream.read(length)).struct()
    try:
        return Footer(said[3], tuple(_group(group) for group in said[4]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the footer lacks something ({error})") from None


def _group(said: Struct) -> Group:
    return Group(said[3], tuple(_chunk(chunk[3]) for chunk in said[1]))


def _chunk(said: Struct) -> Chunk:
    offsets = [offset for offset in (said[9], said.get(11)) if offset]  # pages of data, of the dictionary
    start = min(offsets, default=0)  # none where there are no rows
    return Chunk(said[3][0].decode("utf-8", "replace"), start, said[7], said[6])


def pages(stream: Any, chunk: Chunk) -> Iterator[Page]:
    """Yield the headers of the pages of a chunk. Raises `ValueError` for headers that make no sense."""
    at, end = chunk.start, chunk.start + chunk.packed
    while at < end:
        page = _page(stream, at)
        at += page.header + page.packed
        if page.unpacked < 0 or page.packed < 0 or at > end + _SLACK:
            raise ValueError("a page is longer than its column")
        yield page


def dictionary_page(stream: Any, chunk: Chunk) -> Page | None:
    """Return the header of the chunk's dictionary, if it has one."""
    first = next(pages(stream, chunk), None)
    return first if first is not None and first.values else None


def _page(stream: Any, at: int) -> Page:
    for most in _HEADER_BYTES:
        stream.seek(at)
        reader = Reader(stream.read(most))
        try:
            said = reader.struct()
            return Page(reader.at, said[3], said[2], said.get(7, {}).get(1, 0))
        except EndsEarlyError:  # the header goes on behind what was read
            continue
        except (KeyError, AttributeError):
            break
    raise ValueError("a page header makes no sense")
