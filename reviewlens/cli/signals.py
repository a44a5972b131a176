"""Signals: the first asks the run to stop after the parts under way, the second ends it at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from reviewlens.stop import Stop

HEEDED = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def heeding_signals(stop: Stop) -> Iterator[None]:
    """Pass SIGINT and SIGTERM on to `stop` while the block runs."""

    def heed(signum: int, frame: object) -> None:
        if stop.signal is not None:
            os._exit(128 + signum)  # whatever is half done is in temporary folders, which the next run sweeps away
        stop.request(signum)

    before = {signum: signal.signal(signum, heed) for signum in HEEDED}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
