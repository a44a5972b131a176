"""A few nights in which everything goes wrong; `python -m benchmarks.nights` is the long form."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_a_few_bad_nights(tmp_path):
    result = tmp_path / "nights.json"
    words = [sys.executable, "-m", "benchmarks.nights", "--small", "--out", str(result)]
    night = subprocess.run(words, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False)
    found = json.loads(result.read_text())
    assert found["passed"], night.stdout + night.stderr
    assert night.returncode == 0
    assert found["tally"]["kills"] >= 6
    assert found["reader"]["looks"] > 10
