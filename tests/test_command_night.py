"""The nightly command as cron starts it: its exit codes, its log, and what is left when it is stopped."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import reviewlens as rl
from benchmarks.generate import reviews
from reviewlens.store import TEMPORARY, Store

ROOT = Path(__file__).parent.parent
PATIENCE = 60  # seconds after which something hangs


def command(*words: object, limit: int | None = None, **environment: str) -> subprocess.Popen[str]:
    """Start `python -m reviewlens` in an environment as empty as cron's; `limit` is the largest file it may write."""

    def restrict() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "reviewlens", *map(str, words)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=restrict if limit else None,
        start_new_session=True,
    )


def done(*words: object, **given) -> tuple[int, str, str]:
    child = command(*words, **given)
    out, err = child.communicate(timeout=5 * PATIENCE)
    return child.returncode, out, err


@pytest.fixture
def exports(tmp_path) -> Path:
    """Two exports of generated reviews."""
    (tmp_path / "in").mkdir()
    for i in range(2):
        pq.write_table(reviews(np.random.default_rng(i), 600 * i, 600), tmp_path / "in" / f"{i}.parquet")
    return tmp_path / "in"


def events(err: str) -> list[dict]:
    return [json.loads(line) for line in err.splitlines()]


def test_done_then_nothing_to_do_with_a_log_of_json(exports, tmp_path):
    job = tmp_path / "job.toml"
    job.write_text('source = "in"\nout = "lens"\nlog_format = "json"\n')
    code, out, err = done("run", "--config", job)
    assert code == 0, err
    assert out.count("\n") == 1
    assert "1,200 rows" in out
    log = events(err)
    assert [e["event"] for e in log] == ["planned", "scored", "scored", "published"]
    assert log[-1]["scored"] == 1200
    assert all({"time", "level", "event"} <= set(e) for e in log)
    code, out, err = done("run", "--config", job)
    assert code == 0
    assert out.startswith("nothing new")
    manifest = rl.open_run(tmp_path / "lens").manifest
    assert {part["source"] for part in manifest["parts"]} == {"0.parquet", "1.parquet"}
    assert all(len(part["content"]) == 32 for part in manifest["parts"])
    assert {"seconds_scoring", "seconds_tables", "peak_memory_mb"} <= set(manifest["told"])
    assert {"classifier", "themes", "config", "customer_key"} == set(manifest["fingerprints"])


def test_wrong_settings_and_no_input_is_2(exports, tmp_path):
    (tmp_path / "job.toml").write_text('source = "in"\nout = "lens"\nperod = "day"\n')
    code, _, err = done("run", "--config", tmp_path / "job.toml")
    assert (code, "did you mean 'period'" in err) == (2, True)
    (tmp_path / "job.toml").write_text('source = "in"\nout = "lens"\nlog_format = "json"\nworkers = 0\n')
    code, _, err = done("run", "--config", tmp_path / "job.toml")
    assert (code, events(err)[-1]["exit_code"]) == (2, 2)
    assert done("run", tmp_path / "absent.parquet", "--out", tmp_path / "lens")[0] == 2
    assert done("run", exports)[0] == 2
    assert Store(tmp_path / "lens").current_run() is None


def test_too_many_rejects_is_3_and_some_are_6(exports, tmp_path):
    pq.write_table(pa.table({"text": ["fine", None, "", None]}), tmp_path / "bad.parquet")
    code, _, err = done("run", tmp_path / "bad.parquet", "--out", tmp_path / "bad")
    assert (code, "nothing was published" in err) == (3, True)
    assert Store(tmp_path / "bad").current_run() is None
    (exports / "broken.parquet").write_bytes(b"PAR1 no, it is not PAR1")
    code, _, err = done("run", exports, "--out", tmp_path / "lens")
    assert (code, "quarantined broken.parquet" in err) == (6, True)
    assert rl.open_run(tmp_path / "lens").manifest["counts"]["scored"] == 1200


def test_drift_is_4_and_published(exports, tmp_path):
    options = {"REVIEWLENS_DRIFT_MIN_REVIEWS": "300", "REVIEWLENS_FAIL_ON": '["drift"]'}
    assert done("run", exports, "--out", tmp_path / "lens", **options)[0] == 0
    pq.write_table(reviews(np.random.default_rng(5), 2000, 400), exports / "same.parquet")
    assert done("run", exports, "--out", tmp_path / "lens", **options)[0] == 0, "more of the same is no drift"
    odd = reviews(np.random.default_rng(6), 3000, 400, language_share=1.0)
    pq.write_table(odd, exports / "odd.parquet")
    code, _, err = done("run", exports, "--out", tmp_path / "lens", **options)
    assert (code, "language" in err) == (4, True), err
    assert rl.open_run(tmp_path / "lens").manifest["counts"]["scored"] == 2000
    code, out, _ = done("status", tmp_path / "lens", "--json")
    rows = json.loads(out)
    assert code == 0
    assert rows[0]["drift"].startswith("language")
    assert [row["rows_scored"] for row in rows] == [400, 400, 1200]


