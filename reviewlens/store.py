"""The output folder: the only room that writes it.

::

    out/
      lock                    held by the run under way
      customer.key            key of the customer hashes, unless the environment has one
      forgotten.json          keyed hashes of customers to leave out
      artefacts/<hash>/       frozen copies of a classifier or theme set that was given as an object
      parts/<id>/             scored.parquet, mentions.parquet, receipt.json: written once, never changed
      runs/<number>/          manifest.json, tables/, report.html: written once, never changed
      current -> runs/<number>

A part and a run are made under a temporary name and renamed when they are whole; `current` is swapped last. Whatever
dies in between leaves only temporary folders, which the next run sweeps away.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from reviewlens.config import KEY_VARIABLE
from reviewlens.errors import InputNotFoundError, LockedError, StoreError

FORMAT = 1
TEMPORARY = ".tmp-"


class Store:
    """An output folder at `out`."""

    def __init__(self, out: str | os.PathLike[str]) -> None:
        self.out = Path(out)
        self.parts, self.runs, self.current = self.out / "parts", self.out / "runs", self.out / "current"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for one run. The operating system releases the lock of a dead process at once."""
        self._make(self.out)
        lock, holder = FileLock(self.out / "lock"), self.out / "lock.holder"
        try:
            lock.acquire(timeout=0)
        except Timeout:
            held_by = holder.read_text("utf-8") if holder.exists() else "unknown"
            raise LockedError(
                f"another run holds the output folder ({held_by})", where=str(self.out), hint="wait until it is done"
            ) from None
        try:
            holder.write_text(f"process {os.getpid()} on {os.uname().nodename}", "utf-8")
            self._sweep()
            yield
        finally:
            holder.unlink(missing_ok=True)
            lock.release()

    def customer_key(self) -> bytes:
        """Return the key of the customer hashes: the user's from the environment, else this folder's own."""
        given = os.environ.get(KEY_VARIABLE)
        if given:
            return given.encode()
        path = self.out / "customer.key"
        if not path.exists():
            self._make(self.out)
            scratch = self.out / f"{TEMPORARY}key-{secrets.token_hex(4)}"
            scratch.touch(mode=0o600)
            scratch.write_text(secrets.token_hex(32), "utf-8")
            try:
                os.link(scratch, path)  # fails if another process was first; then its key is the key
            except FileExistsError:
                pass
            finally:
                scratch.unlink()
        return path.read_text("utf-8").strip().encode()

    def forgotten(self) -> frozenset[str]:
        """Return the keyed hashes of the customers to leave out."""
        path = self.out / "forgotten.json"
        return frozenset(json.loads(path.read_text("utf-8"))) if path.exists() else frozenset()

    def forget(self, customer: str) -> None:
        """Remember a keyed hash to leave out."""
        self._write(self.out / "forgotten.json", json.dumps(sorted({*self.forgotten(), customer}), indent=1))

    def freeze(self, name: str, save: Callable[[Path], object]) -> Path:
        """Return the path of a frozen copy of an artefact, saved if it is not there yet."""
        target = self.out / "artefacts" / name
        if not target.exists():
            with self._whole(target) as scratch:
                save(scratch / "artefact")
        return target / "artefact"

    def has_part(self, part_id: str) -> bool:
        """Whether the part is there, whole."""
        return (self.parts / part_id / "receipt.json").exists()

    def receipt(self, part_id: str) -> dict[str, Any]:
        """Return what a part wrote."""
        return self._read(self.parts / part_id / "receipt.json")

    @contextmanager
    def new_part(self, part_id: str) -> Iterator[Path]:
        """Yield a folder to write a part in; it becomes the part when the block ends well."""
        with self._whole(self.parts / part_id) as scratch:
            yield scratch

    @contextmanager
    def new_run(self) -> Iterator[Path]:
        """Yield a folder to write a run in; when the block ends well it becomes the run and `current`."""
        numbers = [int(p.name) for p in self.runs.glob("[0-9]*")]
        name = f"{max(numbers, default=0) + 1:06d}"
        with self._whole(self.runs / name) as scratch:
            yield scratch
        self._point(name)

    def current_run(self) -> Path | None:
        """Return the folder of the last committed run, resolved, so that it stays the same while it is read."""
        if self.current.is_symlink():
            return self.current.resolve()
        if self.current.is_file():  # where links do not exist: a pointer
            return self.out / self.current.read_text("utf-8").strip()
        return None

    def run_folders(self) -> list[Path]:
        """Return the folders of the committed runs, oldest first."""
        return sorted(p for p in self.runs.glob("[0-9]*") if (p / "manifest.json").exists())

    def manifest(self, run: Path) -> dict[str, Any]:
        """Return the manifest of a run."""
        return self._read(run / "manifest.json")

    def prune(self, keep: int) -> None:
        """Remove all but the newest `keep` runs, then the parts that no run names."""
        now = self.current_run()
        old = self.run_folders()[:-keep]
        for run in old:
            if run.resolve() != now:
                self._remove(run)
        named = {part["id"] for run in self.run_folders() for part in self.manifest(run)["parts"]}
        for part in self.parts.glob("*"):
            if part.name not in named:
                self._remove(part)

    def write_manifest(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        """Write the manifest of a run or the receipt of a part."""
        name = "receipt.json" if folder.parent == self.parts else "manifest.json"
        self._write(folder / name, json.dumps(manifest, indent=1, ensure_ascii=False))

    def _point(self, name: str) -> None:
        scratch = self.out / f"{TEMPORARY}current-{secrets.token_hex(4)}"
        try:
            scratch.symlink_to(Path("runs") / name)
        except (OSError, NotImplementedError):
            scratch.write_text(f"runs/{name}\n", "utf-8")
        os.replace(scratch, self.current)
        _sync(self.out)

    @contextmanager
    def _whole(self, target: Path) -> Iterator[Path]:
        self._make(target.parent)
        scratch = target.parent / f"{TEMPORARY}{target.name}-{os.getpid()}-{secrets.token_hex(4)}"
        scratch.mkdir()
        try:
            yield scratch
            for path in [p for p in scratch.rglob("*") if p.is_file()]:
                _sync(path)
            try:
                os.rename(scratch, target)
            except OSError:
                if not target.exists():
                    raise
                shutil.rmtree(scratch)  # somebody else finished the same work first
            _sync(target.parent)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise

    def _remove(self, folder: Path) -> None:
        gone = folder.parent / f"{TEMPORARY}{folder.name}-{secrets.token_hex(4)}"
        os.rename(folder, gone)  # vanishes at once for readers, then file by file
        shutil.rmtree(gone, ignore_errors=True)

    def _sweep(self) -> None:
        for folder in (self.out, self.parts, self.runs):
            for left in folder.glob(f"{TEMPORARY}*"):
                shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make the folder: {error}", where=str(folder), hint="choose another output folder") from None

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise InputNotFoundError("no run is here", where=str(path), hint="run `reviewlens run` first") from None
        except (OSError, ValueError) as error:
            raise StoreError(f"cannot be read: {error}", where=str(path)) from None
        return found

    def _write(self, path: Path, text: str) -> None:
        scratch = path.parent / f"{TEMPORARY}{path.name}-{secrets.token_hex(4)}"
        scratch.write_text(text + "\n", "utf-8")
        _sync(scratch)
        os.replace(scratch, path)


def _sync(path: Path) -> None:
    """Make sure that what was written survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
