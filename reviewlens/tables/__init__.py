"""The summary tables: one SQL file each over the scored reviews and their mentions, run by DuckDB.

A file is a query, after the tables that it makes for itself where a single statement would hold too much in memory.
The SQL counts whole numbers; `finish` turns the counts into shares, intervals and means. A new table is a new `.sql`
file and a line in `TABLES`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import duckdb
import jinja2
import pandas as pd
import pyarrow as pa

from reviewlens.config import JobConfig
from reviewlens.schemas import MENTIONS, SCORED
from reviewlens.tables import finish
from reviewlens.tables.quotes import CANDIDATES, choose

Finish = Callable[[pd.DataFrame, "Context"], pd.DataFrame]


@dataclass(frozen=True)
class Context:
    """What the tables need to know beside the reviews themselves."""

    config: JobConfig
    labels: Mapping[str, str]  # theme_id -> label in the reader's language
    as_of: pd.Timestamp | None = None  # last day that the reviews speak of
    learned: Collection[str] | None = None  # languages that the classifier was trained on; None where it does not say


@dataclass(frozen=True)
class Table:
    """One summary table: the SQL file, the keys that its template groups by, and what finishes the counts."""

    sql: str
    finish: Finish
    keys: tuple[str, ...] = ()
    quotes: int = 0  # per cell
    quoted: str = ""  # the SQL file that seeks a quote for each row that `finish` keeps, if the other has none


TABLES: dict[str, Table] = {
    "intake": Table("intake.sql", finish.intake),
    "themes": Table("theme.sql", finish.themes, quotes=3),
    "products": Table("products.sql", finish.means),
    "periods": Table("periods.sql", finish.means),
    "theme_by_product": Table("theme.sql", finish.theme_cells, ("product_id",), quotes=3),
    "theme_by_period": Table("theme.sql", finish.theme_trends, ("period",), quotes=1),
    "theme_by_product_period": Table("theme.sql", finish.theme_trends, ("product_id", "period"), quotes=1),
    "wishes": Table("wishes.sql", finish.wishes, quotes=3),
    "alerts": Table("alerts.sql", finish.alerts, quoted="alert_quotes.sql"),
    "copies": Table("copies.sql", finish.unchanged),
    "mismatches": Table("mismatches.sql", finish.mismatches),
    "together": Table("together.sql", finish.together),
}

KEPT = pa.schema(
    [
        ("place", pa.int64()),
        *((name, pa.string()) for name in ("theme_id", "product_id")),
        ("period", pa.date32()),
        *((name, pa.string()) for name in ("measure", "cue")),
    ]
)
_SMALL = 4_000_000  # bytes of mentions, of some 60,000 reviews

_NAMES = {"product_id": "product", "period": "period"}
_MEANINGS = {"product_id": "the product", "period": "first day of the period"}


@dataclass(frozen=True)
class Inputs:
    """The parts of a run: Parquet files of scored reviews and mentions, and the age of each part's source."""

    scored: Sequence[str]
    mentions: Sequence[str]
    ages: Mapping[int, int]  # part -> modification time of its source in nanoseconds
    quarantined: Mapping[str, int]  # reason -> rows of files that could not be read whole

    @property
    def small(self) -> bool:
        """Whether the quotes of all mentions fit into little memory."""
        return sum(Path(path).stat().st_size for path in self.mentions) <= _SMALL

    def parts_table(self) -> pa.Table:
        """Return `part`, `ordinal` and `mtime_ns`, one row per part; ordinals count from 0."""
        return pa.table(
            {
                "part": pa.array(self.ages.keys(), pa.int64()),
                "ordinal": pa.array(range(len(self.ages)), pa.int64()),
                "mtime_ns": pa.array(self.ages.values(), pa.int64()),
            }
        )

    def quarantined_table(self) -> pa.Table:
        """Return `reason` and `reviews`, one row per reason."""
        lost = self.quarantined
        return pa.table({"reason": pa.array(lost.keys(), pa.string()), "reviews": pa.array(lost.values(), pa.int64())})


