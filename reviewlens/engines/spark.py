"""The engine of a Spark cluster: each part is one task; executors write into the output folder, receipts come back."""

from __future__ import annotations

import os
import queue
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from reviewlens.engines import Work
from reviewlens.engines.cluster import check_cluster, check_seen, explained
from reviewlens.engines.shipping import Packed, pack, unpack
from reviewlens.part import Progress, Receipt, Task
from reviewlens.remote import Remote, origin_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

GROUP = "reviewlens"
WAIT = 0.2  # seconds between looks at the job


class SparkEngine:
    """Carries out tasks on the executors of a Spark session, one part per Spark task.

    The classifier and the theme set are broadcast, so executors need not see their folders; they do need this package,
    the same Python and a view of the inputs and of the output folder. All of that is checked before a part is begun:
    here what belongs to the cluster, in `map` what belongs to the paths.

    Raises `ConfigError` for a session that cannot be used and `MissingDependencyError` where executors lack a package.
    """

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark
        self._python = check_cluster(spark)

    def map(self, work: Work, tasks: Sequence[Task], progress: Progress) -> Iterator[Receipt]:
        """Yield the receipts of the tasks as they are done; closing the iterator cancels the job.

        A task that Spark attempts more than once writes its part once: the first that is whole becomes the part.
        """
        if not tasks:
            return
        tasks = [task._replace(out=str(Path(task.out).absolute())) for task in tasks]  # executors start elsewhere
        remote = origin_of(tasks[0].out)
        url = None if remote is None else remote.url
        check_seen(self.spark, tasks, url)
        job = _Job(self.spark, work, tasks, url)
        try:
            for receipt in job.receipts():
                if remote is not None and "failed" not in receipt:
                    remote.pull_part(receipt["id"])
                progress(_rows(receipt, tasks))
                yield receipt
        finally:
            job.stop()

    def describe(self) -> dict[str, Any]:
        """Return what the manifest says of the engine."""
        context = self.spark.sparkContext
        return {"engine": "spark", "spark": self.spark.version, "workers": context.defaultParallelism}


class _Job:
    """One Spark job over all tasks, in a thread of its own; receipts arrive while it runs."""

    def __init__(self, spark: SparkSession, work: Work, tasks: Sequence[Task], url: str | None) -> None:
        from pyspark import InheritableThread

        self._context = spark.sparkContext
        self._group = f"{GROUP}-{secrets.token_hex(4)}"
        self._arrived = _arrivals(self._context)
        self._done: queue.SimpleQueue[list[Receipt] | BaseException] = queue.SimpleQueue()
        paths = {path for task in tasks for path in (task.classifier, task.themes) if path is not None}
        self._packed = self._context.broadcast({path: pack(path) for path in sorted(paths)})
        self._url = url
        self._thread = InheritableThread(target=self._run, args=(work, tasks))
        self._thread.start()

    def receipts(self) -> Iterator[Receipt]:
        """Yield each receipt once, as soon as the driver knows of it."""
        told: set[str] = set()
        whole: list[Receipt] | None = None
        while whole is None:
            try:
                outcome = self._done.get(timeout=WAIT)
            except queue.Empty:
                found = list(self._arrived.value)
            else:
                if isinstance(outcome, BaseException):
                    raise explained(outcome) from outcome
                found = whole = outcome
                self._thread.join()  # it has nothing left to cancel
            for receipt in found:
                if receipt["id"] not in told:
                    told.add(receipt["id"])
                    yield receipt

    def stop(self) -> None:
        """Cancel what still runs and let go of what was shipped."""
        if self._thread.is_alive():
            self._context.cancelJobGroup(self._group)
        self._thread.join()
        self._packed.destroy()

    def _run(self, work: Work, tasks: Sequence[Task]) -> None:
        packed, arrived, url = self._packed, self._arrived, self._url

        def carry_out(task: Task) -> Receipt:
            receipt = _carry_out(work, task, packed.value, url)
            arrived.add([receipt])
            return receipt

        try:
            self._context.setJobGroup(self._group, "reviewlens: score parts", interruptOnCancel=False)
            self._done.put(self._context.parallelize(tasks, len(tasks)).map(carry_out).collect())
        except BaseException as error:
            self._done.put(error)


def _carry_out(work: Work, task: Task, packed: Mapping[str, Packed], url: str | None) -> Receipt:
    """Run on an executor: the task with its artefacts at hand, into the output folder or by way of a local one."""
    os.environ["REVIEWLENS_THREADS"] = "1"  # one core per Spark task
    here = {path: str(unpack(files)) for path, files in packed.items()}
    classifier, themes = (path and here[path] for path in (task.classifier, task.themes))
    task = task._replace(classifier=classifier, themes=themes)
    if url is None:
        return work(task, None)
    with TemporaryDirectory(prefix="reviewlens-") as folder:
        receipt = work(task._replace(out=folder), None)
        if "failed" not in receipt:
            Remote(url).send_part(Path(folder) / "parts" / task.part_id)
    return receipt


def _arrivals(context: Any) -> Any:
    """Return an accumulator of receipts; Spark adds those of a task that succeeds, and of one attempt only."""
    from pyspark.accumulators import AccumulatorParam

    class Receipts(AccumulatorParam):  # type: ignore[misc]
        def zero(self, value: list[Receipt]) -> list[Receipt]:
            return []

        def addInPlace(self, value1: list[Receipt], value2: list[Receipt]) -> list[Receipt]:  # noqa: N802
            return value1 + value2

    return context.accumulator([], Receipts())


def _rows(receipt: Receipt, tasks: Sequence[Task]) -> int:
    found = receipt.get("rows")
    return found if found is not None else sum(t.part.rows for t in tasks if t.part_id == receipt["id"])
