"""Verbs beside the nightly job: train, evaluate, discover, describe, recommend."""

from __future__ import annotations

import json
from pathlib import Path

import click

from reviewlens.cli.found import show_found
from reviewlens.cli.river import ABSTAIN
from reviewlens.cli.show import show_json, show_table, warnings_in_words
from reviewlens.errors import ConfigError, OverwriteError

_SHOWN = 5  # comments
JSON = click.option("--json", "as_json", is_flag=True, help="print JSON for machines")
TEXT = click.option("--text", required=True, metavar="COLUMN", help="column of the text")
SCALE = click.option("--scale", type=float, metavar="STARS", help="highest possible star, where it is not 5")
LABEL = click.option("--label", required=True, metavar="COLUMN", help="column of the label: 0/1, class names or stars")


@click.command()
@click.argument("data", type=click.Path())
@TEXT
@LABEL
@click.option("--model", type=click.Choice(["lstm", "transformer", "linear"]), default="lstm", show_default=True)
@click.option("--out", required=True, type=click.Path(), metavar="FOLDER", help="where the model folder goes")
@click.option("--teacher", type=click.Path(), metavar="FOLDER", help="a model folder to learn from as well")
@click.option("--search", metavar="BUDGET", help="search the settings: a number of trials, or a time such as 20m")
@SCALE
@click.option("--seed", type=int, default=0, show_default=True)
def train(
    data: str,
    text: str,
    label: str,
    model: str,
    out: str,
    teacher: str | None,
    search: str | None,
    scale: float | None,
    seed: int,
) -> None:
    """Train a classifier on labelled reviews. A training that was cut short goes on; nothing else in --out is
    overwritten.

    \b
    reviewlens train labelled.parquet --text review_body --label stars --out models/ours
    """
    from reviewlens import train as fit

    with warnings_in_words():
        fit(data, text=text, label=label, model=model, teacher=teacher, search=search, scale=scale, out=out, seed=seed)
    click.echo(f"saved to {out}")


@click.command()
@click.argument("model", type=click.Path())
@click.argument("data", type=click.Path())
@TEXT
@LABEL
@SCALE
@ABSTAIN
@JSON
def evaluate(
    model: str, data: str, text: str, label: str, scale: float | None, abstain_below: float | None, as_json: bool
) -> None:
    """Measure a classifier on labelled reviews.

    \b
    reviewlens evaluate models/ours test.parquet --text review_body --label stars
    """
    from reviewlens import Classifier
    from reviewlens import evaluate as measure

    classifier = Classifier.load(model, abstain_below=abstain_below)
    with warnings_in_words():
        metrics = measure(classifier, data, text=text, label=label, scale=scale)
    show_json(metrics.to_dict()) if as_json else click.echo(str(metrics))


