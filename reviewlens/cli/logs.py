"""The log on standard error: lines for people, or one JSON object per line."""

from __future__ import annotations

import json
import logging
import os
import sys
import tomllib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from reviewlens.errors import ReviewlensError

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """One JSON object per record: time (UTC), level, event, and whatever the record carries beside its message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key not in _STANDARD},
        }
        if said["event"] != record.getMessage():  # a name that never changes, for alarms; and the sentence beside it
            said["message"] = record.getMessage()
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


class Lines(logging.StreamHandler[TextIO]):
    """Writes the log, and remembers where it could not, for standard error has no other way to say so."""

    lost = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Note that a line was lost."""
        self.lost = True


def wanted_form(given: str | None, config_file: str | None) -> str:
    """Return the form of the log as it is asked for, even where other settings turn out to be wrong."""
    wanted: object = given or os.environ.get("REVIEWLENS_LOG_FORMAT")
    if wanted is None and config_file is not None:
        with suppress(OSError, ValueError, RecursionError):
            wanted = tomllib.loads(Path(config_file).read_text("utf-8-sig")).get("log_format")
    return "json" if wanted == "json" else "text"


def set_up_log(form: str) -> None:
    """Send the log to standard error: all of it as JSON, or as text what needs attention."""
    handler = Lines(sys.stderr) if sys.stderr is not None else logging.NullHandler()  # nobody asked for a log then
    log = logging.getLogger("reviewlens")
    if form == "json":
        handler.setFormatter(JsonLines())
        log.setLevel(logging.INFO)
    else:
        handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
        log.setLevel(logging.WARNING)
    log.handlers[:] = [handler]
    log.propagate = False


def _is_json() -> bool:
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger("reviewlens").handlers)


def said_as_json(error: Exception) -> bool:
    """Say an error that nobody foresaw, with its trace, where the log is for machines; return whether it is."""
    if _is_json():
        log = logging.getLogger("reviewlens")
        log.critical(f"{type(error).__name__}: {error}", exc_info=error, extra={"exit_code": 1})
    return _is_json()


def say_error(error: ReviewlensError) -> None:
    """Say what is wrong, where and what to do, in the form of the log."""
    if _is_json():
        log = logging.getLogger("reviewlens")
        log.error(error.what, extra={"where": error.where, "hint": error.hint, "exit_code": error.exit_code})
    else:
        click.echo(f"{click.style('error:', fg='red')} {error}", err=True)
