"""How the command line shows tables: aligned and cut to the width of a terminal, tab-separated in a pipe."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd


def show_table(frame: pd.DataFrame, *, title: str = "", as_json: bool = False) -> None:
    """Print a table."""
    if as_json:
        click.echo(frame.to_json(orient="records", date_format="iso", force_ascii=False))
    elif sys.stdout.isatty():
        _pretty(frame, title)
    else:
        click.echo(frame.to_csv(sep="\t", index=False), nl=False)


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def _pretty(frame: pd.DataFrame, title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in frame:
        right = frame[column].dtype.kind in "iuf"
        table.add_column(str(column), justify="right" if right else "left", overflow="ellipsis", no_wrap=True)
    for row in frame.itertuples(index=False):
        table.add_row(*(Text(_shown(v), style=_color(name, v)) for name, v in zip(map(str, frame), row, strict=True)))
    Console().print(table)


def _shown(value: Any) -> str:
    return "" if value is None or value != value else str(value)


def _color(column: str, value: Any) -> str:
    """Return green for what is good and red for what is bad, where a column knows."""
    if column == "score" and isinstance(value, float):
        return "green" if value > 0 else "red" if value < 0 else ""
    return {"positive": "green", "negative": "red", "mixed": "yellow"}.get(value, "") if column == "polarity" else ""
