"""Measure: `python -m benchmarks.spark --rows 100000 --part-rows 5000 20000 100000`.

Every engine carries out the same generated exports, each cell in a process of its own. CPU seconds count that process,
the JVMs and all their Python workers, so they tell the overhead even where the machine has other work. A run whose
tables or whose stored rows differ in any cell from those of the first one ends the benchmark with an error.

Cells that the results hold already are not run again, so it can be cut short and taken up; `--at-most 1` runs the next.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import reviewlens as rl
from benchmarks.generate import write
from benchmarks.spark.cell import DISTURBED, ENGINES, ROOT
from benchmarks.spark.where import commit, machine

NOT_COMPARED = ("part", "customer")  # the part's number, and a hash whose key each folder has of its own
KEYS = {
    "engine": "engine",
    "part_rows": "reviews per part",
    "parts": "parts",
    "seconds_start": "start, s",
    "cpu_start": "CPU of the start, s",
    "seconds_run": "run, s",
    "cpu_run": "CPU of the run, s",
    "per_cpu_second": "reviews per CPU second",
    "to_local": "CPU to that of local, 1 worker",
    "load": "load",
}


def same(run: rl.Run, expected: rl.Run) -> dict[str, int]:
    """Return how much was compared; raise `AssertionError` where a cell of a table or of a stored row differs."""
    cells = 0
    for name, frame in expected.tables.items():
        pd.testing.assert_frame_equal(run.tables[name], frame, check_exact=True, obj=name)
        cells += frame.size
    rows = 0
    for ours, theirs, keys in (
        (run.scored, expected.scored, ["row"]),
        (run.mentions, expected.mentions, ["row", "start", "theme_id", "cue_start"]),
    ):
        found, wanted = (_sorted(dataset.to_table(), keys) for dataset in (ours, theirs))
        if not found.equals(wanted):
            raise AssertionError("the stored rows differ")
        rows += found.num_rows
    return {"tables": len(expected.tables), "cells": cells, "stored_rows": rows}


def _sorted(table: pa.Table, keys: list[str]) -> pa.Table:
    table = table.drop_columns([name for name in NOT_COMPARED if name in table.schema.names])
    return table.sort_by([(key, "ascending") for key in keys]).combine_chunks()


def run_cell(engine: str, part_rows: int, work: Path) -> dict[str, Any]:
    """Run one cell in a process of its own, compare it with the first one and return its row."""
    expected, folder = work / "expected", work / "cell"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    options = ["--engine", engine, "--part-rows", str(part_rows), "--exports", str(work / "exports")]
    subprocess.run(
        [sys.executable, "-m", "benchmarks.spark.cell", *options, "--out", str(folder)], check=True, cwd=ROOT
    )
    if not expected.exists():
        (folder / "lens").rename(expected)
    row = json.loads((folder / "result.json").read_text("utf-8"))
    found = rl.open_run(folder / "lens" if (folder / "lens").exists() else expected)
    return {**row, "equal": same(found, rl.open_run(expected)), "commit": commit()}


def about_exports(rows: int, exports: Path) -> dict[str, Any]:
    texts = pq.read_table(exports, columns=["text"]).column(0).to_pylist()
    return {
        "rows": rows,
        "distinct_texts": len(set(texts)),
        "characters": round(sum(map(len, texts)) / rows, 1),
        "machine": machine(),
    }


def report(about: dict[str, Any], rows: list[dict[str, Any]], out: Path) -> None:
    """Write the raw results as JSON and the table beside it."""
    out.write_text(json.dumps({**about, "results": rows}, indent=1) + "\n", "utf-8")
    local = {row["part_rows"]: row["cpu_run"] for row in rows if row["engine"] == ENGINES[0]}
    lines = [
        f"{about['rows']:,} generated reviews of {about['characters']} characters, {about['distinct_texts']:,} of them "
        f"different; {about['machine']}; commit {', '.join(sorted({row['commit'] for row in rows}))}; one run of each "
        "cell. Tables and stored rows are equal in every cell.",
        "",
        f"| {' | '.join(KEYS.values())} |",
        f"|{'---|' * len(KEYS)}",
    ]
    for row in rows:
        told = row | {
            "per_cpu_second": round(about["rows"] / row["cpu_run"]),
            "to_local": f"{row['cpu_run'] / local[row['part_rows']]:.2f}" if row["part_rows"] in local else "",
        }
        cells = [f"{told[key]:,}" if isinstance(told[key], int) else str(told[key]) for key in KEYS]
        lines.append(f"| {' | '.join(cells)} |")
    peaks: dict[str, int] = {}
    for row in rows:
        peaks = {kind: max(peaks.get(kind, 0), row["peak_mb"].get(kind, 0)) for kind in {**peaks, **row["peak_mb"]}}
    lines += ["", "| process | most memory in any cell, MB |", "|---|---|"]
    lines += [f"| {kind} | {mb:,} |" for kind, mb in peaks.items()]
    out.with_suffix(".md").write_text("\n".join(lines) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--part-rows", type=int, nargs="+", default=[5_000, 20_000, 100_000])
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=ENGINES)
    parser.add_argument("--at-most", type=int, default=1_000, help="cells to run before it stops")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "reviewlens-spark")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results.json"))
    asked = parser.parse_args()
    before = json.loads(asked.out.read_text("utf-8")) if asked.out.exists() else {}
    found: list[dict[str, Any]] = before["results"] if before.get("rows") == asked.rows else []
    work = asked.work.absolute() / str(asked.rows)
    exports = work / "exports"
    if not exports.exists():
        write(exports, asked.rows, rows_per_file=asked.rows)
    about = about_exports(asked.rows, exports)
    if not found:
        shutil.rmtree(work / "expected", ignore_errors=True)
    done = {(row["engine"], row["part_rows"]) for row in found}
    cells = [(engine, rows) for rows in asked.part_rows for engine in asked.engines]
    smallest = min(asked.part_rows)  # there, a worker can be killed in the middle
    todo = [(e, rows) for e, rows in cells if (e, rows) not in done and (e != DISTURBED or rows == smallest)]
    for engine, part_rows in todo[: asked.at_most]:
        found.append(run_cell(engine, part_rows, work))
        print(json.dumps(found[-1]), flush=True)
        report(about, found, asked.out)
    print(f"{max(0, len(todo) - asked.at_most)} cells are left")


if __name__ == "__main__":
    main()
