"""What was saved once stays loadable, and answers as it did: tiny models of every format version that was released."""

import json
from pathlib import Path

import numpy as np
import pytest

from reviewlens.artefact import FORMAT_VERSION
from reviewlens.classifier import Classifier
from reviewlens.models import MODELS

FOLDER = Path(__file__).parent / "fixtures" / "models"
RELEASED = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def test_every_version_and_architecture_has_a_fixture() -> None:
    wanted = {f"v{version}-{model}" for version in range(1, FORMAT_VERSION + 1) for model in MODELS}
    assert wanted <= set(RELEASED)


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_model_loads_and_answers_as_it_did(name: str) -> None:
    answers = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    classifier = Classifier.load(FOLDER / name)
    assert np.allclose(classifier.predict_proba(answers["texts"]), answers["proba"], atol=1e-4)
    assert np.allclose(classifier.predict_stars(answers["texts"]), answers["stars"], atol=1e-3)
    assert len({tuple(row) for row in np.round(answers["proba"], 3).tolist()}) > 4  # answers that can be wrong
    assert classifier.explain("a good lamp, a bad chair").clauses


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_model_is_saved_again_as_it_is(name: str, tmp_path: Path) -> None:
    classifier = Classifier.load(FOLDER / name)
    classifier.save(tmp_path / "again")
    assert Classifier.load(tmp_path / "again").fingerprint == classifier.fingerprint
