"""Make the picture of the report in the README: `python docs/picture.py` (needs Chromium)."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path += [str(ROOT), str(ROOT / "tests")]

from browser import chromium, resize, screenshot  # noqa: E402

import reviewlens as rl  # noqa: E402


def main() -> None:
    """Run the job on the sample and save the top of its report."""
    scratch = Path(tempfile.mkdtemp())
    run = rl.analyze(ROOT / "examples" / "sample", out=scratch / "lens")
    with chromium(scratch / "profile") as session:
        resize(session, width=1180)
        session.get(run.report.as_uri())
        picture = screenshot(session, width=1180, height=1180)
    (ROOT / "docs" / "images" / "report.png").write_bytes(picture)


if __name__ == "__main__":
    main()