def test_held_is_5_and_the_dead_hold_nothing(exports, tmp_path):
    with Store(tmp_path / "lens").lock():
        code, _, err = done("run", exports, "--out", tmp_path / "lens")
    assert code == 5
    assert str(os.getpid()) in err


def begun(child: subprocess.Popen[str], event: str) -> None:
    """Wait until the command logs an event."""
    assert child.stderr is not None
    for line in child.stderr:
        if json.loads(line)["event"] == event:
            return
    raise AssertionError(f"no event {event!r}")


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_on_request_it_goes_on_next_time(exports, tmp_path, signum, code):
    words = ("run", exports, "--out", tmp_path / "lens", "--log-format", "json", "--workers", 2)
    child = command(*words, REVIEWLENS_PART_ROWS="100")
    begun(child, "scored")
    os.killpg(child.pid, signum)  # the whole group, as a terminal and systemd do
    _, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == code, err
    assert events(err)[-1]["exit_code"] == code
    finished = len(Store(tmp_path / "lens").newest_parts())
    assert 1 <= finished < 12
    assert not left_over(tmp_path / "lens")
    code, _, err = done(*words, REVIEWLENS_PART_ROWS="100")
    assert code == 0
    assert sum(e["event"] == "scored" for e in events(err)) == 12 - finished


def left_over(out: Path) -> list[Path]:
    return list(out.rglob(f"{TEMPORARY}*"))


def test_time_is_up(exports, tmp_path):
    words = ("run", exports, "--out", tmp_path / "lens", "--workers", 1)
    code, _, err = done(*words, "--max-seconds", "0.001", REVIEWLENS_PART_ROWS="100")
    assert (code, "goes on from here" in err) == (143, True)
    assert Store(tmp_path / "lens").current_run() is None
    assert done(*words, REVIEWLENS_PART_ROWS="100")[0] == 0


def test_killed_with_workers_leaves_nothing_that_harms(exports, tmp_path):
    words = ("run", exports, "--out", tmp_path / "lens", "--log-format", "json", "--workers", 2)
    child = command(*words, REVIEWLENS_PART_ROWS="100")
    begun(child, "scored")
    workers = psutil.Process(child.pid).children(recursive=True)
    assert workers
    child.kill()
    child.communicate()
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE)
    assert not alive, "workers end with their parent"
    code, _, err = done(*words, REVIEWLENS_PART_ROWS="100")
    assert code == 0, err
    assert rl.open_run(tmp_path / "lens").manifest["counts"]["scored"] == 1200
    assert not left_over(tmp_path / "lens")


@pytest.mark.parametrize("limit", [1_000, 20_000, 60_000])
def test_a_full_disk_is_said_and_leaves_nothing_half_written(exports, tmp_path, limit):
    """Files that may not grow past a limit stand for a disk that is full at an early or a late step."""
    code, _, err = done("run", exports, "--out", tmp_path / "lens", limit=limit)
    assert code == 1
    assert "Traceback" not in err
    assert "free some" in err
    assert Store(tmp_path / "lens").current_run() is None
    assert not left_over(tmp_path / "lens")
    assert done("run", exports, "--out", tmp_path / "lens")[0] == 0


def test_check_says_what_run_would_say(exports):
    assert done("check", exports)[0] == 0
    pq.write_table(pa.table({"text": pa.array([b"fine", b"\xff\xfe broken"], pa.binary())}), exports / "bytes.parquet")
    code, out, _ = done("check", exports)
    assert code == 6
    assert "text bad_encoding" in out
    (exports / "bytes.parquet").write_bytes(b"PAR1 and no more than that")
    assert done("check", exports)[0] == 6


def test_a_dry_run_writes_nothing(exports, tmp_path):
    code, out, err = done("run", exports, "--out", tmp_path / "lens", "--dry-run")
    assert code == 0, err
    assert "rows to score: 1,200" in out
    assert not (tmp_path / "lens").exists()


def test_a_file_in_the_place_of_the_output_folder(exports, tmp_path):
    (tmp_path / "lens").write_text("mine")
    code, _, err = done("run", exports, "--out", tmp_path / "lens")
    assert code == 2
    assert "a file is where the output folder should be" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_log_on_a_full_disk_is_1_and_no_trace_of_python(exports, tmp_path, stream):
    """What is printed fails last: the run is published, and the next one has nothing to do."""
    lens = tmp_path / "lens"
    words = [sys.executable, "-m", "reviewlens", "run", str(exports), "--out", str(lens), "--log-format", "json"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Path("/dev/full").open("w") as full:
        streams[stream] = full
        ended = subprocess.run(words, cwd=ROOT, text=True, check=False, **streams)
    assert ended.returncode == 1
    assert "Traceback" not in f"{ended.stdout}{ended.stderr}"
    if stream == "stdout":
        assert events(ended.stderr)[-1]["event"] == "the output could not be written"
    assert done("run", exports, "--out", lens)[1].startswith("nothing new")


def test_without_any_standard_output_it_runs(exports, tmp_path):
    line = f'"{sys.executable}" -m reviewlens run "{exports}" --out "{tmp_path / "lens"}" >&-'
    ended = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert rl.open_run(tmp_path / "lens").manifest["counts"]["scored"] == 1200
