"""One body for every engine: the same tables, cell for cell, whatever carries the parts out and whatever dies."""

from __future__ import annotations

import json
import threading
import time

import pandas as pd
import pytest

import reviewlens as rl
from reviewlens.engines.local import LocalEngine
from reviewlens.engines.spark import SparkEngine

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::FutureWarning:pyspark")]

PART_ROWS = (70, 400, 50_000)


@pytest.fixture(scope="module")
def expected(sample, tmp_path_factory):
    """The run of one process over whole files."""
    return rl.analyze(sample, out=tmp_path_factory.mktemp("expected") / "lens", engine=LocalEngine(1))


def engines(kind, session, cluster):
    if kind.startswith("local-"):
        return LocalEngine(int(kind[-1]))
    return SparkEngine(session(cluster() if kind == "standalone" else "local[2]"))


def assert_equal(run, expected):
    assert list(run.tables) == list(expected.tables)
    for name in run.tables:
        pd.testing.assert_frame_equal(run.tables[name], expected.tables[name], check_exact=True, obj=name)
    assert evidence(run) == evidence(expected)


def evidence(run):
    """Return what was stored, but for the part and the customer, whose hash has the folder's own key."""
    found = [
        dataset.to_table().drop_columns([c for c in ("part", "customer") if c in dataset.schema.names]).to_pylist()
        for dataset in (run.scored, run.mentions)
    ]
    return [sorted(rows, key=lambda row: json.dumps(row, default=str)) for rows in found]


@pytest.mark.parametrize("kind", ["local-2", "spark-local", "standalone"])
def test_any_engine_any_part_size_the_same_tables(kind, session, request, sample, expected, tmp_path):
    engine = engines(kind, session, lambda: request.getfixturevalue("cluster").master)
    for rows in PART_ROWS:
        run = rl.analyze(sample, out=tmp_path / str(rows), engine=engine, config={"part_rows": rows})
        assert_equal(run, expected)
        assert run.manifest["told"]["rows_scored"] == expected.manifest["told"]["rows_scored"]


def in_background(sample, out, engine):
    found = []
    run = threading.Thread(
        target=lambda: found.append(rl.analyze(sample, out=out, engine=engine, config={"part_rows": 20}))
    )
    run.start()
    return run, found


def wait_for_parts(out, n):
    while len(list(out.glob("parts/*/receipt.json"))) < n:
        time.sleep(0.02)


def test_a_worker_killed_in_the_middle_changes_nothing(session, cluster, sample, expected, tmp_path):
    out = tmp_path / "lens"
    run, found = in_background(sample, out, SparkEngine(session(cluster.master)))
    wait_for_parts(out, 5)
    done_by_then = len(list(out.glob("parts/*/receipt.json")))
    cluster.kill(cluster.workers[0])
    run.join()
    assert_equal(found[0], expected)
    assert done_by_then < len(found[0].manifest["parts"])  # it was the middle


def test_a_task_attempted_twice_counts_once(session, cluster, sample, expected, tmp_path):
    log = tmp_path / "events"
    log.mkdir()
    eager = {"quantile": "0.1", "multiplier": "1.1", "interval": "50ms", "minTaskRuntime": "100ms"}
    settings = {f"spark.speculation.{key}": value for key, value in eager.items()}
    events = {"spark.eventLog.enabled": "true", "spark.eventLog.dir": log.as_uri(), "spark.eventLog.compress": "false"}
    spark = session(
        cluster.master, **settings, **events, **{"spark.speculation": "true", "spark.eventLog.rolling.enabled": "false"}
    )
    out = tmp_path / "lens"
    run, found = in_background(sample, out, SparkEngine(spark))
    wait_for_parts(out, 5)
    stopped = cluster.pythons(cluster.workers[0])
    for python in stopped:
        python.suspend()
    run.join(180)  # what they hold is attempted elsewhere, sooner or later: a busy machine takes its time
    for python in stopped:
        python.resume()
    run.join()
    time.sleep(1)  # the slow attempt may still try to write its part
    assert_equal(found[0], expected)
    session("local[2]")  # closes the event log
    started = [json.loads(line) for file in log.glob("*") for line in file.read_text("utf-8").splitlines()]
    twice = [e for e in started if e["Event"] == "SparkListenerTaskStart" and e["Task Info"]["Speculative"]]
    assert stopped and twice
