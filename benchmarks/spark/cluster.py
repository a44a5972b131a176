"""A Spark cluster on loopback: one master and workers as processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil


class Cluster:
    """One master and two workers of one core each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.master = f"spark://127.0.0.1:{port}"
        self._start("master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")
        self._wait("master", "I have been elected leader")
        self.workers = [self.add_worker(), self.add_worker()]

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker and wait until the master knows it."""
        number = len(list(self._folder.glob("worker-*.log")))
        name = f"worker-{number}"
        host = f"127.0.0.{number + 1}"  # Spark does not attempt a task twice on one host
        options = ["--host", host, "--webui-port", "0", "--cores", "1", "--memory", "1g"]
        worker = self._start(name, *options, "-d", str(self._folder / name), self.master)
        self._wait(name, "Successfully registered with master")
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill a worker and its executors as `kill -9` does; a new one takes its place."""
        below = psutil.Process(worker.pid).children(recursive=True)
        for process in [*below, worker]:
            os.kill(process.pid, signal.SIGKILL)
        worker.wait()
        self.workers[self.workers.index(worker)] = self.add_worker()

    def pythons(self, worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
        """Return the Python processes of a worker's executors."""
        return [p for p in psutil.Process(worker.pid).children(recursive=True) if "python" in p.name()]

    def stop(self) -> None:
        """End all that was started."""
        for process in reversed(self._started):
            if process.poll() is None:
                process.terminate()
                process.wait(30)

    def _start(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        import pyspark

        kind = "master.Master" if name == "master" else "worker.Worker"
        home = Path(pyspark.__file__).parent
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": options[1],
            "SPARK_DAEMON_MEMORY": "256m",
        }
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [home / "bin" / "spark-class", f"org.apache.spark.deploy.{kind}", *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self._folder,
            )
        self._started.append(process)
        return process

    def _wait(self, name: str, said: str, seconds: float = 300) -> None:
        log, end = self._folder / f"{name}.log", time.monotonic() + seconds
        while said not in log.read_text("utf-8"):
            if time.monotonic() > end:
                self.stop()
                raise TimeoutError(log.read_text("utf-8"))
            time.sleep(0.1)
