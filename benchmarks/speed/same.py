"""Whether two checkouts answer alike, and what each takes: `python -m benchmarks.speed.same OTHER --data FOLDER`.

Runs `score` and the whole job of this checkout and of the one at `OTHER` over the same real exports, each in a process
of its own with one worker, and compares every stored cell: scored rows, mentions, and tables; and the lines of the
report, but for the one that tells when it was made. Prints, per export, what differs and the processor time of each.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[2]
EXPORTS = ("en_electronics_dump", "en_products_dump", "en_instruments_dump", "en_apps", "zh_shopping_train")
RUN = """
import json, sys, time
import pyarrow.parquet as pq
import reviewlens as rl
source, out = sys.argv[1:]
rl.score(pq.read_table(source).slice(0, 500))  # loads, and builds what is built once
taken = {}
for name in ("score", "job"):
    began = time.process_time()
    if name == "score":
        rl.score(source, out=f"{out}/scored.parquet")
    else:
        rl.analyze(source, out=f"{out}/lens", config={"workers": 1})
    taken[name] = time.process_time() - began
print(json.dumps(taken))
"""


def run(checkout: Path, source: Path, out: Path) -> dict[str, float]:
    """Score and run one export with the package of a checkout, and return the processor seconds of both."""
    out.mkdir()
    settings = {"PYTHONPATH": str(checkout), "REVIEWLENS_CUSTOMER_KEY": "same" * 8, "REVIEWLENS_THREADS": "1"}
    command = [sys.executable, "-P", "-c", RUN, str(source), str(out)]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=True)
    taken: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return taken


def stored(out: Path) -> dict[str, pa.Table]:
    """Return all tables that a run left, by their place in the folder; parts in the order of their names."""
    places = ("scored.parquet", "lens/parts/*/*.parquet", "lens/current/*.parquet", "lens/current/tables/*.parquet")
    files = [file for place in places for file in sorted(out.glob(place))]
    return {str(file.relative_to(out)): pq.read_table(file) for file in files}


def report(out: Path) -> list[str]:
    """Return the lines of the report of a run that the same data always gives."""
    lines = (out / "lens/current/report.html").read_text("utf-8").splitlines()
    return [line for line in lines if not re.search(r"\d\d:\d\d:\d\d\+00:00", line)]


def differences(mine: dict[str, pa.Table], other: dict[str, pa.Table]) -> tuple[int, list[str]]:
    """Return how many cells were compared, and what differs."""
    cells, found = 0, [f"{name}: only on one side" for name in sorted(mine.keys() ^ other.keys())]
    for name in sorted(mine.keys() & other.keys()):
        a, b = mine[name], other[name]
        if a.schema.names != b.schema.names or a.num_rows != b.num_rows:
            found.append(f"{name}: {a.num_rows} rows of {a.num_columns} columns, {b.num_rows} of {b.num_columns}")
            continue
        cells += a.num_rows * a.num_columns
        for column in a.schema.names:
            left, right = (table.column(column).to_pylist() for table in (a, b))
            if wrong := sum(x != y and not (x != x and y != y) for x, y in zip(left, right, strict=True)):
                found.append(f"{name}, {column}: {wrong} cells")
    return cells, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="another checkout of this repository")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=10_000, help="of each export")
    parser.add_argument("--only", nargs="+", default=EXPORTS, choices=EXPORTS)
    given = parser.parse_args()
    wrong = 0
    for name in given.only:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "reviews.parquet"
            table = pq.read_table(given.data / f"{name}.parquet").slice(0, given.rows)
            pq.write_table(table, source, row_group_size=20_000)
            sides = {}
            for side, checkout in (("mine", ROOT), ("other", given.other.resolve())):
                sides[side] = run(checkout, source, Path(folder) / side)
            mine, other = (Path(folder) / side for side in ("mine", "other"))
            cells, found = differences(stored(mine), stored(other))
            found += ["report.html"] if report(mine) != report(other) else []
        wrong += len(found)
        told = ", ".join(
            f"{what} {sides['mine'][what] / table.num_rows * 1e6:.0f} µs a review, "
            f"other {sides['other'][what] / table.num_rows * 1e6:.0f}"
            for what in ("score", "job")
        )
        print(f"{name}: {cells:,} cells, {len(found)} differences; {told}", *found[:20], sep="\n  ", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