@click.command()
@click.argument("source", nargs=-1, required=True, type=click.Path())
@click.option("--text", metavar="COLUMN", help="column of the text; found by name if absent")
@click.option("--out", required=True, type=click.Path(), metavar="FILE", help="the theme set to write")
@click.option("--update", type=click.Path(), metavar="FILE", help="theme set whose ids and labels shall survive")
@click.option("--seeds", type=click.Path(), metavar="FILE", help="TOML table of themes with a few seed phrases each")
@click.option("--themes", "n_themes", type=int, help="how many themes; chosen from the data if absent")
@click.option("--seed", type=int, default=0, show_default=True)
@JSON
def discover(
    source: tuple[str, ...],
    text: str | None,
    out: str,
    update: str | None,
    seeds: str | None,
    n_themes: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Learn a theme set from reviews. A theme set that is there is overwritten with --update alone, which keeps the
    ids of its themes, and no other file ever is.

    \b
    reviewlens discover exports/*.parquet --out themes.toml
    reviewlens discover exports/*.parquet --update themes.toml --out themes.toml
    """
    import tomllib

    from reviewlens import ThemeSet, discover_themes
    from reviewlens.read import Paths
    from reviewlens.themes.file import comments
    from reviewlens.themes.themeset import is_theme_set
    from reviewlens.whole import check_replaceable

    check_replaceable(Path(out), what="a theme set", same_kind=is_theme_set)  # before the work, not after it
    if not update and Path(out).exists() and Path(out).stat().st_size:
        raise OverwriteError(
            "the theme set that is there would be lost, and the ids of its themes with it",
            where=out,
            hint=f"add --update {out} to keep them, or name another file",
        )
    wanted = None
    if seeds:
        try:
            wanted = tomllib.loads(Path(seeds).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"the seeds cannot be read: {error}", where=seeds, hint="write lines like food = ['food', 'menu']"
            ) from None
    previous = ThemeSet.load(update) if update else None
    if update and (lost := comments(Path(update).read_text("utf-8-sig"))):
        shown = "; ".join(lost[:_SHOWN]) + (" ..." if lost[_SHOWN:] else "")
        lines = f"{len(lost)} comment{'s' * (len(lost) > 1)} of {update} will not be in {out}: {shown}"
        click.echo(f"warning: {lines} (what is to stay belongs in the `note` of a theme)", err=True)
    with warnings_in_words():
        found = discover_themes(Paths(source), text=text, seeds=wanted, n_themes=n_themes, previous=previous, seed=seed)
    found.save(out)
    show_found(found, out, as_json=as_json)


@click.command()
@click.argument("out", type=click.Path())
@click.option("--product", metavar="ID", help="one product")
@click.option("--all", "every", is_flag=True, help="all products")
@click.option("--out", "target", type=click.Path(), metavar="FILE", help="Parquet file for --all")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@JSON
def describe(out: str, product: str | None, every: bool, target: str | None, language: str, as_json: bool) -> None:
    """Draft product descriptions from the evidence of a run. With --all they go to a file, in the place of earlier
    descriptions; any other file is not overwritten.

    \b
    reviewlens describe lens --product B0001
    reviewlens describe lens --all --out descriptions.parquet
    """
    from reviewlens import open_run
    from reviewlens.descriptions import describe as draft
    from reviewlens.descriptions import describe_all

    if every == bool(product) or every != bool(target):
        raise ConfigError(
            "name one product, or all and a file", where="reviewlens describe", hint="--product ID, or --all --out FILE"
        )
    if product:
        found = draft(open_run(out), product, language=language)
        evidence = json.loads(found.evidence.to_json(orient="records"))
        told = {"product_id": found.product_id, "text": found.text, "evidence": evidence}
        show_json(told) if as_json else click.echo(found.text)
    elif target:
        click.echo(f"{describe_all(open_run(out), target, language=language):,} descriptions saved to {target}")


@click.command()
@click.argument("out", type=click.Path())
@click.option(
    "--interactions", type=click.Path(), metavar="FILE", help="Parquet of purchases; the reviews themselves if absent"
)
@click.option("--customer", metavar="ID", help="one customer; all if absent")
@click.option("--k", type=int, default=10, show_default=True)
@click.option("--out", "target", type=click.Path(), metavar="FILE", help="Parquet file for all customers")
@JSON
def recommend(
    out: str, interactions: str | None, customer: str | None, k: int, target: str | None, as_json: bool
) -> None:
    """Recommend products to customers, with reasons. For all of them they go to a file, in the place of earlier
    recommendations; any other file is not overwritten.

    \b
    reviewlens recommend lens --interactions orders.parquet --out recommendations.parquet
    """
    from reviewlens import Recommender, open_run
    from reviewlens.recommend import recommend_all

    if bool(customer) == bool(target):
        raise ConfigError(
            "name one customer, or a file for all", where="reviewlens recommend", hint="--customer ID, or --out FILE"
        )
    recommender = Recommender.fit(interactions, run=open_run(out))
    if target:
        click.echo(f"{recommend_all(recommender, target, k=k):,} rows saved to {target}")
    else:
        show_table(recommender.recommend(customer=customer, k=k), as_json=as_json)
