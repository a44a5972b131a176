"""Peak memory and time of a night on histories of different length.

python -m benchmarks.bounded --rows 100000 5000000

For each length: a night that brings 10,000 new reviews (all tables are rebuilt over the whole history), then a night
that brings nothing. Each is the command `reviewlens run` in a process of its own; what is measured is the largest
resident size of that process or one of its workers. `history` says how the history is made: only the first export is
scored, the rest are copies of its parts under new ids, texts and quotes. The exit code is 1 where the longest history
needs more than 1.2 times the memory of the shortest.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.bounded.history import grow
from benchmarks.generate import write

SEED_ROWS, NEW_ROWS = 50_000, 10_000
DONE = {0, 6}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--seed-rows", type=int, default=SEED_ROWS, help="reviews that are scored to begin with")
    parser.add_argument("--folder", type=Path, help="where to work; else a temporary folder")
    parser.add_argument("--out", type=Path, help="where the results go as JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bounded-", dir=given.folder) as folder:
        found = measure(Path(folder), given.rows, given.seed_rows)
    text = json.dumps(found, indent=1)
    print(text)
    if given.out:
        given.out.write_text(text + "\n")
    sys.exit(0 if found["memory_ratio"] <= 1.2 else 1)


def measure(folder: Path, lengths: list[int], seed_rows: int) -> dict[str, Any]:
    """Return what each length needs, and the ratios of the longest to the shortest."""
    write(folder / "seed", seed_rows, rows_per_file=seed_rows)
    scored = night(folder / "seed", folder / "seed-lens")
    rows = [_history(folder, length) for length in sorted(lengths)]
    least, most = rows[0], rows[-1]
    per_review = [row["new"]["cpu_seconds"] / row["reviews"] for row in (least, most)]
    return {
        "memory_ratio": round(most["new"]["peak_mb"] / least["new"]["peak_mb"], 3),
        "cpu_seconds_per_review_ratio": round(per_review[1] / per_review[0], 3),
        "cpu_seconds_per_million": round(
            (most["new"]["cpu_seconds"] - least["new"]["cpu_seconds"]) / (most["reviews"] - least["reviews"]) * 1e6, 1
        )
        if most is not least
        else None,
        "histories": rows,
        "scoring_of_the_first_export": {"reviews": seed_rows, **scored},
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, "
        f"{len(os.sched_getaffinity(0))} cores",
        "commit": _commit(),
        "command": f"python -m benchmarks.bounded {' '.join(sys.argv[1:])}".strip(),
    }


def _history(folder: Path, length: int) -> dict[str, Any]:
    lens, exports = folder / f"lens-{length}", folder / f"new-{length}"
    reviews = grow(folder / "seed-lens", lens, length)
    write(exports, NEW_ROWS, rows_per_file=NEW_ROWS, seed=1, first=10**9)
    return {"reviews": reviews, "new": night(exports, lens), "nothing_new": night(exports, lens)}


def night(exports: Path, out: Path) -> dict[str, Any]:
    """Run the job in a process of its own and return its largest resident size and its time."""
    words = [sys.executable, "-m", "reviewlens", "run", str(exports), "--out", str(out), "--no-progress"]
    began = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        said = log.read().decode("utf-8", "replace")
    if child.returncode not in DONE:
        raise SystemExit(f"exit code {child.returncode}:\n{said[-3000:]}")
    print(said.strip().splitlines()[-1], file=sys.stderr)
    return {
        "peak_mb": used.ru_maxrss // 1024,
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "seconds": round(time.perf_counter() - began, 1),
    }


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
