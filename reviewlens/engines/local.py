"""The engine of one machine: this process, or worker processes of one thread each."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from typing import Any

from reviewlens.engines import Work
from reviewlens.part import Progress, Receipt, Task

WORTH_A_WORKER = 20_000  # rows; below that starting a process costs more than it saves

_rows_done: SimpleQueue[int | None] | None = None


class LocalEngine:
    """Carries out tasks on this machine, with as many worker processes as `workers` (default: one per core)."""

    def __init__(self, workers: int | None = None) -> None:
        self._asked = workers
        self.workers = workers or len(os.sched_getaffinity(0))

    def map(self, work: Work, tasks: Sequence[Task], progress: Progress) -> Iterator[Receipt]:
        """Yield the receipts of the tasks as they are done."""
        rows = sum(task.part.rows for task in tasks)
        workers = min(self.workers, len(tasks))
        if workers <= 1 or (self._asked is None and rows < WORTH_A_WORKER):
            for task in tasks:
                yield work(task, progress)
            return
        yield from self._spread(work, tasks, progress, workers)

    def _spread(self, work: Work, tasks: Sequence[Task], progress: Progress, workers: int) -> Iterator[Receipt]:
        context = get_context("spawn")
        queue = context.SimpleQueue()
        listener = threading.Thread(target=_listen, args=(queue, progress), daemon=True)
        listener.start()
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(queue,))
        try:
            for done in as_completed([pool.submit(_work, work, task) for task in tasks]):
                yield done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            queue.put(None)
            listener.join()

    def describe(self) -> dict[str, Any]:
        """Return what the manifest says of the engine."""
        return {"engine": "local", "workers": self.workers}


def _listen(queue: SimpleQueue[int | None], progress: Progress) -> None:
    while (rows := queue.get()) is not None:
        progress(rows)


def _start(queue: SimpleQueue[int | None]) -> None:
    global _rows_done
    _rows_done = queue
    os.environ["REVIEWLENS_THREADS"] = "1"  # one process per core: more threads would only wait for each other


def _work(work: Work, task: Task) -> Receipt:
    assert _rows_done is not None
    return work(task, _rows_done.put)
