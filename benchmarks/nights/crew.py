"""Who works at night: the job in a process that may be killed at any moment, and a reader that looks all along."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reviewlens.run import Run

FORK = multiprocessing.get_context("fork")


def warm_up() -> None:
    """Import what the job imports, so that a kill hits its work and not its imports; nothing is loaded or started."""
    import reviewlens.cli.nightly  # noqa: F401


def start(words: list[str], log: Path, *, limit: int | None = None, environment: dict[str, str] | None = None) -> int:
    """Start the command in a forked process group of its own and return its process id."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        os.setsid()
        # The limit holds for every file that the process writes, and would hit the log before the job.
        out = os.open(log if limit is None else os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.environ.update(environment or {})
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        from reviewlens.cli import main

        main(words)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def finish(child: int) -> int:
    """Wait for the command and return its exit code, minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_after(child: int, seconds: float, *, group: bool) -> int:
    """Kill the command, or its whole group, after some time; return its exit code, -9 where the kill was in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    try:
        os.killpg(child, signal.SIGKILL) if group else os.kill(child, signal.SIGKILL)
    except ProcessLookupError:  # it does not lead a group yet
        os.kill(child, signal.SIGKILL)
    return finish(child)


class Reader:
    """A process that opens the run again and again, checks that it is whole, and notes what is not."""

    def __init__(self, out: Path, notes: Path) -> None:
        self._notes, self._end = notes, FORK.Event()
        self._process = FORK.Process(target=_read_on, args=(out, notes, self._end))
        self._process.start()

    def stop(self) -> dict[str, Any]:
        """Return how often it looked, how many runs it saw, and what was wrong."""
        self._end.set()
        self._process.join()
        found: dict[str, Any] = json.loads(self._notes.read_text("utf-8"))
        return found


def _read_on(out: Path, notes: Path, end: Any) -> None:
    from reviewlens.errors import InputNotFoundError
    from reviewlens.run import open_run

    looks, outrun, runs, wrong = 0, 0, set(), []
    while not end.is_set():
        time.sleep(0.05)
        try:
            run = open_run(out)
        except InputNotFoundError:
            continue  # before the first night
        try:
            _look(run, out)
            looks += 1
            runs.add(run.folder.name)
        except Exception as error:  # whatever it is, a reader saw it
            if run.folder.exists():
                wrong.append(f"{type(error).__name__}: {error}")
            else:  # so many newer runs were made meanwhile that it was pruned, or a customer was forgotten
                outrun += 1
    notes.write_text(
        json.dumps(
            {"looks": looks, "outrun": outrun, "runs_seen": len(runs), "wrong": wrong[:20], "times_wrong": len(wrong)}
        )
    )


def _look(run: Run, out: Path) -> None:
    import duckdb
    import pandas as pd

    manifest, counts = run.manifest, run.manifest["counts"]
    assert int(run.tables["intake"]["reviews"].sum()) == counts["rows"], "intake does not add up"
    ids = run.scored.to_table(columns=["review_id"]).column("review_id").to_pylist()
    assert len(ids) == counts["scored"], f"{len(ids)} scored rows, the manifest says {counts['scored']}"
    assert len(set(ids)) == len(ids), "a review counts twice"
    for name in run.tables:
        csv = pd.read_csv(run.folder / "tables" / f"{name}.csv")
        assert len(csv) == len(run.tables[name]), f"{name}: CSV and Parquet differ"
    assert run.report.read_text("utf-8").rstrip().endswith("</html>"), "the report is cut short"
    path = str(out / "current" / "tables" / "themes.parquet")
    with duckdb.connect() as connection:
        connection.execute("SELECT count(*) FROM read_parquet(?)", [path]).fetchall()
    assert manifest["parts"]
