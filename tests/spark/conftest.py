"""Spark for tests: in this process, and a real cluster of one master and two workers as processes on loopback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.spark.cluster import Cluster
from reviewlens.engines.session import check_java
from reviewlens.errors import MissingDependencyError

ROOT = Path(__file__).parent.parent.parent
LOOPBACK = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.executorEnv.PYTHONPATH": str(ROOT),
    "spark.sql.shuffle.partitions": "4",
}


@pytest.fixture(scope="session")
def need_spark() -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'reviewlens[spark]'")
    try:
        check_java()
    except MissingDependencyError as error:
        pytest.skip(str(error).splitlines()[0])


@pytest.fixture(scope="session")
def session(need_spark) -> Iterator[Callable[..., Any]]:
    """Open Spark sessions, one at a time; asked for the same one again, it is still there."""
    from reviewlens.engines.session import connect

    opened: dict[str, Any] = {}
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", str(ROOT))
    patch.setenv("PYSPARK_PYTHON", sys.executable)
    patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")

    def open_session(master: str = "local[2]", **settings: str) -> Any:
        asked = repr((master, settings))
        if asked not in opened:
            close()
            opened[asked] = connect(master, settings={**LOOPBACK, **settings})
        return opened[asked]

    def close() -> None:
        for old in opened.values():
            old.stop()
        opened.clear()

    yield open_session
    close()
    patch.undo()


@pytest.fixture(scope="session")
def cluster(need_spark, tmp_path_factory) -> Iterator[Cluster]:
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    yield found
    found.stop()
