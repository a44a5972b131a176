"""How the command line shows tables: aligned and cut to the width of a terminal, tab-separated in a pipe."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS, MOST_ROWS = 12, 4  # a table with more columns is turned on its side, for so many of its rows


def on_terminal() -> bool:
    """Return whether somebody is looking; there may be no standard output at all."""
    return sys.stdout is not None and sys.stdout.isatty()


def show_table(frame: pd.DataFrame, *, title: str = "", as_json: bool = False) -> None:
    """Print a table."""
    if as_json:
        click.echo(frame.to_json(orient="records", date_format="iso", force_ascii=False))
    elif on_terminal():
        _pretty(frame, title)
    else:
        click.echo(frame.to_csv(sep="\t", index=False), nl=False)


@contextmanager
def warnings_in_words() -> Iterator[None]:
    """Print what is warned of within the block as it comes, in words alone, without a place in the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        usual = warnings.showwarning

        def shown(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, UserWarning):
                click.echo(f"warning: {message}", err=True)
            else:
                usual(message, category, filename, lineno, file, line)

        warnings.showwarning = shown
        yield


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def _pretty(frame: pd.DataFrame, title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if len(frame.columns) > MOST_COLUMNS:  # one line per column, one column per row
        rows = [[str(name), *map(_shown, frame[name].head(MOST_ROWS))] for name in frame]
        names, numbers = rows.pop(0), False
    else:
        rows = [[_shown(value) for value in row] for row in frame.itertuples(index=False)]
        names, numbers = [str(name) for name in frame], True
    table = Table(title=title or None, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for name in names:
        right = numbers and frame[name].dtype.kind in "iuf"
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    widths = _widths([names, *rows], console.width)
    for row in rows:
        cells = [Text(shown, style=_color(name, shown)) for name, shown in zip(names, row, strict=True)]
        for cell, width in zip(cells, widths, strict=True):
            cell.truncate(width, overflow="ellipsis")
        table.add_row(*cells)
    console.print(table)


def _widths(rows: list[list[str]], room: int) -> list[int]:
    """Return the widths of columns that fit beside one another; the widest ones give way."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    while sum(widths) + 2 * (len(widths) - 1) > room and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    return widths


def _shown(value: Any) -> str:
    return "" if value is None or value != value else str(value)


def _color(column: str, shown: str) -> str:
    """Return green for what is good and red for what is bad, where a column knows."""
    if column == "score" and shown:
        return "red" if shown.startswith("-") else "green"
    return {"positive": "green", "negative": "red", "mixed": "yellow"}.get(shown, "") if column == "polarity" else ""
