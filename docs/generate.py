"""The pages of `reference/`, made from the code: `python docs/generate.py`. A test compares them with the code.

Also a hook of mkdocs, which adds to the contents what `mkdocs.yml` does not name.
"""

from __future__ import annotations

import inspect
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

import reviewlens
from reviewlens.cli import cli
from reviewlens.config import JobConfig, RunOptions
from reviewlens.run import Run
from reviewlens.schemas import MENTIONS, SCORED
from reviewlens.tables import TABLES, sql_of

HERE = Path(__file__).parent
MEANINGS = tomllib.loads((HERE / "columns.toml").read_text("utf-8"))


def columns_of(name: str) -> dict[str, str]:
    """Return the columns that the SQL of a table names, with their meaning; hidden ones are left out."""
    select = re.split(r"\nSELECT\b", sql_of(name))[-1]
    found = re.findall(r"(?:\bAS\s+|\.|^\s+)(\w+),?\s*-- (.*)$", select, flags=re.M)
    return {column: meaning.strip() for column, meaning in found if not meaning.startswith("hidden")}


def meaning_of(table: str, column: str) -> str:
    """Return what a column of a table means; raise `KeyError` where nobody has said."""
    said = columns_of(table)
    return said[column] if column in said else str(MEANINGS[column])


def tables(run: Run | None = None) -> str:
    """Return the page of the summary tables and of the evidence; a run over the sample tells the types."""
    run = run or _sample_run()
    page = [
        "# Tables and columns",
        "Made from the code. Each table is written as Parquet and as CSV in `current/tables/`; the rows are in the "
        "order of the key. Shares are in [0, 1], scores in [-1, 1], stars in [1, 5].",
    ]
    for name in TABLES:
        note = re.match(r"((?:-- .*\n)+)", sql_of(name))
        about = note[1].replace("-- ", "").replace("\n", " ").strip() if note else ""
        rows = [
            f"| `{c}` | {kind} | {_cell(meaning_of(name, str(c)))} |" for c, kind in run.tables[name].dtypes.items()
        ]
        page += [f"## {name}", about, "\n".join(["| column | type | meaning |", "|---|---|---|", *rows])]
    for name, schema, about in (
        ("scored", SCORED, "One row per review that counts: `open_run(out).scored`."),
        ("mentions", MENTIONS, "One row per mention of a theme in a clause: `open_run(out).mentions`."),
    ):
        rows = [f"| `{f.name}` | {f.type} | {_cell(f.metadata[b'meaning'].decode())} |" for f in schema]
        page += [f"## {name}", about, "\n".join(["| column | type | meaning |", "|---|---|---|", *rows])]
    return "\n\n".join(page) + "\n"


def command_line() -> str:
    """Return the page of the command line."""
    page = ["# Command line", "Made from the code. Every verb is a public function with the same words."]
    with click.Context(cli, info_name="reviewlens", **cli.context_settings) as context:
        page.append(_help(cli, context))
        for name in cli.list_commands(context):
            command = cli.get_command(context, name)
            assert command is not None
            with click.Context(command, info_name=name, parent=context) as inner:
                page += [f"## {name}", _help(command, inner)]
    return "\n\n".join(page) + "\n"


def settings() -> str:
    """Return the page of the settings."""
    page = [
        "# Settings",
        "Made from the code. In a TOML file, in the environment as `REVIEWLENS_<KEY>`, or on the command line, the "
        "later ones first. `reviewlens config --config job.toml` shows each value and where it comes from.",
    ]
    for title, model in (("What decides the output", JobConfig), ("How it is carried out", RunOptions)):
        page += [f"## {title}", "\n".join(_fields(model))]
    return "\n\n".join(page) + "\n"


def python() -> str:
    """Return the page of the public names."""
    page = ["# Python", "Made from the docstrings. These names are `reviewlens`'s; all else may change."]
    for name in sorted((n for n in reviewlens.__all__ if n != "__version__"), key=str.lower):
        page += list(_documented(name, getattr(reviewlens, name)))
    return "\n\n".join(page) + "\n"


def _documented(name: str, thing: Any) -> Iterator[str]:
    yield f"## {name}"
    yield f"```{{.python .signature}}\n{name}{_signature(thing)}\n```"
    yield _prose(thing)
    if inspect.isclass(thing) and not issubclass(thing, Exception):
        for member, value in sorted(vars(thing).items()):
            bare = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            bare = getattr(bare, "func", bare)  # a cached property
            if member.startswith("_") or not inspect.getdoc(bare) or not inspect.isroutine(bare):
                continue
            call = (
                "" if isinstance(value, property) or bare is not getattr(value, "__func__", value) else _signature(bare)
            )
            yield f"### {name}.{member}"
            yield f"```{{.python .signature}}\n{member}{call}\n```"
            yield _prose(bare)


def _signature(thing: Any) -> str:
    try:
        return re.sub(r"'", "", str(inspect.signature(thing)))
    except (TypeError, ValueError):
        return "(...)"


def _prose(thing: Any) -> str:
    text = inspect.getdoc(thing) or ""
    text = re.sub(r"::\n\n((?:(?:    .*)?\n?)+)", r":\n\n\1", text)
    return re.sub(r"^(Args|Returns|Raises|Yields):\n((?:[ ]+.*\n?)+)", _listed, text, flags=re.M)


def _listed(match: re.Match[str]) -> str:
    items = re.sub(r"^    (\S[^:\n]*): ", r"- **\1**: ", match[2], flags=re.M)
    return f"**{match[1]}**\n\n{items}"


def _help(command: click.Command, context: click.Context) -> str:
    context.terminal_width = 100
    return f"```text\n{command.get_help(context)}\n```"


def _fields(model: type[BaseModel]) -> Iterator[str]:
    yield "| key | default | meaning |"
    yield "|---|---|---|"
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        yield f"| `{name}` | `{default!r}` | {_cell(field.description or '')} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sample_run() -> Run:
    out = Path(tempfile.mkdtemp(prefix="reviewlens-docs-")) / "lens"
    return reviewlens.analyze(HERE.parent / "examples" / "sample", out=out)


PAGES: dict[str, Callable[[], str]] = {
    "reference/tables.md": tables,
    "reference/command-line.md": command_line,
    "reference/settings.md": settings,
    "reference/python.md": python,
}


def on_config(config: Any) -> Any:
    """Add the pages in depth and the decisions to the contents, as far as they do not name them."""
    named = set(_pages(config.nav))
    rest = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.md"))
    decisions = [path for path in rest if path.startswith("decisions/")]
    in_depth = [path for path in rest if path not in named and path not in decisions]
    config.nav[-1:-1] = [{"In depth": in_depth}, {"Decisions": decisions}]
    return config


def _pages(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    for inner in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from _pages(inner)


def write() -> None:
    """Write the pages."""
    for path, make in PAGES.items():
        target = HERE / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(make(), "utf-8")


if __name__ == "__main__":
    write()
