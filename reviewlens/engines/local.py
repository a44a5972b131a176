"""The engine of one machine: this process, or worker processes of one thread each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from typing import Any

from reviewlens.engines import Work
from reviewlens.errors import WorkerError
from reviewlens.part import Progress, Receipt, Task

WORTH_A_WORKER = 20_000  # rows; below that starting a process costs more than it saves

_rows_done: SimpleQueue[int | None] | None = None


class LocalEngine:
    """Carries out tasks on this machine, with as many worker processes as `workers` (default: one per core)."""

    def __init__(self, workers: int | None = None) -> None:
        self._asked = workers
        self.workers = workers or len(os.sched_getaffinity(0))

    def map(self, work: Work, tasks: Sequence[Task], progress: Progress) -> Iterator[Receipt]:
        """Yield the receipts of the tasks as they are done; closing the iterator waits for those that have begun.

        Raises `WorkerError` where a worker process dies.
        """
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
        healthy = True
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(queue,))
        try:
            # No task is handed out before a worker is free, so that a stop waits for one part of each worker only.
            waiting, running = list(reversed(tasks)), set[Future[Receipt]]()
            while waiting or running:
                while waiting and len(running) < workers:
                    running.add(pool.submit(_work, work, waiting.pop()))
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            healthy = False  # the dead may hold the lock of the queue for ever
            raise WorkerError(
                "a worker process died, most likely for lack of memory",
                hint="give it fewer workers or smaller batch_rows; the next run goes on from here",
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            if healthy:
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
    for signum in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group; the parent decides when to stop
        signal.signal(signum, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)  # the run is over, and nobody waits for the part


def _work(work: Work, task: Task) -> Receipt:
    assert _rows_done is not None
    return work(task, _rows_done.put)
