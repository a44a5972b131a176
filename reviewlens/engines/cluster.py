"""Are the executors fit for the job? Asked before anything is written, answered with what to do."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewlens.engines.session import check_session
from reviewlens.errors import (
    ConfigError,
    InputNotFoundError,
    MissingDependencyError,
    ReviewlensError,
    StoreError,
    WorkerError,
)
from reviewlens.part import Task
from reviewlens.remote import Remote

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DECISIVE = ("reviewlens", "numpy", "onnxruntime", "pyarrow", "tokenizers")  # packages that decide what is computed
PROBES_PER_SLOT = 2  # Spark places tasks as it likes; more probes than slots reach most executors
FILES_PROBED = 20
SMALL = 100  # files that are probed one and all


def check_cluster(spark: SparkSession) -> dict[str, str | None]:
    """Check the session and its executors and return the versions of the packages that decide results.

    Raises `ConfigError` for another Spark or Python, `MissingDependencyError` for executors without this package or
    with other versions of what decides results.
    """
    check_session(spark)
    here = versions(DECISIVE)
    for host, there in probe(spark, _versions_there):
        for name, wanted in here.items():
            if there[name] != wanted:
                said = "is missing" if there[name] is None else f"is {there[name]}, and {wanted} here"
                raise MissingDependencyError(
                    f"{name} {said}; equal results need equal packages",
                    where=f"executor on {host}",
                    hint="install the same packages for the executors' Python (spark.pyspark.python), or ship an "
                    "environment with --archives; docs/spark.md has the recipe",
                )
    return here


def versions(packages: Iterable[str]) -> dict[str, str | None]:
    """Return the version of each package, None where it is not installed."""
    found: dict[str, str | None] = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return {**found, "reviewlens": build()}


@cache
def build() -> str:
    """Return the version of this package and a hash of its files, code and data: two builds may share a version."""
    from reviewlens import __version__  # may be on the path without being installed

    root, digest = Path(__file__).parent.parent, hashlib.blake2b(digest_size=6)
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith("."):
            digest.update(f"{name}:{path.stat().st_size}:".encode())
            digest.update(path.read_bytes())
    return f"{__version__} (build {digest.hexdigest()})"


def _versions_there() -> Any:
    """Return a function that does not need this package to run."""

    def there() -> dict[str, str | None]:
        from contextlib import suppress
        from importlib import import_module

        found: dict[str, str | None] = dict.fromkeys(("reviewlens", "numpy", "onnxruntime", "pyarrow", "tokenizers"))
        for name in found:
            with suppress(ImportError):
                found[name] = import_module(name).__version__
        with suppress(ImportError, AttributeError):  # where it is that old, its version says enough
            found["reviewlens"] = import_module("reviewlens.engines.cluster").build()
        return found

    return there


def probe(spark: SparkSession, make: Any) -> list[tuple[str, Any]]:
    """Return (host, answer) of a function for tasks spread over the executors.

    `make` returns the function; it is pickled by value, so it must import what it uses.
    """
    ask = make()

    def on_executor(_: int) -> tuple[str, Any]:
        import socket

        return socket.gethostname(), ask()

    n = max(2, PROBES_PER_SLOT * spark.sparkContext.defaultParallelism)
    try:
        answers: list[tuple[str, Any]] = spark.sparkContext.parallelize(range(n), n).map(on_executor).collect()
    except Exception as error:
        raise explained(error) from error
    return answers


def check_seen(spark: SparkSession, tasks: Sequence[Task], url: str | None = None) -> None:
    """Check that executors see the input files and can write where this process finds it: the output folder or its URL.

    Raises `InputNotFoundError` and `StoreError`.
    """
    files = list(
        dict.fromkeys(f for t in tasks if (f := getattr(getattr(t.part, "source", None), "file", None)) is not None)
    )
    files = files if len(files) <= SMALL else files[:FILES_PROBED]
    out, mark = Path(tasks[0].out), f".tmp-seen-{secrets.token_hex(8)}"

    def look() -> tuple[str, str, str | None]:
        name = f"{mark}-{secrets.token_hex(4)}"
        try:
            if url is None:
                (out / mark).stat()
                (out / name).write_text("", "utf-8")
            else:
                Remote(url).mark(name)
        except (OSError, ReviewlensError) as error:
            return "", str(error).splitlines()[0], None
        return name, "it goes elsewhere", next((file.path for file in files if _unseen(file)), None)

    (out / mark).write_text("", "utf-8")
    try:
        answers = probe(spark, lambda: look)
    finally:
        there = {path.name for path in out.glob(f"{mark}*")} if url is None else Remote(url).unmark(mark)
        for path in out.glob(f"{mark}*"):
            path.unlink(missing_ok=True)
    for host, (name, said, missing) in answers:
        if name not in there:
            raise _not_shared(url, out, host, said)
        if missing:
            raise InputNotFoundError(
                "an executor does not see an input file as the driver does",
                where=f"{missing} seen from {host}",
                hint="put the exports on storage that all machines see at the same path, such as s3:// or hdfs://, "
                "and give executors the right to read them",
            )


def _unseen(file: Any) -> bool:
    try:
        return bool(file.changed())
    except Exception:  # whatever a filesystem raises, the file is not to be had
        return True


def _not_shared(url: str | None, out: Path, host: str, said: str) -> StoreError:
    if url is None:
        return StoreError(
            f"an executor does not share the output folder with the driver: {said}",
            where=f"{out} seen from {host}",
            hint="name a folder that all machines mount at the same path, or storage such as s3:// or hdfs://",
        )
    return StoreError(
        f"an executor cannot write to the output folder: {said}",
        where=f"{url} from {host}",
        hint="give executors credentials of their own, e.g. spark.executorEnv.AWS_ACCESS_KEY_ID or a role",
    )


def explained(error: BaseException) -> ReviewlensError:
    """Return what Spark raised as an error of ours, with what to do where that is known."""
    if isinstance(error, ReviewlensError):
        return error
    text = str(error)
    if "PYTHON_VERSION_MISMATCH" in text:
        here = ".".join(map(str, sys.version_info[:2]))
        return ConfigError(
            f"the executors run another Python than this process ({here})",
            where=os.environ.get("PYSPARK_PYTHON", "PYSPARK_PYTHON is not set"),
            hint=f"point PYSPARK_PYTHON (spark.pyspark.python) at a Python {here} with this package on every machine",
        )
    missing = re.search(r"No module named '([\w.]+)'", text)
    if missing:
        return MissingDependencyError(
            f"the executors' Python has no module {missing.group(1)!r}",
            hint="install this package for the executors' Python, or ship an environment with --archives",
        )
    if "Cannot run program" in text:
        named = re.search(r'Cannot run program "([^"]+)"', text)
        return ConfigError(
            "the executors cannot start Python",
            where=named.group(1) if named else "",
            hint="set PYSPARK_PYTHON (spark.pyspark.python) to a Python that is there on every machine",
        )
    return WorkerError(
        f"Spark gave up: {_first_line(error)}", hint="the executors' logs say more; the next run goes on from here"
    )


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return (said[-1] if said else (lines or [type(error).__name__])[0])[:400]
