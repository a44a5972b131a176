"""The folder of a trained classifier: plain JSON, safetensors and ONNX; nothing in it is ever executed.

config.json         architecture, sizes, languages learned, format_version, and the hash of every other file
tokenizer.json      subwords
model.safetensors   weights to train further; the embedding table in eight bits
model.onnx          graph to score with; reads the table of model.safetensors
calibration.json    temperature and priors
metrics.json        what was measured when it was trained
README.md           the model card
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewlens.calibration import Calibration
from reviewlens.errors import ArtefactError, InputNotFoundError
from reviewlens.models import LINEAR, MODELS
from reviewlens.models.shapes import check_shapes
from reviewlens.tokenizer import Tokenizer

# 2: n-grams of characters beside those of subwords; 3: `pooled` subwords make a place of an LSTM, 4: `stride` a step
FORMAT_VERSION = 4
READABLE = (1, 2, 3, FORMAT_VERSION)
_LIMIT = 512 * 1024 * 1024  # bytes a file of an artefact may have
_LARGEST = 1e6  # of a number of the calibration; the bias of a prior of zero is a hundredth of it
HASHED = ("tokenizer.json", "model.safetensors", "model.onnx", "calibration.json")
Arrays = dict[str, NDArray[Any]]


@dataclass
class Artefact:
    """The parts of a classifier, in memory."""

    model: str
    settings: dict[str, Any]
    tokenizer: Tokenizer
    weights: Arrays
    graph: bytes | None
    calibration: Calibration
    metrics: dict[str, Any] = field(default_factory=dict)
    card: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""

    @property
    def languages(self) -> tuple[str, ...] | None:
        """Languages that were learned, as ISO 639-1 codes; None where an older artefact does not say."""
        found = self.extra.get("languages")
        return None if found is None else tuple(found)


def bundled() -> Path:
    """Return the folder of the bundled classifier."""
    return Path(str(resources.files("reviewlens") / "data" / "default_model"))


def write(artefact: Artefact, folder: Path) -> str:
    """Write the folder and return its fingerprint."""
    from safetensors.numpy import save

    folder.mkdir(parents=True, exist_ok=True)
    artefact.tokenizer.save(folder / "tokenizer.json")
    weights = {name: np.ascontiguousarray(value) for name, value in artefact.weights.items()}
    (folder / "model.safetensors").write_bytes(save(weights))
    if artefact.graph is not None:
        (folder / "model.onnx").write_bytes(artefact.graph)
    _write_json(folder / "calibration.json", vars(artefact.calibration))
    _write_json(folder / "metrics.json", artefact.metrics)
    (folder / "README.md").write_text(artefact.card, encoding="utf-8")
    hashes = {
        name: _hash(folder / name)
        for name in HASHED
        if (folder / name).exists() and (artefact.graph or name != "model.onnx")
    }
    config = {
        "format_version": FORMAT_VERSION,
        "model": artefact.model,
        "settings": artefact.settings,
        "files": hashes,
        **artefact.extra,
    }
    _write_json(folder / "config.json", config)
    artefact.fingerprint = _fingerprint(config)
    return artefact.fingerprint


def read(folder: Path) -> Artefact:
    """Read a folder that `write` wrote; raise `ArtefactError` where it does not hold what it says."""
    if not (folder / "config.json").is_file():
        raise InputNotFoundError(
            "there is no model here: config.json is missing",
            where=str(folder),
            hint="name a folder that Classifier.save wrote",
        )
    _check_own(folder, "config.json")
    config = _read_json(folder / "config.json")
    version = config.get("format_version")
    if version not in READABLE:
        raise ArtefactError(
            f"format_version {version!r} is not known",
            where=str(folder),
            hint=f"this release reads versions {', '.join(map(str, READABLE))}",
        )
    if config.get("model") not in MODELS:
        raise ArtefactError(
            f"model {config.get('model')!r} is not known",
            where=str(folder / "config.json"),
            hint=f"one of {', '.join(MODELS)}",
        )
    files, settings = config.get("files"), config.get("settings")
    if not isinstance(files, dict) or not isinstance(settings, dict):
        raise ArtefactError("config.json lacks files or settings", where=str(folder), hint="save the model again")
    _check_extra(config, folder)
    for name in _required(config["model"]):
        if name not in files:
            raise ArtefactError(f"config.json lists no {name}", where=str(folder), hint="save the model again")
    for name, expected in files.items():
        if _hash(_inside(folder, name)) != expected:
            raise ArtefactError(
                f"{name} is not the file that was saved: its hash differs",
                where=str(folder),
                hint="copy or save the model again",
            )
    weights = _read_weights(folder / "model.safetensors")
    graph = (folder / "model.onnx").read_bytes() if "model.onnx" in files else None
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    check_shapes(config["model"], settings, weights, tokenizer.size)
    return Artefact(
        model=config["model"],
        settings=settings,
        tokenizer=tokenizer,
        weights=weights,
        graph=graph,
        calibration=_read_calibration(folder / "calibration.json"),
        metrics=_read_json(folder / "metrics.json") if _is_there(folder, "metrics.json") else {},
        card=(folder / "README.md").read_text(encoding="utf-8", errors="replace")
        if _is_there(folder, "README.md")
        else "",
        extra={
            key: value for key, value in config.items() if key not in {"format_version", "model", "settings", "files"}
        },
        fingerprint=_fingerprint(config),
    )


def quantize(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return an embedding table in eight bits and the scale of each of its rows."""
    scale = np.maximum(np.abs(table).max(axis=1), 1e-8) / 127.0
    return np.round(table / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def _check_extra(config: dict[str, Any], folder: Path) -> None:
    learned, below = config.get("languages", []), config.get("abstain_below", 0.0)
    if not isinstance(learned, list) or not all(isinstance(code, str) for code in learned):
        raise ArtefactError(f"languages {learned!r} are no list", where=str(folder), hint="save the model again")
    if not isinstance(below, int | float) or not 0 <= below <= 1:
        raise ArtefactError(
            f"abstain_below {below!r} is no probability", where=str(folder), hint="save the model again"
        )


def _required(model: str) -> tuple[str, ...]:
    return tuple(name for name in HASHED if model != LINEAR or name != "model.onnx")


def _inside(folder: Path, name: str) -> Path:
    if name not in HASHED:
        raise ArtefactError(
            f"config.json names a file that is no part of a model: {name!r}",
            where=str(folder),
            hint="get the model from its author again",
        )
    if not os.path.lexists(folder / name):
        raise ArtefactError(f"{name} is missing", where=str(folder), hint="copy the whole folder")
    return _check_own(folder, name)


def _is_there(folder: Path, name: str) -> bool:
    """Return whether a file that a model can do without is there, after a look at what it is."""
    return os.path.lexists(folder / name) and bool(_check_own(folder, name))


def _check_own(folder: Path, name: str) -> Path:
    """Return the path of a file of the folder; raise for links that lead out, pipes, devices, and what is too large."""
    path = folder / name
    leads_out = path.is_symlink() and folder.resolve() not in path.resolve().parents
    if leads_out or not path.is_file():
        raise ArtefactError(
            f"{name} is a link that leads out of the folder" if leads_out else f"{name} is no file",
            where=str(folder),
            hint="get the model from its author again",
        )
    if path.stat().st_size > _LIMIT:
        raise ArtefactError(
            f"{name} is larger than {_LIMIT >> 20} MiB", where=str(folder), hint="this is no model of ours"
        )
    return path


def _read_weights(path: Path) -> Arrays:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        weights: Arrays = load_file(path)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ArtefactError(
            f"the weights cannot be read: {error}", where=str(path), hint="copy the folder again"
        ) from error
    for name, value in weights.items():
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise ArtefactError(f"the weights of {name} are not finite", where=str(path), hint="train the model again")
    return weights


def _read_calibration(path: Path) -> Calibration:
    values = _read_json(path)
    try:
        calibration = Calibration(**{key: float(value) for key, value in values.items()})
    except (TypeError, ValueError) as error:
        raise ArtefactError(
            f"calibration.json is not a calibration: {error}", where=str(path), hint="save the model again"
        ) from error
    bounded = all(abs(value) <= _LARGEST for value in vars(calibration).values())  # so that no product overflows
    if not (bounded and calibration.star_temperature > 0 and 0 < calibration.neutral_prior < 1):
        raise ArtefactError(
            "calibration.json holds an impossible weight, temperature or prior",
            where=str(path),
            hint="save the model again",
        )
    return calibration


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ArtefactError(
            f"{path.name} is not readable JSON: {error}", where=str(path), hint="copy the folder again"
        ) from error
    if not isinstance(value, dict):
        raise ArtefactError(f"{path.name} is not a JSON object", where=str(path), hint="copy the folder again")
    return value


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fingerprint(config: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(config, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
