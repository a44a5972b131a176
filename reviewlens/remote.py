"""An output folder on S3, HDFS or the like, worked on in a local copy.

Objects cannot be renamed and folders cannot be swapped there, so a run works on this machine and what it made is sent
when it is whole: parts first, then runs, and `current`, the pointer that readers follow, last. A part counts once its
receipt is there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from reviewlens.errors import ConfigError, LockedError, StoreError
from reviewlens.read.paths import storage_hint

CACHE_VARIABLE = "REVIEWLENS_CACHE"
ORIGIN = "remote.url"  # in the local copy: where it belongs
RECEIPT, CURRENT = "receipt.json", "current"
WRITTEN_ONCE = ("parts", "runs", "artefacts")
CHUNK = 1 << 20

PathLike = str | os.PathLike[str]


def is_remote(out: PathLike) -> bool:
    """Return whether an output folder is named by an address such as s3://bucket/lens."""
    return isinstance(out, str) and "://" in out


class Remote:
    """An output folder at a URL."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/").replace("s3a://", "s3://", 1)
        self.files, self.root = _filesystem(self.url)

    @property
    def copy(self) -> Path:
        """Where the local copy lives: below `REVIEWLENS_CACHE`, else in the user's cache."""
        cache = Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "reviewlens")
        return cache / hashlib.blake2b(self.url.encode(), digest_size=8).hexdigest()

    def pull(self) -> Path:
        """Make the local copy what the remote folder is, and return it; what is written once is fetched once."""
        local = self.copy
        local.mkdir(parents=True, exist_ok=True)
        (local / ORIGIN).write_text(self.url, "utf-8")
        there = self._objects()
        whole = {folder for name in there if (folder := name.rpartition("/")[0]) and name.endswith(f"/{RECEIPT}")}
        there = {n: size for n, size in there.items() if not n.startswith("parts/") or n.rpartition("/")[0] in whole}
        for path in list(_files(local)):
            if str(path.relative_to(local)) not in there:  # forgotten or pruned by another machine
                path.unlink()
        for name, size in there.items():
            target = local / name
            if name.split("/")[0] not in WRITTEN_ONCE or not target.exists() or target.stat().st_size != size:
                self._fetch(name, target)
        for below in sorted(
            (p for kind in WRITTEN_ONCE for p in (local / kind).rglob("*") if p.is_dir()), reverse=True
        ):
            if not any(below.iterdir()):
                below.rmdir()
        return local

    def pull_part(self, name: str) -> None:
        """Fetch one part into the local copy."""
        for path in self._objects(f"parts/{name}"):
            self._fetch(path, self.copy / path)

    def push(self, seen: str | None) -> None:
        """Send what is new in the local copy and remove what is no longer in it.

        Raises `LockedError` when `current` there is no longer what it was when it was pulled (`seen`).
        """
        local, there = self.copy, self._objects()
        if self.current() != seen:
            shutil.rmtree(local / "runs", ignore_errors=True)
            raise LockedError("another run has published there meanwhile", where=self.url, hint="run again")
        here = {str(path.relative_to(local)): path for path in _files(local)}
        for name, path in sorted(here.items(), key=lambda item: _rank(item[0])):
            if name.split("/")[0] not in WRITTEN_ONCE or there.get(name) != path.stat().st_size:
                self.send(path, name)
        if (local / CURRENT).exists():
            self._write(CURRENT, f"runs/{_target(local)}\n".encode())
        for name in sorted(there.keys() - here.keys() - {CURRENT}):
            self.files.delete_file(f"{self.root}/{name}")

    def current(self) -> str | None:
        """Return what the pointer there says, None where nothing was published yet."""
        try:
            with self.files.open_input_stream(f"{self.root}/{CURRENT}") as stream:
                return bytes(stream.read()).decode("utf-8").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._cannot("read", error) from None

    def send(self, path: Path, name: str) -> None:
        """Write a file to the folder."""
        self._write(name, path.read_bytes() if path.stat().st_size <= CHUNK else path)

    def send_part(self, folder: Path) -> None:
        """Write a part to the folder, its receipt last."""
        for path in sorted(folder.iterdir(), key=lambda path: path.name == RECEIPT):
            self.send(path, f"parts/{folder.name}/{path.name}")

    def mark(self, name: str) -> None:
        """Leave an empty file in the folder, to show that it can be written."""
        self._write(name, b"")

    def unmark(self, begins: str) -> set[str]:
        """Remove the files in the folder whose name begins so, and return their names."""
        found = self.files.get_file_info(fs.FileSelector(self.root, allow_not_found=True))
        names = {info.base_name for info in found if info.base_name.startswith(begins)}
        for name in names:
            self.files.delete_file(f"{self.root}/{name}")
        return names

    def _write(self, name: str, content: bytes | Path) -> None:
        path = f"{self.root}/{name}"
        try:
            if not isinstance(self.files, fs.S3FileSystem):
                self.files.create_dir(path.rsplit("/", 1)[0], recursive=True)
            with self.files.open_output_stream(path) as stream:
                if isinstance(content, bytes):
                    stream.write(content)
                else:
                    with content.open("rb") as file:
                        while chunk := file.read(CHUNK):
                            stream.write(chunk)
        except OSError as error:
            raise self._cannot("written", error, name) from None

    def _cannot(self, done: str, error: OSError, name: str = "") -> StoreError:
        where = f"{self.url}/{name}".rstrip("/")
        hint = storage_hint(self.url) or "check the address and your rights"
        return StoreError(f"cannot be {done}: {_said(error)}", where=where, hint=hint)

    def _fetch(self, name: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_name(f".tmp-{target.name}")
        with self.files.open_input_stream(f"{self.root}/{name}") as stream, scratch.open("wb") as file:
            while chunk := stream.read(CHUNK):
                file.write(chunk)
        if target.is_symlink():
            target.unlink()
        scratch.replace(target)

    def _objects(self, below: str = "") -> dict[str, int]:
        """Return the size of each file by its path in the folder."""
        base = f"{self.root}/{below}".rstrip("/")
        try:
            found = self.files.get_file_info(fs.FileSelector(base, recursive=True, allow_not_found=True))
        except OSError as error:
            raise self._cannot("listed", error) from None
        return {info.path.removeprefix(f"{self.root}/"): info.size for info in found if info.type == fs.FileType.File}


@contextmanager
def mirrored(out: str) -> Iterator[Path]:
    """Yield a local copy of a remote output folder to run in; what the run made is sent, even if it was cut short.

    Raises `LockedError` when another run has published there meanwhile, and `StoreError`.
    """
    remote = Remote(out)
    seen = remote.current()
    local = remote.pull()
    try:
        yield local
    finally:
        remote.push(seen)


def fetched(out: PathLike) -> PathLike:
    """Return a local folder to read: `out` itself, or a copy of a remote one."""
    return Remote(str(out)).pull() if is_remote(out) else out


def origin_of(local: PathLike) -> Remote | None:
    """Return the remote folder of which a folder is the local copy, None where it is none."""
    path = Path(local) / ORIGIN
    return Remote(path.read_text("utf-8")) if path.exists() else None


@lru_cache(maxsize=8)
def _filesystem(url: str) -> tuple[fs.FileSystem, str]:
    try:
        files, root = fs.FileSystem.from_uri(url)
    except (OSError, ValueError, pa.ArrowException) as error:
        hint = storage_hint(url) or "use a path, s3://, gs://, abfs://, hdfs:// or fsspec+..."
        raise ConfigError(f"no storage that can be reached: {_said(error)}", where=url, hint=hint) from None
    return files, root.rstrip("/")


def _files(local: Path) -> Iterator[Path]:
    for kind in WRITTEN_ONCE:
        yield from (p for p in (local / kind).rglob("*") if p.is_file() and ".tmp-" not in str(p.relative_to(local)))
    yield from (p for p in local.iterdir() if p.is_file() and p.name in {"customer.key", "forgotten.json"})


def _rank(name: str) -> tuple[bool, bool, str]:
    return name.startswith("runs/"), name.endswith((RECEIPT, "manifest.json")), name


def _target(local: Path) -> str:
    current = local / CURRENT
    return current.resolve().name if current.is_symlink() else current.read_text("utf-8").strip().rsplit("/", 1)[-1]


def _said(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
