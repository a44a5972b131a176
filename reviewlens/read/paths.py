"""Paths, globs and folders -> the Parquet files that they name, each with a stable name of its own."""

from __future__ import annotations

import difflib
import glob
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import fs

from reviewlens.errors import InputError, InputNotFoundError

SUFFIXES = (".parquet", ".pq", ".parq")
_SCHEME = re.compile(r"(s3[an]?|gs|gcs|hdfs|viewfs|abfss?|file|fsspec\+\w+)://\S")
_HADOOP = re.compile(r"(hdfs|viewfs)://")
_WILD = re.compile(r"[*?\[]")
_OUTPUT = ("parts", "runs", "current")  # what every output folder of a job holds
_NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"


class Paths(tuple[str, ...]):
    """Paths for certain, where a list of strings might be texts."""

    __slots__ = ()


class Found(NamedTuple):
    """A file that was found."""

    uri: str | None  # of its filesystem; this machine if None
    path: str  # within the filesystem, absolute
    name: str  # stable: relative to the folder or glob that was given
    size: int
    mtime_ns: int
    folders: tuple[tuple[str, str | None], ...]  # hive partitions: key=value folders

    def open(self) -> Any:
        """Open the file for reading."""
        return filesystem(self.uri).open_input_file(self.path)

    def changed(self) -> bool:
        """Return whether the file is no longer the one that was found."""
        now = filesystem(self.uri).get_file_info(self.path)
        return now.type != fs.FileType.File or (now.size, now.mtime_ns or 0) != (self.size, self.mtime_ns)


def is_path(data: object) -> bool:
    """Return whether data names files: a path, or a list in which every item looks like one."""
    if isinstance(data, str | os.PathLike | Paths):
        return True
    return isinstance(data, list | tuple) and bool(data) and all(map(_looks_like_path, data))


def _looks_like_path(item: object) -> bool:
    if isinstance(item, os.PathLike):
        return True
    if not isinstance(item, str) or not item.strip() or len(item) > 4096 or "\n" in item or "\0" in item:
        return False
    if item.lower().endswith(SUFFIXES) or _SCHEME.match(item):
        return True
    try:
        return Path(item).is_dir()
    except OSError:  # a review of a few hundred characters is longer than a file name may be
        return False


@lru_cache(maxsize=8)
def filesystem(uri: str | None) -> fs.FileSystem:
    """Return the filesystem of a URI, or of this machine."""
    return fs.LocalFileSystem() if uri is None else fs.FileSystem.from_uri(uri)[0]


def storage_hint(uri: str) -> str | None:
    """Return what this machine needs for a kind of storage, None where that is nothing."""
    if _HADOOP.match(uri):
        return "set JAVA_HOME, HADOOP_HOME (with lib/native/libhdfs.so) and CLASSPATH=$(hadoop classpath --glob)"
    if uri.startswith("s3"):
        return "check the address, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the role) and AWS_ENDPOINT_URL"
    return None


def find_files(items: Iterable[str | os.PathLike[str]]) -> list[Found]:
    """Return the Parquet files that the paths, globs and folders name, each once, ordered by name.

    In a folder, files count whose name ends in .parquet, .pq or .parq, or has no ending and begins like Parquet; what
    begins with '.' or '_' does not. Raises `InputNotFoundError` for a path or glob that names nothing, `InputError`
    when there is no Parquet file in any of them.
    """
    roots = [os.fspath(item) for item in items]
    found: dict[tuple[str | None, str], Found] = {}
    for root in roots:
        try:
            for file in _below(root):
                found.setdefault((file.uri, file.path if file.uri else os.path.realpath(file.path)), file)
        except (OSError, ValueError, RuntimeError, pa.ArrowException) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"cannot be listed: {str(error).splitlines()[0][:300]}",
                where=root,
                hint=storage_hint(root) or "check the path and your rights",
            ) from None
    if not found:
        raise InputError(
            "nothing there that can be read as Parquet",
            where=", ".join(roots[:5]),
            hint="name .parquet files, or a folder that holds some",
        )
    return sorted(_distinct(list(found.values())), key=lambda file: file.name)


def _below(root: str) -> Iterator[Found]:
    uri, system, path = _resolve(root)
    info = system.get_file_info(path)
    if info.type == fs.FileType.File:
        yield _found(uri, info, PurePosixPath(info.path).name, str(PurePosixPath(root).parent))
    elif info.type == fs.FileType.Directory:
        yield from _not_ours(system, _in_folder(uri, system, path, path, root))
    elif _WILD.search(root):
        yield from _not_ours(system, _matching(uri, system, path, root))
    else:
        raise _nothing_at(root, system, path)


def _not_ours(system: fs.FileSystem, files: Iterable[Found]) -> Iterator[Found]:
    """Leave out what lies in an output folder of a job: tables and parts are no exports of reviews."""
    known: dict[str, bool] = {}
    for file in files:
        steps = file.path.split("/")
        folders = ["/".join(steps[:i]) for i, step in enumerate(steps) if step in _OUTPUT]
        for folder in folders:
            if folder not in known:
                there = system.get_file_info([f"{folder}/{name}" for name in _OUTPUT])
                known[folder] = all(info.type != fs.FileType.NotFound for info in there)
        if not any(known[folder] for folder in folders):
            yield file


