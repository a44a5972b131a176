"""What a cluster may lack, said before anything is written."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import reviewlens as rl
from reviewlens.engines.cluster import build, explained
from reviewlens.engines.session import check_java, check_session
from reviewlens.engines.shipping import pack
from reviewlens.errors import (
    ArtefactError,
    ConfigError,
    InputNotFoundError,
    MissingDependencyError,
    StoreError,
    WorkerError,
)

ROOT = Path(__file__).parent.parent.parent
later = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::FutureWarning:pyspark")]


def slow(test):
    for mark in later:
        test = mark(test)
    return test


def test_no_java(monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="there is none"):
        check_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="openjdk-17"):
        check_java()


@pytest.mark.parametrize(("told", "fits"), [("1.8.0_392", False), ("11.0.2", False), ("17.0.15", True), ("21", True)])
def test_java_of_a_version(monkeypatch, tmp_path, told, fits):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{told}\" 2025-01-01' >&2\n", "utf-8")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    if fits:
        check_java()
    else:
        with pytest.raises(MissingDependencyError, match="17 or newer"):
            check_java()


@pytest.mark.parametrize("version", ["3.5.1", "2.4.8", "40.0.0"])
def test_spark_of_another_version(version):
    with pytest.raises(ConfigError, match=f"Spark {version} is not supported"):
        check_session(SimpleNamespace(version=version))


def test_a_connect_session():
    connected = type("SparkSession", (), {"__module__": "pyspark.sql.connect.session"})()
    with pytest.raises(ConfigError, match="SPARK_API_MODE=classic"):
        check_session(connected)


@pytest.mark.parametrize(
    ("said", "kind", "what"),
    [
        ("[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.12", ConfigError, "another Python"),
        ("ModuleNotFoundError: No module named 'reviewlens'", MissingDependencyError, "'reviewlens'"),
        ('java.io.IOException: Cannot run program "/no/python3": error=2', ConfigError, "/no/python3"),
        ("Job aborted due to stage failure\nValueError: odd", WorkerError, "ValueError: odd"),
    ],
)
def test_what_spark_says_is_explained(said, kind, what):
    assert isinstance(explained(RuntimeError(said)), kind)
    assert what in str(explained(RuntimeError(said)))


def test_a_build_is_told_by_its_files(tmp_path):
    copies = [tmp_path / name / "reviewlens" for name in ("same", "other")]
    for copy in copies:
        shutil.copytree(ROOT / "reviewlens", copy)
    (copies[1] / "data" / "boilerplate.txt").write_text("nothing\n", "utf-8")
    code = "from reviewlens.engines.cluster import build; print(build())"
    same, other = (
        subprocess.run([sys.executable, "-c", code], cwd=copy.parent, capture_output=True, text=True, check=True).stdout
        for copy in copies
    )
    assert same == f"{build()}\n" != other


def test_an_artefact_that_cannot_be_shipped(tmp_path):
    with pytest.raises(ArtefactError, match="nothing is there"):
        pack(str(tmp_path / "none"))


@slow
def test_executors_without_the_package(session, cluster, tmp_path):
    spark = session(cluster.master, **{"spark.executorEnv.PYTHONPATH": str(tmp_path)})
    from reviewlens.engines.spark import SparkEngine

    with pytest.raises(MissingDependencyError, match="reviewlens is missing"):
        SparkEngine(spark)


@slow
def test_executors_with_another_build_of_the_package(session, cluster, tmp_path):
    shutil.copytree(ROOT / "reviewlens", tmp_path / "reviewlens", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "reviewlens" / "data" / "boilerplate.txt").open("a", encoding="utf-8") as file:
        file.write("nothing\n")
    spark = session(cluster.master, **{"spark.executorEnv.PYTHONPATH": str(tmp_path)})
    from reviewlens.engines.spark import SparkEngine

    with pytest.raises(MissingDependencyError, match=r"reviewlens is .* \(build \w+\), and .* here"):
        SparkEngine(spark)


@slow
def test_executors_with_another_python(session, cluster, monkeypatch, tmp_path):
    other = another_python()
    monkeypatch.setenv("PYSPARK_PYTHON", other)
    spark = session(cluster.master, **{"spark.app.name": "another Python"})
    from reviewlens.engines.spark import SparkEngine

    with pytest.raises(ConfigError, match="another Python"):
        SparkEngine(spark)


def another_python() -> str:
    """Return a Python of another minor version on this machine."""
    here = f"python3.{sys.version_info.minor}"
    names = [f"python3.{minor}" for minor in range(10, 16)]
    pyenv = sorted(str(p) for n in names for p in Path.home().glob(f".pyenv/versions/*/bin/{n}"))
    for found in (*map(shutil.which, names), *pyenv):
        if found and Path(found).name != here:
            told = subprocess.run([found, "-c", "print('ok')"], capture_output=True, text=True, check=False)
            if told.stdout == "ok\n":
                return found
    pytest.skip("there is no other Python on this machine")


@slow
def test_paths_that_executors_do_not_see(session, cluster, sample, tmp_path, monkeypatch):
    from reviewlens.engines.spark import SparkEngine

    monkeypatch.chdir(tmp_path)
    engine = SparkEngine(session(cluster.master))
    here = Path("/proc/self/cwd")  # another folder for each process
    with pytest.raises(StoreError, match="does not share the output folder"):
        rl.analyze(sample, out=here / "lens", engine=engine)
    assert not list((tmp_path / "lens").rglob("*.parquet"))
    assert not list((tmp_path / "lens").glob(".tmp*"))
    shutil.copytree(sample, tmp_path / "sample", ignore=shutil.ignore_patterns("*.txt", "reviews"))
    with pytest.raises(InputNotFoundError, match="does not see an input file"):
        rl.analyze(here / "sample", out=tmp_path / "lens2", engine=engine)
    assert not list((tmp_path / "lens2").rglob("*.parquet"))


@slow
def test_a_master_that_is_not_there(session):
    with pytest.raises(ConfigError, match="no Spark session"):
        session("spark://127.0.0.1:1")
    assert session("local[2]").range(3).count() == 3  # nothing of it is left in the way


@slow
def test_the_command_with_spark(session, sample, tmp_path):
    command = [sys.executable, "-m", "reviewlens", "run", str(sample), "--out", str(tmp_path / "lens")]
    spark = subprocess.run(
        [*command, "--engine", "spark", "--master", "local[2]"], capture_output=True, text=True, check=False
    )
    assert spark.returncode == 0, spark.stderr
    assert rl.open_run(tmp_path / "lens").manifest["told"]["engine"] == "spark"
