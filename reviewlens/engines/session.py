"""A Spark session that can be used, or a clear word on why there is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reviewlens.errors import ConfigError, MissingDependencyError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SPARK = 4  # major version that is tested
JAVA = 17  # the oldest that it runs on
PIP = "pip install 'reviewlens[spark]'"


def connect(master: str | None = None, *, settings: dict[str, str] | None = None) -> SparkSession:
    """Return a Spark session at `master`; None takes what `spark-submit` says, else this machine.

    Raises `MissingDependencyError` without pyspark or Java, `ConfigError` where the master cannot be reached.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingDependencyError("Spark needs the package pyspark", hint=PIP) from None
    check_java()
    if master is None or master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("reviewlens").config("spark.ui.showConsoleProgress", "false")
    for key, value in {**({"spark.master": master} if master else {}), **(settings or {})}.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        _forget_stopped()
        raise ConfigError(
            f"no Spark session: {str(error).splitlines()[0][:300]}",
            where=master or "",
            hint="check the address of the master",
        ) from error


def _forget_stopped() -> None:
    """Let go of a context that died on its way up; pyspark would hand it out to whoever asks for a session next."""
    from pyspark import SparkContext

    left = SparkContext._active_spark_context
    if left is not None and left._jsc.sc().isStopped():
        left.stop()


def check_java() -> None:
    """Raise `MissingDependencyError` where there is no Java that Spark can use."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    hint = f"install Java {JAVA} or newer (Debian: openjdk-17-jre-headless) and set JAVA_HOME"
    if java is None or not Path(java).is_file():
        raise MissingDependencyError("Spark needs Java, and there is none", where=java or "PATH", hint=hint)
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(?:1\.)?(\d+)', told.stderr + told.stdout)
    if found is None or int(found.group(1)) < JAVA:
        said = found.group(1) if found else (told.stderr.strip().splitlines() or ["nothing"])[0]
        raise MissingDependencyError(f"Spark needs Java {JAVA} or newer, not {said}", where=java, hint=hint)


def check_session(spark: SparkSession) -> None:
    """Raise `ConfigError` for a Spark that is not supported."""
    if "connect" in type(spark).__module__.split("."):
        raise ConfigError(
            "a Spark Connect session is not supported: through it, executors cannot be asked what they have",
            where=type(spark).__module__,
            hint="make a classic session on a machine of the cluster: unset SPARK_REMOTE, set SPARK_API_MODE=classic",
        )
    if not str(spark.version).startswith(f"{SPARK}."):
        raise ConfigError(
            f"Spark {spark.version} is not supported",
            where="the session",
            hint=f"use Spark {SPARK}.x; {PIP} has the client",
        )
