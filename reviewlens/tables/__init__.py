"""The summary tables: one SQL statement each over the scored reviews and their mentions, run by DuckDB.

The SQL counts whole numbers; `finish` turns the counts into shares, intervals and means. A new table is a new `.sql`
file and a line in `TABLES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb
import jinja2
import pandas as pd
import pyarrow as pa

from reviewlens.config import JobConfig
from reviewlens.tables import finish

Finish = Callable[[pd.DataFrame, "Context"], pd.DataFrame]


@dataclass(frozen=True)
class Context:
    """What the tables need to know beside the reviews themselves."""

    config: JobConfig
    labels: Mapping[str, str]  # theme_id -> label in the reader's language
    previous: Mapping[str, pd.DataFrame] | None = None


@dataclass(frozen=True)
class Table:
    """One summary table: the SQL file, the keys that its template groups by, and what finishes the counts."""

    sql: str
    finish: Finish
    keys: tuple[str, ...] = ()


TABLES: dict[str, Table] = {
    "intake": Table("intake.sql", finish.unchanged),
    "themes": Table("theme.sql", finish.theme_shares),
    "products": Table("products.sql", finish.means),
    "periods": Table("periods.sql", finish.means),
    "theme_by_product": Table("theme.sql", finish.theme_shares, ("product_id",)),
    "theme_by_period": Table("theme.sql", finish.theme_shares, ("period",)),
    "theme_by_product_period": Table("theme.sql", finish.theme_shares, ("product_id", "period")),
}

_NAMES = {"product_id": "product", "period": "period"}
_MEANINGS = {"product_id": "the product", "period": "first day of the period"}


@dataclass(frozen=True)
class Inputs:
    """The parts of a run: Parquet files of scored reviews and mentions, and the age of each part's source."""

    scored: Sequence[str]
    mentions: Sequence[str]
    ages: Mapping[int, int]  # part -> modification time of its source in nanoseconds
    quarantined: Mapping[str, int]  # reason -> rows of files that could not be read whole


def sql_of(name: str) -> str:
    """Return the SQL of a table, its template filled in."""
    table = TABLES[name]
    template = jinja2.Template(
        (files(__package__) / table.sql).read_text("utf-8"), undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    cell = ", ".join(("theme_id", *table.keys))
    return template.render(keys=table.keys, cell=cell, names=_NAMES, meanings=_MEANINGS)


def build(inputs: Inputs, context: Context, *, memory_mb: int, scratch: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each summary table by name, in the order of `TABLES`.

    Beyond `memory_mb` DuckDB spills to `scratch`.
    """
    with _connection(inputs, context.config, memory_mb, scratch) as connection:
        for name, table in TABLES.items():
            query = sql_of(name)
            frame = connection.execute(query, _parameters(query, context.config)).df()
            yield name, table.finish(frame, context)


@contextmanager
def _connection(inputs: Inputs, config: JobConfig, memory_mb: int, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = {"memory_limit": f"{memory_mb}MB", "threads": 2, "temp_directory": str(scratch), "TimeZone": config.timezone}
    with duckdb.connect(config=settings) as connection:  # type: ignore[arg-type]
        for view, paths in (("scored", inputs.scored), ("mentioned", inputs.mentions)):
            connection.read_parquet(list(paths)).create_view(view)
        parts = {"part": pa.array(inputs.ages.keys(), pa.int64()), "mtime_ns": pa.array(inputs.ages.values(), pa.int64())}
        lost = inputs.quarantined
        quarantined = {"reason": pa.array(lost.keys(), pa.string()), "reviews": pa.array(lost.values(), pa.int64())}
        connection.register("parts", pa.table(parts))
        connection.register("quarantined", pa.table(quarantined))
        for statement in (files(__package__) / "_base.sql").read_text("utf-8").split(";"):
            if statement.strip():
                connection.execute(statement, _parameters(statement, config))
        yield connection


def _parameters(query: str, config: JobConfig) -> dict[str, object]:
    until = None if config.run_date is None else str(pd.Timestamp(config.run_date, tz=config.timezone) + pd.Timedelta(days=1))
    known = {"until": until, "period": config.period}
    return {key: value for key, value in known.items() if f"${key}" in query}


__all__ = ["TABLES", "Context", "Inputs", "Table", "build", "sql_of"]
