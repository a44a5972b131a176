"""Paths that are given, and files that are there whole or not at all and never take the place of another kind."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reviewlens.errors import ConfigError, OverwriteError, ReviewlensError, StoreError


def path_given(value: object, name: str, *, accepts: str = "a path") -> Path:
    """Return what an argument called `name` gives as a path; raise `ConfigError` for what is none."""
    if isinstance(value, str | os.PathLike):
        return Path(value)
    raise ConfigError(f"{name} cannot be of type {type(value).__name__}", where=name, hint=f"give {accepts}")


SameKind = Callable[[Path], bool]


def check_replaceable(target: Path, *, what: str, same_kind: SameKind) -> None:
    """Raise `OverwriteError` where something is at `target` that is neither empty nor `what` ("a theme set")."""
    if target.is_dir():
        raise OverwriteError("a folder is where the file should be", where=str(target), hint="name a file in it")
    if target.exists() and not (target.is_file() and (target.stat().st_size == 0 or same_kind(target))):
        raise OverwriteError(
            f"refusing to overwrite what is not {what}",
            where=str(target),
            hint="name another file, or remove this one",
        )


@contextmanager
def whole_file(target: Path, *, what: str, same_kind: SameKind) -> Iterator[Path]:
    """Yield a path to write to; when the block ends well, what is there is moved to `target`.

    Raises `OverwriteError` before anything is written, as `check_replaceable` does, and `StoreError` where disk or
    rights do not suffice.
    """
    check_replaceable(target, what=what, same_kind=same_kind)
    draft = target.with_name(f".tmp-{target.name}-{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        draft.replace(target)
    except OSError as error:
        if isinstance(error, ReviewlensError):
            raise
        raise unwritable(error, target) from error
    finally:
        with suppress(OSError):  # its folder may be none
            draft.unlink(missing_ok=True)


def with_columns(*names: str) -> SameKind:
    """Return a test whether a file is Parquet with these columns, and maybe more."""

    def same_kind(path: Path) -> bool:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return set(names) <= set(pq.read_schema(path).names)
        except (pa.ArrowException, OSError):
            return False

    return same_kind


def unwritable(error: OSError, where: Path) -> StoreError:
    """Return the error for something that could not be written, with what to do about a full disk."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} or "No space left" in str(error)
    hint = "free some space and run again; what was published before stands" if full else "look at the folder's rights"
    if error.errno in {errno.EEXIST, errno.ENOTDIR}:
        hint = "a file stands where a folder is to be: name another folder"
    return StoreError(f"cannot be written: {error.strerror or error}", where=str(where), hint=hint)
