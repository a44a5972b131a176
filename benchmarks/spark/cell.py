"""One cell of the benchmark in a process of its own: start an engine, run the job, say what it took.

python -m benchmarks.spark.cell --engine "Spark local[2]" --part-rows 5000 --exports exports/ --out cell/
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import reviewlens as rl
from benchmarks.spark.cluster import Cluster
from benchmarks.spark.watch import Watch, cpu_seconds
from reviewlens.engines.local import LocalEngine
from reviewlens.engines.session import connect
from reviewlens.engines.spark import GROUP, SparkEngine

ROOT = Path(__file__).parent.parent.parent
DISTURBED = "Spark standalone, a worker killed"  # with -9, and with eager speculation
ENGINES = ("local, 1 worker", "local, 2 workers", "Spark local[2]", "Spark standalone, 2 workers", DISTURBED)
SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.executorEnv.PYTHONPATH": str(ROOT),
}
EAGER = {"quantile": "0.1", "multiplier": "1.05", "interval": "50ms", "minTaskRuntime": "100ms"}


@contextlib.contextmanager
def engine_of(name: str, scratch: Path) -> Iterator[tuple[Any, Cluster | None]]:
    """Yield the engine, and the cluster of which it is."""
    if name.startswith("local"):
        yield LocalEngine(int(name.split()[1])), None
        return
    os.environ.update({"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": str(ROOT)})
    cluster = Cluster(scratch) if "standalone" in name else None
    settings = SETTINGS | (_disturbed(scratch) if name == DISTURBED else {})
    spark = connect(cluster.master if cluster else "local[2]", settings=settings)
    try:
        yield SparkEngine(spark), cluster
    finally:
        spark.stop()
        if cluster:
            cluster.stop()


def _disturbed(scratch: Path) -> dict[str, str]:
    (scratch / "events").mkdir()
    return {
        **{f"spark.speculation.{key}": value for key, value in EAGER.items()},
        "spark.speculation": "true",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": (scratch / "events").as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }


def measure(name: str, exports: Path, part_rows: int, out: Path) -> dict[str, Any]:
    """Return wall and CPU seconds of the start of the engine and of the run, and peaks of memory in MB."""
    cpu, started = cpu_seconds(), time.perf_counter()
    with Watch() as watch, engine_of(name, out) as (engine, cluster):
        begun, cpu_begun, own_begun = time.perf_counter(), cpu_seconds(), time.process_time()
        killed = _kill_one(cluster, out / "lens") if cluster and name == DISTURBED else None
        run = rl.analyze(exports, out=out / "lens", engine=engine, config={"part_rows": part_rows})
        done, cpu_done, own_done = time.perf_counter(), cpu_seconds(), time.process_time()
        if killed:
            killed.join()
    told = run.manifest["told"]
    return {
        "engine": name,
        "part_rows": part_rows,
        "parts": len(run.manifest["parts"]),
        "seconds_start": round(begun - started, 1),
        "cpu_start": round(cpu_begun - cpu, 1),
        "seconds_run": round(done - begun, 1),
        "cpu_run": round(cpu_done - cpu_begun, 1),
        "cpu_this_process": round(own_done - own_begun, 1),
        "seconds_scoring": told["seconds_scoring"],
        "seconds_tables": told["seconds_tables"],
        "peak_mb": watch.peak_mb,
        "load": round(os.getloadavg()[0], 1),
        **({"attempts": _attempts(out / "events")} if name == DISTURBED else {}),
    }


def _kill_one(cluster: Cluster, lens: Path) -> threading.Thread:
    """Kill a worker and its executor once a fifth or so of the parts is there."""

    def kill() -> None:
        while len(list(lens.glob("parts/*/receipt.json"))) < 4:
            time.sleep(0.02)
        cluster.kill(cluster.workers[0])

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def _attempts(events: Path) -> dict[str, int]:
    """Return how many attempts of parts began, how many of them by speculation, and how many came to nothing."""
    told = [json.loads(line) for file in events.iterdir() for line in file.read_text("utf-8").splitlines()]
    ours = {
        event["Stage Info"]["Stage ID"]
        for event in told
        if event["Event"] == "SparkListenerStageSubmitted"
        and event["Properties"].get("spark.jobGroup.id", "").startswith(GROUP)
    }
    told = [event for event in told if event.get("Stage ID") in ours]
    begun = [event["Task Info"] for event in told if event["Event"] == "SparkListenerTaskStart"]
    ended = [event["Task End Reason"]["Reason"] for event in told if event["Event"] == "SparkListenerTaskEnd"]
    return {
        "begun": len(begun),
        "speculative": sum(info["Speculative"] for info in begun),
        "not_successful": sum(reason != "Success" for reason in ended),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True, choices=ENGINES)
    parser.add_argument("--part-rows", type=int, required=True)
    parser.add_argument("--exports", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    found = measure(asked.engine, asked.exports, asked.part_rows, asked.out)
    (asked.out / "result.json").write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main()
