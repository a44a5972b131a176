"""The output folder: the only room that writes it.

::

    out/
      lock                    held by the run under way
      customer.key            key of the customer hashes, unless the environment has one
      forgotten.json          keyed hashes of customers to leave out; pending ones may still have reviews here
      artefacts/<hash>/       frozen copies of a classifier or theme set that was given as an object
      parts/<id>/             scored.parquet, mentions.parquet, receipt.json: written once, never changed
      parts/<id>-2/           the same part written anew, without a customer who is to be forgotten
      runs/<number>/          manifest.json, tables/, report.html: written once, never changed
      current -> runs/<number>

A part and a run are made under a temporary name and renamed when they are whole; `current` is swapped last. Whatever
dies in between leaves only temporary folders, which the next run sweeps away.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from reviewlens.config import KEY_VARIABLE
from reviewlens.errors import ConfigError, InputNotFoundError, LockedError, ReviewlensError, StoreError
from reviewlens.whole import path_given, unwritable

FORMAT = 4  # of parts and manifests; it grows too when masks or needs find other things: such parts are made anew
TEMPORARY = ".tmp-"
FORGOTTEN_FILE = "forgotten.json"

log = logging.getLogger("reviewlens")


class Store:
    """An output folder at `out`."""

    def __init__(self, out: str | os.PathLike[str]) -> None:
        self.out = path_given(out, "out", accepts="the output folder")
        self.parts, self.runs, self.current = self.out / "parts", self.out / "runs", self.out / "current"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for one run. The operating system releases the lock of a dead process at once.

        A folder that was made for it and in which nothing came about is removed again.
        Raises `LockedError`, and `ConfigError` where the folder holds what others put there and a run would remove.
        """
        self.check_ours()
        made = not self.out.exists()
        self._make(self.out)
        lock, holder = FileLock(self.out / "lock"), self.out / "lock.holder"
        try:
            lock.acquire(timeout=0)
        except Timeout:
            held_by = "unknown"
            with suppress(OSError):
                held_by = holder.read_text("utf-8")
            raise LockedError(
                f"another run holds the output folder ({held_by})", where=str(self.out), hint="wait until it is done"
            ) from None
        except OSError as error:
            raise unwritable(error, self.out / "lock") from error
        try:
            self._sweep()
            with suppress(OSError):  # a full disk shall be told of where it matters
                holder.write_text(f"process {os.getpid()} on {os.uname().nodename}", "utf-8")
            yield
        finally:
            with suppress(OSError):
                holder.unlink(missing_ok=True)
                if [path.name for path in self.out.iterdir()] == ["lock"]:
                    (self.out / "lock").unlink()
            lock.release()
            if made:
                with suppress(OSError):  # it is not empty
                    self.out.rmdir()

    def is_used(self) -> bool:
        """Return whether a run has left something here."""
        return self.parts.is_dir() or self.runs.is_dir()

    def customer_key(self, *, make: bool = True) -> bytes:
        """Return the key of the customer hashes: the user's from the environment, else this folder's own.

        Where there is none yet, one is made and kept; without `make` it is empty.
        """
        given = os.environ.get(KEY_VARIABLE)
        if given:
            return given.encode()
        path = self.out / "customer.key"
        if not path.exists():
            if not make:
                return b""
            self._make(self.out)
            scratch = self.out / f"{TEMPORARY}key-{secrets.token_hex(4)}"
            try:
                scratch.touch(mode=0o600)
                scratch.write_text(secrets.token_hex(32), "utf-8")
                _sync(scratch)
                with suppress(FileExistsError):  # another process was first; then its key is the key
                    os.link(scratch, path)
            except OSError as error:
                raise unwritable(error, path) from error
            finally:
                scratch.unlink(missing_ok=True)
        try:
            return path.read_text("utf-8").strip().encode()
        except OSError as error:  # made by another user, for nobody else may read it
            raise StoreError(
                f"the key of the customer hashes cannot be read: {error.strerror}",
                where=str(path),
                hint="run as the user who made the folder, or give this one the file",
            ) from error

    def forgotten(self, key: bytes) -> frozenset[str]:
        """Return the hashes, keyed with `key`, of the customers to leave out, forgotten or about to be.

        Raises `ConfigError` where they were made with another key: no hash would match, and all would come back.
        """
        known = self._forgotten()
        if known and known["key"] != key_mark(key):
            raise ConfigError(
                "customers were forgotten under another key, so they could not be recognized",
                where=str(self.out / FORGOTTEN_FILE),
                hint=f"set {KEY_VARIABLE} to the key of before; or remove the file and forget them anew",
            )
        return frozenset({*known["customers"], *known["pending"]}) if known else frozenset()

    def pending(self) -> frozenset[str]:
        """Return the keyed hashes of customers whose reviews may still be in the folder."""
        known = self._forgotten()
        return frozenset(known["pending"]) if known else frozenset()

    def forget(self, customer: str, key: bytes) -> None:
        """Remember a keyed hash to leave out from now on; pending until `settle`."""
        done = self.forgotten(key) - self.pending()
        self._write_forgotten(key, done, self.pending() | {customer})

    def settle(self, key: bytes) -> None:
        """Note that no pending customer has anything left in the folder."""
        self._write_forgotten(key, self.forgotten(key), frozenset())

    def freeze(self, name: str, save: Callable[[Path], object]) -> Path:
        """Return the path of a frozen copy of an artefact, saved if it is not there yet."""
        target = self.out / "artefacts" / name
        if not target.exists():
            with self._whole(target) as scratch:
                save(scratch / "artefact")
        return target / "artefact"

    def newest_parts(self) -> dict[str, str]:
        """Return the folder name of the newest generation of each part that is there: part id -> name."""
        newest: dict[str, str] = {}
        for folder in self.parts.glob("[!.]*"):
            part_id, generation = _generation(folder.name)
            if generation > _generation(newest.get(part_id, ""))[1]:
                newest[part_id] = folder.name
        return newest

    def receipt(self, name: str) -> dict[str, Any]:
        """Return what a part wrote."""
        return self._read(self.parts / name / "receipt.json")

    @contextmanager
    def new_part(self, name: str) -> Iterator[Path]:
        """Yield a folder to write a part in; it becomes the part when the block ends well."""
        with self._whole(self.parts / name) as scratch:
            yield scratch

    @contextmanager
    def new_run(self) -> Iterator[Path]:
        """Yield a folder to write a run in; when the block ends well it becomes the run and `current`."""
        numbers = [int(p.name) for p in self.runs.glob("[0-9]*")]
        name = f"{max(numbers, default=0) + 1:06d}"
        with self._whole(self.runs / name) as scratch:
            yield scratch
        try:
            self._point(name)
        except OSError as error:
            raise unwritable(error, self.current) from error

    def current_run(self) -> Path | None:
        """Return the folder of the last committed run, resolved, so that it stays the same while it is read.

        Raises `StoreError` where somebody has removed it.
        """
        if self.current.is_symlink():
            found = self.current.resolve()
        elif self.current.is_file():  # where links do not exist: a pointer
            found = self.out / self.current.read_text("utf-8").strip()
        else:
            return None
        if not found.exists() and self.runs.is_dir() and found.parent == self.runs.resolve():
            raise StoreError(
                "the run that `current` names is gone",
                where=str(found),
                hint="restore it from a copy; or remove `current`, and the next run goes on from the newest one left: "
                "where there is none it begins anew, without the reviews of exports that are gone",
            )
        return found

    def run_folders(self) -> list[Path]:
        """Return the folders of the committed runs, oldest first."""
        return sorted(p for p in self.runs.glob("[0-9]*") if (p / "manifest.json").exists())

    def manifest(self, run: Path) -> dict[str, Any]:
        """Return the manifest of a run."""
        return self._read(run / "manifest.json")

    def prune(self, keep: int, *, grace: float = 0.0) -> None:
        """Remove all but the newest `keep` runs, then the parts that no run names.

        A run stays for `grace` seconds after it was replaced, so that a reader who opened it can read it to its end.
        """
        runs = self.run_folders()
        replaced = dict(zip(runs, [_age(newer) for newer in runs[1:]], strict=False))
        self._remove_runs([run for run in runs[:-keep] if replaced[run] >= grace])
        named = {part["id"] for run in self.run_folders() for part in self.manifest(run)["parts"]}
        for part in self.parts.glob("[!.]*"):
            if part.name not in named:
                self._remove(part)

    def remove_past(self) -> None:
        """Remove all runs but the current one, and every part that has been written anew."""
        self._remove_runs(self.run_folders())
        newest = set(self.newest_parts().values())
        for part in self.parts.glob("[!.]*"):
            if part.name not in newest:
                self._remove(part)

    def write_receipt(self, folder: Path, receipt: Mapping[str, Any]) -> None:
        """Write the receipt of a part."""
        self._write(folder / "receipt.json", json.dumps(receipt, indent=1, ensure_ascii=False))

    def write_manifest(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        """Write the manifest of a run."""
        self._write(folder / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False))

    def _remove_runs(self, runs: list[Path]) -> None:
        now = self.current_run()
        for run in runs:
            if now is None or run.resolve() != now.resolve():
                self._remove(run)

    def _forgotten(self) -> dict[str, Any] | None:
        path = self.out / FORGOTTEN_FILE
        return self._read(path) if path.exists() else None

    def _write_forgotten(self, key: bytes, customers: Set[str], pending: Set[str]) -> None:
        known = {"key": key_mark(key), "customers": sorted(customers), "pending": sorted(pending)}
        self._write(self.out / FORGOTTEN_FILE, json.dumps(known, indent=1))

    def _point(self, name: str) -> None:
        scratch = self.out / f"{TEMPORARY}current-{secrets.token_hex(4)}"
        try:
            scratch.symlink_to(Path("runs") / name)
        except (OSError, NotImplementedError):
            scratch.write_text(f"runs/{name}\n", "utf-8")
        scratch.replace(self.current)
        _sync(self.out)

    @contextmanager
    def _whole(self, target: Path) -> Iterator[Path]:
        self._make(target.parent)
        scratch = target.parent / f"{TEMPORARY}{target.name}-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            scratch.mkdir()
            yield scratch
            for path in [scratch, *scratch.rglob("*")]:  # folders too, for they hold the names of the files
                _sync(path)
            try:
                scratch.rename(target)
            except OSError:
                if not target.exists():
                    raise
                shutil.rmtree(scratch)  # somebody else finished the same work first
            _sync(target.parent)
        except BaseException as error:
            shutil.rmtree(scratch, ignore_errors=True)
            if isinstance(error, OSError) and not isinstance(error, ReviewlensError):
                raise unwritable(error, target) from error
            raise

    def _remove(self, folder: Path) -> None:
        # It vanishes at once, for readers and for a worker that outlived its run, and then file by file.
        gone = folder.parent / f"{TEMPORARY}gone-{secrets.token_hex(8)}"
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def _sweep(self) -> None:
        for folder in (self.out, self.parts, self.runs, self.out / "artefacts"):
            for left in folder.glob(f"{TEMPORARY}*"):
                if left.is_dir() and not left.is_symlink():
                    self._remove(left)
                else:
                    left.unlink(missing_ok=True)
        now, runs = self.current_run(), self.run_folders()
        if now is None and runs:  # a copy without links; the reviews of exports that are gone hang on what a run names
            said = {"event": "repointed", "run": runs[-1].name}
            log.warning("`current` was gone and points to the newest run again: %s", runs[-1].name, extra=said)
            self._point(runs[-1].name)
            now = self.current_run()
        for run in self.runs.glob("[0-9]*"):  # committed but never pointed to
            if now is None or run.name > now.name:
                self._remove(run)

    def check_ours(self) -> None:
        """Raise `ConfigError` where files of others lie in folders that are swept, so that none of them is lost."""
        now = self.current_run()
        if now is not None and now.resolve().parent == self.runs.resolve():
            return
        written = ((self.parts, "receipt.json"), (self.runs, "manifest.json"))
        found = [p for folder, mark in written for p in folder.glob("[!.]*") if not (p / mark).is_file()]
        if found or os.path.lexists(self.current):
            raise ConfigError(
                "the output folder holds what reviewlens did not write",
                where=str(found[0] if found else self.current),
                hint="choose another output folder, best a new one",
            )

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise ConfigError(
                "a file is where the output folder should be", where=str(folder), hint="choose another output folder"
            ) from None
        except OSError as error:
            raise StoreError(
                f"cannot make the folder: {error}", where=str(folder), hint="choose another output folder"
            ) from None

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise InputNotFoundError("no run is here", where=str(path), hint="run `reviewlens run` first") from None
        except (OSError, ValueError) as error:
            part = path.parent.parent == self.parts
            hint = "remove this folder: the next run makes it anew" if part else "restore it from a copy"
            raise StoreError(f"cannot be read: {error}", where=str(path), hint=hint) from None
        return found

    def _write(self, path: Path, text: str) -> None:
        scratch = path.parent / f"{TEMPORARY}{path.name}-{secrets.token_hex(4)}"
        try:
            scratch.write_text(text + "\n", "utf-8")
            _sync(scratch)
            scratch.replace(path)
        except OSError as error:
            with suppress(OSError):
                scratch.unlink(missing_ok=True)
            raise unwritable(error, path) from error


def key_mark(key: bytes) -> str:
    """Return a mark that tells keys apart and does not give them away."""
    return hashlib.blake2b(b"reviewlens customer key", digest_size=8, key=hashlib.sha256(key).digest()).hexdigest()


def next_generation(name: str) -> str:
    """Return the folder name under which a part is written anew."""
    part_id, generation = _generation(name)
    return f"{part_id}-{generation + 1}"


def _generation(name: str) -> tuple[str, int]:
    part_id, _, generation = name.partition("-")
    return part_id, int(generation or bool(part_id))


def _age(run: Path) -> float:
    """Return the seconds since a run was committed; never below 0, for clocks are set back now and then."""
    return max(0.0, time.time() - (run / "manifest.json").stat().st_mtime)


def _sync(path: Path) -> None:
    """Make sure that what was written survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
