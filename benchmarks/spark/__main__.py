"""Measure: `python -m benchmarks.spark --rows 100000 --part-rows 5000 20000 100000 --out results.json`.

Every engine carries out the same generated exports, in turn within each part size. CPU seconds count this process, the
JVMs and all their Python workers, so they tell the overhead even where the machine has other work. A run whose tables
differ from those of one process in any cell ends the benchmark with an error.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

import reviewlens as rl
from benchmarks.generate import write
from benchmarks.spark.cluster import Cluster
from reviewlens.engines.local import LocalEngine
from reviewlens.engines.session import connect
from reviewlens.engines.spark import SparkEngine

ROOT = Path(__file__).parent.parent.parent
ENGINES = ("local, 1 worker", "local, 2 workers", "Spark local[2]", "Spark standalone, 2 workers")


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of all that it started, the finished ones among them."""
    total = 0.0
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


@contextlib.contextmanager
def engine_of(name: str, scratch: Path) -> Iterator[Any]:
    if name.startswith("local"):
        yield LocalEngine(int(name.split()[1]))
        return
    cluster = Cluster(scratch) if "standalone" in name else None
    settings = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false"}
    settings["spark.executorEnv.PYTHONPATH"] = str(ROOT)
    spark = connect(cluster.master if cluster else "local[2]", settings=settings)
    try:
        yield SparkEngine(spark)
    finally:
        spark.stop()
        if cluster:
            cluster.stop()


def measure(name: str, exports: Path, part_rows: int, scratch: Path) -> tuple[dict[str, Any], rl.Run]:
    """Return wall and CPU seconds of the start of the engine and of the run."""
    cpu, started = cpu_seconds(), time.perf_counter()
    with engine_of(name, scratch) as engine:
        begun, cpu_begun = time.perf_counter(), cpu_seconds()
        run = rl.analyze(exports, out=scratch / "lens", engine=engine, config={"part_rows": part_rows})
        done, cpu_done = time.perf_counter(), cpu_seconds()
    told = run.manifest["told"]
    found = {
        "engine": name,
        "part_rows": part_rows,
        "parts": len(run.manifest["parts"]),
        "seconds_start": round(begun - started, 1),
        "cpu_start": round(cpu_begun - cpu, 1),
        "seconds_run": round(done - begun, 1),
        "cpu_run": round(cpu_done - cpu_begun, 1),
        "seconds_scoring": told["seconds_scoring"],
        "seconds_tables": told["seconds_tables"],
        "load": round(os.getloadavg()[0], 1),
    }
    return found, run


def same(run: rl.Run, expected: rl.Run) -> None:
    """Raise `AssertionError` where a cell differs."""
    for name in expected.tables:
        pd.testing.assert_frame_equal(run.tables[name], expected.tables[name], check_exact=True, obj=name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--part-rows", type=int, nargs="+", default=[5_000, 20_000, 100_000])
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=ENGINES)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results.json"))
    asked = parser.parse_args()
    os.environ.update({"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": str(ROOT)})
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        exports = Path(folder) / "exports"
        write(exports, asked.rows, rows_per_file=max(asked.part_rows))
        expected: rl.Run | None = None
        for part_rows in asked.part_rows:
            for number, name in enumerate(asked.engines):
                scratch = Path(folder) / f"{part_rows}-{number}"
                scratch.mkdir()
                row, run = measure(name, exports, part_rows, scratch)
                expected = expected or run
                same(run, expected)
                found.append(row)
                print(json.dumps(row), flush=True)
                report(found, asked.rows, asked.out)


def report(found: list[dict[str, Any]], rows: int, out: Path) -> None:
    """Write the raw results as JSON and the table beside it."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    machine = f"{os.cpu_count()} cores, {psutil.virtual_memory().total >> 30} GB, {platform.platform(terse=True)}"
    command = " ".join(["python -m benchmarks.spark", *sys.argv[1:]])
    about = {"rows": rows, "machine": machine, "commit": commit.stdout.strip(), "command": command}
    out.write_text(json.dumps({**about, "results": found}, indent=1) + "\n", "utf-8")
    lines = [
        f"{rows:,} generated reviews; {machine}; commit {about['commit']}; `{command}`. Tables equal in every cell.",
        "",
        "| engine | reviews per part | parts | start, s | run, s | CPU of the start, s | CPU of the run, s | load |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in found:
        keys = ("engine", "part_rows", "parts", "seconds_start", "seconds_run", "cpu_start", "cpu_run", "load")
        lines.append(
            "| " + " | ".join(f"{row[key]:,}" if isinstance(row[key], int) else str(row[key]) for key in keys) + " |"
        )
    out.with_suffix(".md").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
