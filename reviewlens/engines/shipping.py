"""Artefacts on their way to executors: a file or folder as bytes, and the same bytes as a file or folder there."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from functools import lru_cache
from pathlib import Path

from reviewlens.errors import ArtefactError

Packed = dict[str, bytes]  # path within the artefact -> content; "" for an artefact that is one file


def pack(path: str) -> Packed:
    """Return the content of a file or of a folder with all below it.

    Raises `ArtefactError` where there is nothing to read.
    """
    root = Path(path)
    try:
        if root.is_file():
            return {"": root.read_bytes()}
        files = sorted(p for p in root.rglob("*") if p.is_file())
        packed = {p.relative_to(root).as_posix(): p.read_bytes() for p in files}
    except OSError as error:
        raise ArtefactError(f"cannot be read: {error}", where=path) from None
    if not packed:
        raise ArtefactError("nothing is there to ship to the executors", where=path)
    return packed


def unpack(packed: Packed) -> Path:
    """Return where the artefact is on this executor; written by whichever of its workers comes first.

    It goes into the folder that Spark keeps for the application on each executor, and removes at its end.
    """
    from pyspark import SparkFiles

    root = Path(SparkFiles.getRootDirectory())
    target = root / f"reviewlens-{_digest(tuple(packed.items()))}"
    if not target.exists():
        scratch = root / f".{target.name}-{secrets.token_hex(4)}"
        for name, content in packed.items():
            file = scratch / "artefact" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        try:
            scratch.rename(target)
        except OSError:
            if not target.exists():
                raise
            shutil.rmtree(scratch, ignore_errors=True)  # another worker was first
    return target / "artefact"


@lru_cache(maxsize=8)
def _digest(files: tuple[tuple[str, bytes], ...]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name, content in files:
        digest.update(f"{len(name)}:{name}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()
