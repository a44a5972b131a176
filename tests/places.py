"""Where things are, for tests that look at the project itself."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "examples" / "sample"
