"""Standard output and error when they cannot be written: the log on a full disk, a reader who left, none at all."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

from reviewlens.cli.logs import say_error
from reviewlens.errors import ReviewlensError, StoreError


def say_if_possible(error: ReviewlensError) -> None:
    """Say an error; where standard error cannot be written, the exit code must do."""
    with suppress(OSError):
        say_error(error)


def all_said() -> bool:
    """Return whether all that was printed could be written; the rest is let go, for Python would exit with 120."""
    unwritten = [stream for stream in (sys.stdout, sys.stderr) if not _flushed(stream)]
    for stream in unwritten:
        silence(stream)
    if sys.stdout in unwritten:
        hint = "free some space and run again; what was published stands"
        say_if_possible(StoreError("the output could not be written", where="standard output", hint=hint))
    return not unwritten


def silence(stream: TextIO) -> None:
    """Let a stream lead nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _flushed(stream: TextIO | None) -> bool:
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        return False
    return True
