"""Stopping: between parts and tables, and in the middle of a query."""

from __future__ import annotations

import os
import signal
import threading

import duckdb
import pytest

from reviewlens.config import JobConfig
from reviewlens.errors import Interrupted
from reviewlens.stop import Stop
from reviewlens.tables import Duck, Inputs

ENDLESS = "SELECT count(*) AS n FROM range(100000000000) AS a(x), range(100000000) AS b(y) WHERE hash(x, y) = 7"


def test_a_signal_interrupts_the_query_under_way(tmp_path):
    duck, stop = Duck(Inputs([], [], {}, {}), JobConfig(), memory_mb=100, scratch=tmp_path / "scratch"), Stop()
    duck.query("SELECT 1")
    over = threading.Event()

    def send() -> None:
        while not over.wait(0.1):  # the first may come before the query has begun
            os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, lambda signum, frame: stop.request(15))
    sending = threading.Thread(target=send)
    sending.start()
    try:
        with stop.interrupting(duck.interrupt), pytest.raises(duckdb.InterruptException):
            duck.query(ENDLESS)  # would take years
    finally:
        over.set()
        sending.join()
        signal.signal(signal.SIGUSR1, before)
    with pytest.raises(Interrupted) as caught:
        stop.check()
    assert caught.value.exit_code == 143
    duck.close()


def test_nothing_is_interrupted_outside_the_block():
    stop, calls = Stop(), []
    with stop.interrupting(lambda: calls.append(1)):
        pass
    stop.request(2)
    assert not calls
