"""Standard output and error when they cannot be written: the log on a full disk, a reader who left, none at all."""

from __future__ import annotations

import errno
import logging
import os
import sys
from contextlib import suppress
from typing import TextIO

from reviewlens.cli.logs import Lines, say_error
from reviewlens.errors import ReviewlensError, StoreError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def is_about_output(error: OSError) -> bool:
    """Return whether an error comes from printing: it names no file, as no stream does."""
    return error.filename is None and error.errno in _FULL


def say_if_possible(error: ReviewlensError) -> None:
    """Say an error; where standard error cannot be written, the exit code must do."""
    with suppress(OSError):
        say_error(error)


def all_said() -> bool:
    """Return whether all that was printed could be written; the rest is let go, for Python would exit with 120."""
    unwritten = [stream for stream in (sys.stdout, sys.stderr) if not _flushed(stream)]
    if sys.stdout in unwritten:
        give_up_output()
    if sys.stderr in unwritten:
        silence(sys.stderr)
    log_lost = any(isinstance(handler, Lines) and handler.lost for handler in logging.getLogger("reviewlens").handlers)
    return not (unwritten or log_lost)


def give_up_output() -> None:
    """Let standard output lead nowhere, and say so."""
    silence(sys.stdout)
    hint = "free some space and run again; what was published stands"
    say_if_possible(StoreError("the output could not be written", where="standard output", hint=hint))


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
