"""A folder whose arrays or settings do not fit is refused when it is loaded: loops in C trust them."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from reviewlens.classifier import Classifier
from reviewlens.errors import ArtefactError

FIXTURES = Path(__file__).parent / "fixtures/models"
NAMES = ["v4-linear", "v4-lstm", "v4-transformer"]


def _loaded(folder: Path, weights: dict[str, np.ndarray] | None = None, **settings: Any) -> Classifier:
    """Load the folder with other weights and settings, and with the hashes that these have."""
    config = json.loads((folder / "config.json").read_text())
    config["settings"] |= settings
    if weights is not None:
        save_file({name: np.ascontiguousarray(array) for name, array in weights.items()}, folder / "model.safetensors")
        digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
        config["files"]["model.safetensors"] = digest
    (folder / "config.json").write_text(json.dumps(config))
    return Classifier.load(folder)


@pytest.mark.parametrize("value", [0, -1, 3, 10**9, 2**70, 1.5, "x", None, [1], True])
@pytest.mark.parametrize("name", ["embedding", "channels", "hidden", "heads", "pooled", "stride"])
def test_settings_that_are_no_sizes_of_the_weights(name: str, value: object, tmp_path: Path) -> None:
    """Before, a network that pools no subwords ended the process by a division, and a step of none answered NaN."""
    folder = shutil.copytree(FIXTURES / "v4-lstm", tmp_path / "model")
    if name in ("pooled", "stride") and value == 3:
        assert _loaded(folder, **{name: value}).predict(["good"]).shape == (1,), "another reading, but a reading"
        return
    with pytest.raises(ArtefactError, match="fit the model"):
        _loaded(folder, **{name: value})


@pytest.mark.parametrize("name", NAMES)
def test_arrays_of_another_shape_or_kind_or_none(name: str, tmp_path: Path) -> None:
    whole = load_file(FIXTURES / name / "model.safetensors")
    checked = [part for part in whole if part.split(".")[0] in ("embedding", "ngram", "letters")]
    if name == "v4-lstm":
        checked = [part for part in whole if part != "seen.keys"]
    for part in checked:
        array = whole[part]
        others: list[np.ndarray | None] = [array[:-1], array[None], array[:0], array.astype(np.float64), None]
        if part.split(".")[1] == "weight" and part.split(".")[0] in ("ngram", "letters"):
            others.pop()  # a model without these n-grams is a model
        for other in others:
            folder = shutil.copytree(FIXTURES / name, tmp_path / "model")
            weights = {other_part: kept for other_part, kept in whole.items() if other_part != part}
            with pytest.raises(ArtefactError, match="fit the model"):
                _loaded(folder, weights if other is None else weights | {part: other})
            shutil.rmtree(folder)


@pytest.mark.parametrize(("longest", "shortest"), [(0, 1), (6, 1), (2, 3), (2**30, 1), (2, 0)])
def test_ngrams_of_no_length(longest: int, shortest: int, tmp_path: Path) -> None:
    folder = shutil.copytree(FIXTURES / "v4-linear", tmp_path / "model")
    whole = load_file(folder / "model.safetensors")
    with pytest.raises(ArtefactError, match="n-grams of"):
        _loaded(folder, whole | {"ngram.orders": np.array([longest, shortest, 0, -1], np.int32)})


def test_a_linear_model_without_ngrams_has_nothing_to_answer_with(tmp_path: Path) -> None:
    folder = shutil.copytree(FIXTURES / "v4-linear", tmp_path / "model")
    with pytest.raises(ArtefactError, match="no weights"):
        _loaded(folder, {"seen.keys": np.zeros(1, np.uint32)})
