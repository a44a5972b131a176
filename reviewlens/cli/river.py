"""Verbs of the nightly job: run, check, score, status, config, forget."""

from __future__ import annotations

from typing import Any

import click

from reviewlens.cli.show import show_json, show_table
from reviewlens.errors import ConfigError

# an export that cannot be read is quarantined, and the others are not left for its sake
SOURCES = click.argument("source", nargs=-1, type=click.Path(readable=False))
COLUMN = click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OURS=YOURS",
    help="which of your columns is which, e.g. text=review_body",
)
DONE, PARTIAL = 0, 6  # partial: done, with rejects or quarantined files
JSON = click.option("--json", "as_json", is_flag=True, help="print JSON for machines")
CLASSIFIER = click.option(
    "--classifier", type=click.Path(), metavar="FOLDER", help="model folder; the bundled model if absent"
)

ABSTAIN = click.option(
    "--abstain-below", type=float, metavar="P", help="answer abstained where the largest probability is below this"
)


def column_map(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return `--column ours=yours` pairs as a mapping."""
    found: dict[str, str] = {}
    for pair in pairs:
        ours, sign, yours = pair.partition("=")
        if not sign or not ours or not yours:
            raise ConfigError(
                f"--column {pair!r} is not of the form OURS=YOURS",
                where="command line",
                hint="write it like --column text=review_body",
            )
        if ours in found:
            raise ConfigError(f"--column names {ours!r} twice", where="command line", hint="keep one of them")
        found[ours] = yours
    return found


@click.command()
@SOURCES
@click.option(
    "--config", "config_file", type=click.Path(), metavar="FILE", help="settings in TOML; see `reviewlens config`"
)
@click.option("--out", type=click.Path(), metavar="FOLDER", help="output folder")
@COLUMN
@click.option("--themes", type=click.Path(), metavar="FILE", help="theme set; the built-in taxonomy if absent")
@CLASSIFIER
@click.option("--report-lang", "language", type=click.Choice(["en", "zh"]), help="language of labels and report")
@click.option("--period", type=click.Choice(["day", "week", "month"]), help="length of a period in the tables")
@click.option("--run-date", metavar="DATE", help="speak as of the end of this day (back-fill)")
@click.option(
    "--engine", type=click.Choice(["local", "spark"]), help="who carries out the work; this machine if absent"
)
@click.option("--master", metavar="URL", help="master of the Spark cluster, e.g. spark://host:7077")
@click.option("--workers", type=int, help="worker processes")
@click.option("--max-seconds", type=float, help="stop after this time; the next run goes on")
@click.option(
    "--fail-on", multiple=True, type=click.Choice(["drift", "alerts"]), help="exit with 4 on drift or on new alerts"
)
@click.option("--log-format", type=click.Choice(["text", "json"]), help="form of the log on standard error")
@click.option("--dry-run", is_flag=True, help="say what would be done, and do nothing")
@click.option("--progress/--no-progress", default=None, help="progress bar; shown on a terminal")
@JSON
def run(
    source: tuple[str, ...],
    config_file: str | None,
    out: str | None,
    columns: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Score reviews, find needs, write tables and report. Only what is new or changed is scored.

    \b
    reviewlens run exports/*.parquet --out lens --column text=review_body --column rating=stars
    """
    from reviewlens.cli.logs import set_up_log, wanted_form
    from reviewlens.config import load_settings

    set_up_log(wanted_form(given["log_format"], config_file))  # a wrong setting, too, is told in the form of the log
    overrides = {"source": list(source) or None, "out": out, "columns": column_map(columns) or None, **given}
    overrides["fail_on"] = list(given["fail_on"]) or None
    settings = load_settings(config_file, overrides=overrides)
    if not settings.out:
        raise ConfigError(
            "no output folder", where="reviewlens run", hint="add --out FOLDER, or `out = ...` to the configuration"
        )
    if not settings.config.source:
        raise ConfigError(
            "no input",
            where="reviewlens run",
            hint="name files, a folder or a glob, or `source = [...]` in the configuration",
        )
    from reviewlens.cli.nightly import carry_out  # heavy, so after the settings are known to be good

    return carry_out(settings, dry_run=dry_run, as_json=as_json)


@click.command()
@SOURCES
@COLUMN
@CLASSIFIER
@JSON
def check(source: tuple[str, ...], columns: tuple[str, ...], classifier: str | None, as_json: bool) -> int:
    """Say what is in the exports: columns, types, gaps, and what their absence costs. Exits with 6 where `run` would.

    \b
    reviewlens check exports/*.parquet
    """
    from reviewlens import check as look
    from reviewlens.read import Paths

    if not source:
        raise ConfigError("no input", where="reviewlens check", hint="name files, a folder or a glob")
    found = look(Paths(source), columns=column_map(columns) or None, classifier=classifier)
    show_json(found.to_dict()) if as_json else click.echo(str(found))
    return PARTIAL if found.rejects else DONE


@click.command()
@SOURCES
@click.option("--out", required=True, metavar="PATH", help="where the scored Parquet goes")
@COLUMN
@CLASSIFIER
@ABSTAIN
def score(
    source: tuple[str, ...], out: str, columns: tuple[str, ...], classifier: str | None, abstain_below: float | None
) -> None:
    """Score the sentiment of reviews: Parquet in, the same rows and columns with scores out. What was scored before is
    overwritten, any other file is not.

    \b
    reviewlens score exports/*.parquet --out scored/
    """
    from reviewlens import Classifier
    from reviewlens import score as score_all
    from reviewlens.read import Paths

    if not source:
        raise ConfigError("no input", where="reviewlens score", hint="name files, a folder or a glob")
    model = classifier if abstain_below is None else Classifier.load(classifier, abstain_below=abstain_below)
    click.echo(str(score_all(Paths(source), columns=column_map(columns) or None, classifier=model, out=out)))


@click.command()
@click.argument("out", type=click.Path())
@JSON
def status(out: str, as_json: bool) -> None:
    """Show the last runs: counts, duration, what changed.

    \b
    reviewlens status lens
    """
    from reviewlens import status as runs

    show_table(runs(out), as_json=as_json)


@click.command()
@click.option("--config", "config_file", type=click.Path(), metavar="FILE", help="settings in TOML")
@JSON
def config(config_file: str | None, as_json: bool) -> None:
    """Show every setting, its value and where the value comes from.

    \b
    reviewlens config --config job.toml
    """
    import pandas as pd

    from reviewlens.config import load_settings

    rows = load_settings(config_file).rows
    if as_json:
        show_json([row._asdict() for row in rows])
    else:
        show_table(
            pd.DataFrame(
                {
                    "setting": [r.key for r in rows],
                    "value": [repr(r.value) for r in rows],
                    "from": [r.origin for r in rows],
                }
            )
        )


@click.command()
@click.argument("out", type=click.Path())
@click.option("--customer", required=True, metavar="ID", help="the customer as the exports name them")
def forget(out: str, customer: str) -> None:
    """Remove a customer's reviews from everything in the output folder, for good, and keep out later exports of them.

    A customer of whom there is no review is kept out all the same, and that too exits with 0.

    \b
    reviewlens forget lens --customer C1042
    """
    from reviewlens import forget as forget_customer

    gone = forget_customer(out, customer=customer)
    if gone:
        click.echo(f"{gone:,} review{'s' * (gone != 1)} forgotten; later exports of this customer are kept out")
    else:
        click.echo(
            f"no review of this customer was found in {out}; later exports are kept out all the same "
            "(ids are compared as the exports write them)"
        )