def _resolve(root: str) -> tuple[str | None, fs.FileSystem, str]:
    """Return the URI that opens the filesystem (None for this machine), the filesystem and the path in it."""
    if _SCHEME.match(root):
        root = re.sub("^s3[an]://", "s3://", root)  # as Hadoop spells it
        fixed = _WILD.split(root, maxsplit=1)[0]
        system, path = fs.FileSystem.from_uri(fixed)
        # A slash at the end of the fixed half is lost in the path.
        path += "/" * (fixed != root and fixed.endswith("/") and not path.endswith("/")) + root[len(fixed) :]
        return None if isinstance(system, fs.LocalFileSystem) else fixed, system, path
    if not root:
        raise InputError("the path is empty", hint="name a file, a folder or a glob")
    if "://" in root:
        raise InputError(
            "this kind of address cannot be read", where=root, hint="use a local path, s3://, gs://, abfs:// or hdfs://"
        )
    return None, fs.LocalFileSystem(), Path(root).expanduser().absolute().as_posix()


def _in_folder(uri: str | None, system: fs.FileSystem, folder: str, base: str, given: str) -> Iterator[Found]:
    listed = system.get_file_info(_walk(folder) if uri is None else fs.FileSelector(folder, recursive=True))
    for info in listed:
        below = PurePosixPath(info.path).relative_to(folder)
        if info.type == fs.FileType.File and not _is_hidden(below) and _is_parquet(system, info):
            yield _found(uri, info, str(PurePosixPath(info.path).relative_to(base)), given)


def _matching(uri: str | None, system: fs.FileSystem, pattern: str, root: str) -> Iterator[Found]:
    parts = PurePosixPath(pattern).parts
    fixed = next(i for i, part in enumerate(parts) if _WILD.search(part))
    base = str(PurePosixPath(*parts[:fixed]))
    given = str(PurePosixPath(_WILD.split(root, maxsplit=1)[0] + "*").parent)
    if uri is None:
        paths = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - a pattern that begins at the root
    else:
        listed = system.get_file_info(fs.FileSelector(base, recursive=True, allow_not_found=True))
        paths = sorted(info.path for info in listed if _glob_match(info.path, pattern))
    if not paths:
        raise InputNotFoundError(
            "nothing matches", where=root, hint="check the pattern; quote it, so that the shell leaves it alone"
        )
    for info in system.get_file_info(paths):
        if _is_hidden(PurePosixPath(info.path).relative_to(base)):
            continue
        if info.type == fs.FileType.Directory:
            yield from _in_folder(uri, system, info.path, base, given)
        elif info.path.lower().endswith(SUFFIXES) or not pattern.endswith("*"):
            yield _found(uri, info, str(PurePosixPath(info.path).relative_to(base)), given)


def _glob_match(path: str, pattern: str) -> bool:
    pieces = re.split(r"(\*\*/?|\*|\?)", pattern)
    wild = {"**/": r"(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(wild.get(piece) or re.escape(piece) for piece in pieces), path) is not None


def _walk(folder: str) -> list[str]:
    """Return the files below a folder; links are followed, but to no folder twice."""
    found, seen = [], set()
    for at, folders, files in os.walk(folder, followlinks=True, onerror=_raise):
        real = os.path.realpath(at)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        found += [f"{at}/{file}" for file in files]
    return found


def _raise(error: OSError) -> None:
    raise error


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part[0] in "._" for part in path.parts)


def _is_parquet(system: fs.FileSystem, info: fs.FileInfo) -> bool:
    if info.path.lower().endswith(SUFFIXES):
        return True
    if "." in info.base_name or info.size < 12:
        return False
    try:
        with system.open_input_file(info.path) as file:
            return bool(file.read(4) == b"PAR1")
    except OSError:
        return False


def _found(uri: str | None, info: fs.FileInfo, name: str, given: str) -> Found:
    """`given` is the folder that `name` is relative to, as the user wrote it."""
    parts = (*PurePosixPath(given.replace(os.sep, "/")).parts, *PurePosixPath(name).parts[:-1])
    folders = dict(_folder(part) for part in parts if "=" in part)
    return Found(uri, info.path, _printable(name), info.size or 0, info.mtime_ns or 0, tuple(folders.items()))


def _folder(part: str) -> tuple[str, str | None]:
    key, _, value = part.partition("=")
    return unquote(key), None if value == _NULL_FOLDER else unquote(value)


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _distinct(files: list[Found]) -> list[Found]:
    """Give files of one name as many of their folders as tell them apart."""
    named = defaultdict(list)
    for file in files:
        named[file.name].append(file)
    found = [same[0] for same in named.values() if len(same) == 1]
    for same in named.values():
        if len(same) > 1:
            parts = [PurePosixPath(file.path).parts for file in same]
            depth = next(d for d in range(1, max(map(len, parts)) + 1) if len({p[-d:] for p in parts}) == len(parts))
            found += [file._replace(name=_printable("/".join(p[-depth:]))) for file, p in zip(same, parts, strict=True)]
    return found


def _nothing_at(root: str, system: fs.FileSystem, path: str) -> InputNotFoundError:
    parent = PurePosixPath(path).parent
    listed = system.get_file_info(fs.FileSelector(str(parent), allow_not_found=True))
    near = difflib.get_close_matches(PurePosixPath(path).name, [info.base_name for info in listed], n=1)
    hint = f"did you mean {str(parent / near[0])!r}?" if near else "check the path; texts are given as a list"
    return InputNotFoundError("no such file or folder", where=root, hint=hint)