def sql_of(name: str, *, small: bool = False) -> str:
    """Return the SQL of a table, its template filled in; `small` where all quotes fit into memory."""
    table = TABLES[name]
    template = _template(table.sql)
    cell = ", ".join(("theme_id", *table.keys))
    known = {"names": _NAMES, "meanings": _MEANINGS, "candidates": CANDIDATES if table.quotes > 1 else 1}
    rendered: str = template.render(keys=table.keys, cell=cell, small=small, **known)
    return rendered


@cache
def _template(name: str) -> jinja2.Template:
    template: jinja2.Template = jinja2.Template(_text(name), undefined=jinja2.StrictUndefined, optimized=False)
    return template


def _text(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")


class Asked(Protocol):
    """What answers the SQL of the tables over the views `scored`, `mentioned`, `parts` and `quarantined`."""

    def show(self, name: str, table: pa.Table) -> None:
        """Let later queries see a table under a name."""

    def query(self, query: str) -> pa.Table:
        """Return the answer to the last of the `statements` of a text in DuckDB's SQL; the others make tables."""

    def interrupt(self) -> None:
        """Let the query under way fail, if that can be done."""

    def close(self) -> None:
        """Let go of everything."""


class Duck:
    """DuckDB in this process. Its tables are in a file in `scratch`, and beyond `memory_mb` it spills there too."""

    def __init__(self, inputs: Inputs, config: JobConfig, *, memory_mb: int, scratch: Path) -> None:
        self._config, self._scratch = config, scratch
        settings = {
            "memory_limit": f"{memory_mb}MB",
            "threads": 1,  # each thread needs memory of its own; with two, a million reviews did not fit in 400 MB
            "temp_directory": str(scratch),
            "preserve_insertion_order": "false",  # every table has its own order; keeping another costs memory
            "autoinstall_known_extensions": "false",  # nothing is fetched at run time
        }
        scratch.mkdir(parents=True, exist_ok=True)
        # Tables of a file are compressed and can leave memory at no cost; those of a database in memory can do neither.
        self._connection = duckdb.connect(scratch / "tables.duckdb", config=settings)  # type: ignore[arg-type]
        self._connection.execute(f"SET TimeZone = '{config.timezone}'")
        self._connection.register("parts", inputs.parts_table())
        self._connection.register("quarantined", inputs.quarantined_table())
        for view, paths, schema in (("scored", inputs.scored, SCORED), ("mentioned", inputs.mentions, MENTIONS)):
            if paths:
                self._connection.read_parquet(list(paths)).create_view(view)
            else:
                self._connection.register(view, schema.empty_table())
        self._connection.begin()  # and never committed: what nobody reads later needs no log
        self._base = base_statements()

    def show(self, name: str, table: pa.Table) -> None:
        """Let later queries see a table under a name."""
        self._connection.register(name, table)

    def query(self, query: str) -> pa.Table:
        """Return the answer to a query; the first one makes what all of them read."""
        while self._base:
            self._connection.execute(self._base[0], parameters(self._base[0], self._config))
            del self._base[0]
        *steps, last = statements(query)
        for step in steps:
            self._connection.execute(step, parameters(step, self._config))
        return spelled(self._connection.sql(last, params=parameters(last, self._config)).to_arrow_table())

    def interrupt(self) -> None:
        """Let the query under way fail with `duckdb.InterruptException`."""
        self._connection.interrupt()

    def close(self) -> None:
        """Close the connection and remove what was spilled."""
        self._connection.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


class Summary:
    """The tables of one run; a context that closes what answers its SQL: DuckDB, if nothing else is given."""

    def __init__(
        self, inputs: Inputs, context: Context, *, memory_mb: int, scratch: Path, asked: Asked | None = None
    ) -> None:
        self._asked = asked or Duck(inputs, context.config, memory_mb=memory_mb, scratch=scratch)
        self._context, self._small = context, inputs.small

    def tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield each summary table by name, in the order of `TABLES`."""
        newest = self._asked.query("SELECT CAST(max(created_at) AS DATE) AS day FROM reviews").column("day")[0].as_py()
        context = replace(self._context, as_of=pd.Timestamp(self._context.config.run_date or newest))
        for name, table in TABLES.items():
            frame = table.finish(self._answer(sql_of(name, small=self._small), table.quotes), context)
            yield name, self._quoted(frame, table.quoted) if table.quoted else frame

    def _quoted(self, frame: pd.DataFrame, sql: str) -> pd.DataFrame:
        """Return the rows, numbered from 0, with their quotes."""
        kept = frame[["theme_id", "product_id", "period", "measure", "cue"]].reset_index(names="place")
        self._asked.show("kept", pa.Table.from_pandas(kept, KEPT, preserve_index=False))
        found = self._asked.query(_text(sql)).to_pandas().set_index("place")["quote"]
        return frame.assign(quote=found.reindex(frame.index).astype("str"))

    def ratings(self) -> tuple[float, int]:
        """Return the highest rating that the scale allows, and how many reviews that count have a higher one."""
        found = self._asked.query(
            "SELECT CAST(min(highest) AS DOUBLE) AS highest, "
            "CAST(coalesce(sum(CASE WHEN s.rating > highest THEN 1 ELSE 0 END), 0) AS BIGINT) AS above "
            "FROM scale LEFT JOIN standing AS s ON s.rating > highest"
        )
        return found.column("highest")[0].as_py(), found.column("above")[0].as_py()

    def interrupt(self) -> None:
        """Let the query under way fail; from a signal or another thread."""
        self._asked.interrupt()

    def _answer(self, query: str, quotes: int) -> pd.DataFrame:
        answer = self._asked.query(query)
        if not quotes:
            return pd.DataFrame(answer.to_pandas(date_as_object=False))
        ends = {"": "quotes", "_id": "quote_ids", "_intent": "quote_intents"}
        lists = {end: answer.column(name) for end, name in ends.items() if name in answer.column_names}
        told = answer.drop_columns([ends[end] for end in lists]).to_pandas(date_as_object=False)
        return pd.DataFrame(told).join(choose(lists, quotes))

    def superseded(self) -> pa.Table:
        """Return `part` and `row` of the scored rows that do not count."""
        return self._asked.query(
            "SELECT part, row FROM scored JOIN discounted USING (part, row) "
            "WHERE scored.reason = 'scored' ORDER BY part, row"
        )

    def __enter__(self) -> Summary:
        return self

    def __exit__(self, *error: object) -> None:
        self._asked.close()


def spelled(answer: pa.Table) -> pa.Table:
    """Return a table with names in place of the numbers that stand for them."""
    kinds = (kind.value_type if pa.types.is_dictionary(kind) else kind for kind in answer.schema.types)
    return answer.cast(pa.schema(zip(answer.column_names, kinds, strict=True)))


def base_statements() -> list[str]:
    """Return the statements that make what every table reads."""
    return statements(_text("_base.sql"))


def statements(text: str) -> list[str]:
    """Return the statements of a text: each ends with a semicolon at the end of a line."""
    return [statement for statement in text.split(";\n") if statement.strip()]


def parameters(query: str, config: JobConfig) -> dict[str, object]:
    """Return the values of the parameters that a query names."""
    until = (
        None
        if config.run_date is None
        else str(pd.Timestamp(config.run_date, tz=config.timezone) + pd.Timedelta(days=1))
    )
    known: dict[str, object] = {
        "until": until,
        "period": config.period,
        "scale": config.rating_scale,
        "min_reviews": config.min_reviews,
    }
    return {key: value for key, value in known.items() if f"${key}" in query}


__all__ = [
    "TABLES",
    "Asked",
    "Context",
    "Duck",
    "Inputs",
    "Summary",
    "Table",
    "base_statements",
    "parameters",
    "sql_of",
    "statements",
]
