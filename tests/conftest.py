"""What several tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "examples" / "sample"


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of the bundled sample exports."""
    return SAMPLE


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory, sample):
    """A run over the bundled sample."""
    import reviewlens as rl

    return rl.analyze(sample, out=tmp_path_factory.mktemp("sample") / "lens")


@pytest.fixture
def data() -> Path:
    """The folder of real reviews, which the project does not carry."""
    folder = os.environ.get("REVIEWLENS_DATA")
    if not folder:
        pytest.skip("set REVIEWLENS_DATA to a folder of real reviews")
    return Path(folder)
