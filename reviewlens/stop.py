"""A request to stop: from a signal or from a time limit, heeded between parts and between tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reviewlens.errors import Interrupted


class Stop:
    """Asked now and then by a run that wants to know whether it should go on."""

    def __init__(self, max_seconds: float | None = None) -> None:
        self._deadline = None if max_seconds is None else time.monotonic() + max_seconds
        self.signal: int | None = None
        self._interrupt: Callable[[], None] | None = None

    def request(self, signum: int) -> None:
        """Ask the run to stop, as the signal `signum` does."""
        self.signal = signum
        if self._interrupt is not None:
            self._interrupt()

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Call `interrupt` when a stop is requested while the block runs, for what would take long to end by itself."""
        self._interrupt = interrupt
        try:
            yield
        finally:
            self._interrupt = None

    def check(self) -> None:
        """Raise `Interrupted` where the run was asked to stop or its time is up."""
        if self.signal is not None:
            error = Interrupted(
                "stopped on request", where=f"signal {self.signal}", hint="run again: the next run goes on from here"
            )
            error.exit_code = 128 + self.signal
            raise error
        if self._deadline is not None and time.monotonic() >= self._deadline:
            raise Interrupted("the time is over", where="max_seconds", hint="run again: the next run goes on from here")
