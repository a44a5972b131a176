"""What is fuzzed: bytes in, and nothing but a documented error or a sound answer out."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from reviewlens import read, text
from reviewlens.classifier import Classifier
from reviewlens.config import load_settings
from reviewlens.errors import ArtefactError, ConfigError, InputError
from reviewlens.privacy import mask
from reviewlens.quotes import safe_quotes
from reviewlens.schemas import REVIEWS

MOST_SCORED = 2_000  # characters; longer texts are normalized, cut and masked, but not scored


def any_text(data: bytes) -> None:
    """A text is normalized, cut into clauses, masked and scored."""
    if data[:1] > b"\x7f":  # with halves of characters, as some databases have them
        body = data[: len(data) & ~1].decode("utf-16-le", "surrogatepass")
    else:
        body = data.decode("utf-8", "replace")
    said = text.normalize(body)
    assert text.normalize(said) == said, "normalizing twice differs"
    owner, bounds = text.segments([said])
    assert (owner == 0).all()
    assert (bounds[:, 0] < bounds[:, 1]).all() and (bounds[1:, 0] >= bounds[:-1, 1]).all(), "clauses overlap"
    assert not len(bounds) or bounds[-1, 1] <= len(said), "a clause ends beyond the text"
    masked = mask(said)
    assert mask(masked) == masked, "masking twice differs"
    for quote in safe_quotes([said]):
        (quote or "").encode("utf-8")  # no half characters
    if len(said) <= MOST_SCORED:
        proba = classifier().predict_proba([said])
        assert proba.shape == (1, 3) and abs(float(proba.sum()) - 1) < 1e-4, "probabilities do not add to 1"


def any_parquet(data: bytes) -> None:
    """A file is planned and read to its end, or is refused."""
    path = scratch() / "export.parquet"
    path.write_bytes(data)
    try:
        for part in read.plan(path).parts:
            rows = 0
            for batch in part.batches(256):
                assert batch.schema.equals(REVIEWS)
                batch.validate(full=True)
                rows += batch.num_rows
            assert rows == part.rows, "rows are missing"
    except InputError:
        pass


def any_config(data: bytes) -> None:
    """A settings file is merged, or is refused."""
    path = scratch() / "job.toml"
    path.write_bytes(data)
    with suppress(ConfigError):
        load_settings(path, environment={}).config.fingerprint()


def any_artefact(data: bytes) -> None:
    """A model folder of which one file was changed is loaded and answers, or is refused."""
    if len(data) < 5:
        return
    names = sorted(path.name for path in bundled().iterdir() if path.is_file())
    folder = scratch() / "model"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in names:
        os.link(bundled() / name, folder / name)
    changed = folder / names[data[0] % len(names)]
    whole = changed.read_bytes()
    at = int.from_bytes(data[1:4], "big") % max(1, len(whole))
    changed.unlink()
    changed.write_bytes(whole[:at] + data[5:] + (whole[at + len(data) - 5 :] if data[4] % 4 else b""))
    try:
        proba = Classifier.load(folder).predict_proba(["It broke after a week.", "很好"])
        assert proba.shape == (2, 3) and np.isfinite(proba).all(), "an answer that is none"
    except ArtefactError:
        pass


TARGETS: dict[str, Callable[[bytes], None]] = {
    "text": any_text,
    "parquet": any_parquet,
    "config": any_config,
    "artefact": any_artefact,
}


def seeds(target: str) -> list[bytes]:
    """Return a few inputs to begin with."""
    if target == "text":
        return ["Not bad, but the zip broke! Mail dana@example.com 电池不耐用，希望改进 👍🏽".encode(), b"\xff\xd8=1"]
    if target == "config":
        return [
            b'source = ["in"]\nout = "lens"\nperiod = "week"\n[columns]\ntext = "body"\n',
            b"memory_mb = 64\nfail_on = ['drift']",
        ]
    if target == "artefact":
        return [bytes([i, 0, 0, 9, 1]) + b"0" for i in range(9)]
    sink = BytesIO()
    table = pa.table({"text": ["good", "坏了", None], "rating": [5, 1, 3], "date": ["2024-01-01", "", "x"]})
    pq.write_table(table, sink, compression="none")
    return [sink.getvalue()]


@cache
def scratch() -> Path:
    """Return a folder for this process."""
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


@cache
def classifier() -> Classifier:
    """Return the bundled model."""
    return Classifier.load()


@cache
def bundled() -> Path:
    """Return a copy of the bundled model, beside the changed ones."""
    return Path(shutil.copytree(str(files("reviewlens") / "data" / "default_model"), scratch() / "bundled"))
