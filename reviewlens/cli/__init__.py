"""The command line: one verb is one public function. Heavy imports wait until a verb runs."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import click

from reviewlens import __version__
from reviewlens.cli.beside import describe, discover, evaluate, recommend, train
from reviewlens.cli.logs import said_as_json, set_up_log
from reviewlens.cli.river import check, config, forget, run, score, status
from reviewlens.cli.streams import all_said, give_up_output, is_about_output, say_if_possible, silence
from reviewlens.cli.wrong import wrong_command
from reviewlens.errors import ReviewlensError, StoreError

PARTIAL = 6  # done, with rejects or quarantined files


def _version(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from reviewlens.native import OFF_VARIABLE, loops

    click.echo(f"reviewlens, version {__version__}\nloops in {loops()}")
    if loops() != "C":
        why = "install again where a C compiler and Python's headers are, to have them"
        why = f"{OFF_VARIABLE} is set" if os.environ.get(OFF_VARIABLE) else why
        click.echo(f"  the same answers as with loops in C; scoring takes nearly twice the time\n  {why}")
    context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
def cli() -> None:
    """What customers feel and what they need, from Parquet exports of reviews.

    \b
    reviewlens check exports/                     what is in there, and what is missing
    reviewlens run exports/ --out lens            score, find needs, write the tables and the report
    reviewlens run --config job.toml              the same every night, only what is new
    """


for verb in (run, check, score, status, config, forget, train, evaluate, discover, describe, recommend):
    cli.add_command(verb)


def main(argv: list[str] | None = None) -> None:
    """Run the command line and exit with a documented code; an error is three lines: what, where, what to do."""
    code = _exit_code(argv)
    sys.exit(code if all_said() else code or 1)


def _exit_code(argv: list[str] | None) -> int:
    signal.signal(signal.SIGTERM, _terminate)
    set_up_log("text")  # until a verb knows better; a command leaves nothing to the next one of the same process
    try:
        code: Any = cli.main(args=argv, prog_name="reviewlens", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Abort:
        return 130
    except KeyboardInterrupt:
        click.echo("interrupted; the next run goes on from here", err=True)
        return 130
    except click.exceptions.NoArgsIsHelpError as error:  # `reviewlens` alone asks what there is
        error.show()
        return error.exit_code
    except click.ClickException as error:
        words = sys.argv[1:] if argv is None else argv
        say_if_possible(wrong_command(error, next((word for word in words if word in cli.commands), "")))
        return error.exit_code
    except ReviewlensError as error:
        say_if_possible(error)
        return error.exit_code
    except BrokenPipeError:  # the reader of our output left, e.g. `| head`
        silence(sys.stdout)
        return 0
    except Exception as error:
        if isinstance(error, OSError) and is_about_output(error):
            give_up_output()
        elif isinstance(error, OSError) and error.filename is not None:
            hint = "look at rights and disk, and run again: what was published stands"
            say_if_possible(StoreError(f"the system refuses: {error.strerror}", where=str(error.filename), hint=hint))
        elif not said_as_json(error):
            raise
        return 1


def _terminate(signum: int, frame: object) -> None:
    raise SystemExit(128 + signum)
