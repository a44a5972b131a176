"""What is there to read: sources, their columns, and parts of a size that a job can lose."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from reviewlens.errors import ColumnError, InputError
from reviewlens.read.columns import check_mapping, find_columns, no_such_column
from reviewlens.read.convert import left_out
from reviewlens.read.footer import Footer, read_footer
from reviewlens.read.guard import distrust
from reviewlens.read.memory import FRAME, to_table
from reviewlens.read.parquet import open_parquet
from reviewlens.read.part import Part
from reviewlens.read.paths import Found, find_files, is_path
from reviewlens.read.source import FileSource, Source, TableSource, UnreadableError, unreadable_as

MAX_PARTS_OF_A_GROUP = 32  # a row group is unpacked from its start for each of its parts


@dataclass(frozen=True)
class RejectedFile:
    """A file that is left out whole."""

    name: str
    reason: str  # not_parquet, truncated, unreadable, claims_too_much, wrong_columns
    rows: int  # as the file says; 0 where it cannot be believed
    detail: str = ""


@dataclass(frozen=True)
class Plan:
    """What a run reads."""

    parts: tuple[Part, ...]  # by name, then by row
    columns: Mapping[str, str]  # ours -> theirs; 'a | b' where files differ
    rejected: tuple[RejectedFile, ...]
    notes: tuple[str, ...]  # columns that are left out, and why

    @property
    def rows(self) -> int:
        """Rows in all parts."""
        return sum(part.rows for part in self.parts)


def plan(data: Any, *, columns: Mapping[str, str] | None = None, part_rows: int = 200_000) -> Plan:
    """Find the sources and their columns; reads no more than the files' footers.

    `data` is a path, glob, folder (`key=value` folders become columns), list of paths, DataFrame, `pyarrow.Table`,
    `RecordBatchReader`, or a list, array or Series of texts. `columns` maps ours -> theirs. A part holds about
    `part_rows` rows and whole row groups where it can. Each file is mapped by itself; one that cannot be used is in
    `rejected`, and the rest goes on.

    Raises `InputNotFoundError` where nothing is, `InputError` when nothing can be read, `ColumnError` when a column
    is missing, ambiguous or of the wrong type in every source.
    """
    given = check_mapping(columns)
    if is_path(data):
        sources, rejected = _files(find_files(data if isinstance(data, list | tuple) else [data]), given)
    else:
        sources, rejected = _memory(data, given), []
    parts = tuple(part for source in sources for part in _parts(source, part_rows))
    notes = tuple(f"{source.name}: {note}" for source in sources for note in source.notes)
    return Plan(parts, _columns(sources), tuple(rejected), notes)


def _memory(data: Any, given: Mapping[str, str]) -> list[Source]:
    table, columns, names = to_table(data, given)
    _all_there(given, names, FRAME)
    out = left_out(table.schema, columns, FRAME)
    kept = tuple((ours, theirs) for ours, theirs in columns.items() if ours not in out)
    return [TableSource(table, kept, notes=tuple(out.values()))]


def _files(files: list[Found], given: Mapping[str, str]) -> tuple[list[Source], list[RejectedFile]]:
    sources: list[Source] = []
    rejected: list[RejectedFile] = []
    errors: list[InputError] = []
    names: dict[str, None] = {}
    for file in files:
        rows = 0
        try:
            footer, schema = _open(file)
            rows = footer.rows
            sources.append(_source(file, footer, schema, given))
            names |= dict.fromkeys((*schema.names, *(key for key, _ in file.folders)))
        except UnreadableError as error:
            errors.append(error)
            rejected.append(RejectedFile(file.name, error.reason, 0, error.detail))
        except ColumnError as error:
            errors.append(error)
            rejected.append(RejectedFile(file.name, "wrong_columns", rows, error.what))
    if not sources:
        raise _nothing_readable(files, errors)
    _all_there(given, names, sources[0].name if len(sources) == 1 else f"{len(sources)} files")
    return sources, rejected


def _nothing_readable(files: list[Found], errors: list[InputError]) -> InputError:
    for error in errors:
        if isinstance(error, ColumnError):
            return error
    told = [f"{file.name} ({error.what})" for file, error in zip(files, errors, strict=True)]
    more = f" and {len(told) - 5} more" if len(told) > 5 else ""
    return InputError("nothing here can be read as Parquet", where=", ".join(told[:5]) + more, hint=errors[0].hint)


def _source(file: Found, footer: Footer, schema: Any, given: Mapping[str, str]) -> FileSource:
    there = {key: value for key, value in file.folders if key not in schema.names}
    columns = find_columns([*schema.names, *there], given, where=file.name)
    folders = tuple((ours, key, there[key]) for ours, key in columns.items() if key in there)
    own = {ours: theirs for ours, theirs in columns.items() if theirs not in there}
    out = left_out(schema, own, file.name)
    kept = tuple((ours, theirs) for ours, theirs in own.items() if ours not in out)
    _check_claims(file, footer, {theirs for _, theirs in kept})
    groups = tuple(group.rows for group in footer.groups)
    return FileSource(file, groups, kept, folders, tuple(out.values()))


def _check_claims(file: Found, footer: Footer, columns: Collection[str]) -> None:
    if doubt := distrust(footer, file.size, columns):
        raise UnreadableError("claims_too_much", doubt, where=file.name)


def _open(file: Found) -> tuple[Footer, Any]:
    with unreadable_as("unreadable", file.name), file.open() as stream:
        if file.size < 12 or stream.read(4) != b"PAR1":
            raise UnreadableError("not_parquet", "it does not begin like a Parquet file", where=file.name)
        stream.seek(file.size - 4)
        if stream.read(4) != b"PAR1":
            raise UnreadableError("truncated", "it begins but does not end like a Parquet file", where=file.name)
        with unreadable_as("not_parquet", file.name):
            footer = read_footer(stream, file.size)
            _check_claims(file, footer, ())
            return footer, open_parquet(stream).schema_arrow


def _all_there(given: Mapping[str, str], names: Iterable[str], where: str) -> None:
    for ours, theirs in given.items():
        if theirs not in names:
            raise no_such_column(ours, theirs, names, where)


def _columns(sources: Iterable[Source]) -> dict[str, str]:
    seen: dict[str, dict[str, None]] = {}
    for source in sources:
        for ours, theirs in (*source.columns, *((ours, key) for ours, key, _ in source.folders)):
            seen.setdefault(ours, {})[theirs] = None
    return {ours: " | ".join(theirs) for ours, theirs in sorted(seen.items())}


def _parts(source: Source, part_rows: int) -> Iterator[Part]:
    if isinstance(source, TableSource):
        rows = source.table.num_rows
        for first in range(0, max(rows, 1), part_rows):
            last = min(first + part_rows, rows)
            slice_ = TableSource(source.table.slice(first, last - first), source.columns, first, notes=source.notes)
            yield Part(slice_, first, last)
        return
    for first, last in _ranges(source.groups, part_rows):
        yield Part(source, first, last)


def _ranges(groups: Iterable[int], part_rows: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows: small row groups together, a large one in pieces."""
    first = last = 0
    for rows in groups:
        if last > first and last + rows - first > part_rows:
            yield first, last
            first = last
        pieces = min(MAX_PARTS_OF_A_GROUP, -(-rows // part_rows))
        if pieces > 1:
            edges = [last + rows * i // pieces for i in range(pieces + 1)]
            yield from pairwise(edges)
            first = last + rows
        last += rows
    if last > first or last == 0:
        yield first, last
