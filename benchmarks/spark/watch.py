"""What this process and all that it started use: CPU seconds, and the largest memory of each kind of process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from types import TracebackType

import psutil

INTERVAL = 0.5  # seconds
KINDS = {  # what a command line says -> whose it is
    "SparkSubmit": "driver JVM",
    "CoarseGrainedExecutorBackend": "executor JVM",
    "pyspark.daemon": "Python worker of an executor",
    "multiprocessing.spawn": "local worker",
}


def _processes() -> Iterator[psutil.Process]:
    yield psutil.Process()
    yield from psutil.Process().children(recursive=True)


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of all that it started, the finished ones among them."""
    total = 0.0
    for process in _processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


class Watch:
    """Looks at the resident memory of each process twice a second while it is open."""

    def __init__(self) -> None:
        self.peak_mb: dict[str, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(INTERVAL):
            for process in _processes():
                with contextlib.suppress(psutil.NoSuchProcess):
                    whose = self._whose(process)
                    if whose:
                        self.peak_mb[whose] = max(self.peak_mb.get(whose, 0), process.memory_info().rss >> 20)

    def _whose(self, process: psutil.Process) -> str | None:
        if process.pid == psutil.Process().pid:
            return "this process"
        line = " ".join(process.cmdline())
        return next((whose for said, whose in KINDS.items() if said in line), None)
