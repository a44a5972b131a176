"""A wrong command line in the words of every other error: what, where, and what to do."""

from __future__ import annotations

import re

import click

from reviewlens.errors import ConfigError


def wrong_command(error: click.ClickException, verb: str = "") -> ConfigError:
    """Return what click found wrong with the command line as our error; `verb` where click does not say which."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else f"reviewlens {verb}".strip()
    what = re.split(r"\.? \(?Did you mean", " ".join(error.format_message().split()))[0].rstrip(".")
    return ConfigError(what[:1].lower() + what[1:], where=command, hint=f"{_advice(error)}see `{command} --help`")


def _advice(error: click.ClickException) -> str:
    """Return what is known to help, as the beginning of a sentence; empty where nothing is."""
    if isinstance(error, click.NoSuchOption | click.exceptions.NoSuchCommand) and error.possibilities:
        return f"did you mean {' or '.join(error.possibilities)}? "
    if isinstance(error, click.MissingParameter) and isinstance(error.param, click.Option) and error.ctx is not None:
        name, meaning = error.param.get_help_record(error.ctx) or (error.param.opts[0], "")
        return f"add {name} ({meaning.partition('  [')[0]}), "
    return ""
