"""The summary tables by Spark SQL, for parts that one machine cannot hold: the same SQL, transpiled.

The `.sql` files are written for DuckDB and are the only source; `to_spark` is their translation. What comes back has
the types that DuckDB gives, so that the tables are equal cell for cell.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from reviewlens.config import JobConfig
from reviewlens.errors import ConfigError, MissingDependencyError, StoreError
from reviewlens.schemas import MENTIONS, SCORED
from reviewlens.tables import Duck, Inputs, base_statements, parameters, statements

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NOTHING = Inputs(scored=[], mentions=[], ages={}, quarantined={})
TYPES_MB = 256
PIP = "pip install 'reviewlens[spark]'"


class SparkTables:
    """Answers the SQL of the tables by a Spark session, in which its views do not show.

    `scratch` must be a folder that the executors share with the driver.
    """

    def __init__(self, spark: SparkSession, inputs: Inputs, config: JobConfig, *, scratch: Path) -> None:
        self._config, self._scratch = config, scratch
        # What DuckDB says of empty parts tells the types of what Spark computes.
        self._types = Duck(NOTHING, config, memory_mb=TYPES_MB, scratch=scratch)
        self._spark = spark.newSession()
        self._spark.conf.set("spark.sql.session.timeZone", config.timezone)
        self._view("parts", inputs.parts_table())
        self._view("quarantined", inputs.quarantined_table())
        for name, paths, schema in (("scored", inputs.scored, SCORED), ("mentioned", inputs.mentions, MENTIONS)):
            if paths:
                self._spark.read.parquet(*map(_hadoop, paths)).createOrReplaceTempView(name)
            else:
                self._view(name, schema.empty_table())
        for statement in base_statements():
            if "CREATE TYPE" not in statement:
                self._create(statement)

    def show(self, name: str, table: pa.Table) -> None:
        """Let later queries see a table under a name."""
        self._types.show(name, table.slice(0, 0))
        self._view(name, table)

    def query(self, query: str) -> pa.Table:
        """Return the answer to a query in DuckDB's SQL, with DuckDB's types."""
        from pyspark.errors import PySparkException

        *steps, last = statements(query)
        try:
            for step in steps:
                self._create(step)
            return self._ask(last).toArrow().cast(self._types.query(query).schema)
        except PySparkException as error:
            raise StoreError(
                f"Spark could not build a table: {str(error).splitlines()[0]}",
                hint="the executors' logs say more; what was scored is kept",
            ) from error

    def interrupt(self) -> None:
        """Do nothing: a stop waits for the table under way."""

    def close(self) -> None:
        """Remove what was written down."""
        self._types.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _view(self, name: str, table: pa.Table) -> None:
        self._spark.createDataFrame(table).createOrReplaceTempView(name)

    def _create(self, statement: str) -> None:
        """Make a view of a CREATE statement; a table is written down, as many queries read it."""
        kind, name, query = created(statement)
        frame = self._ask(query)
        if kind == "TABLE":
            path = str(self._scratch / f"{name}.parquet")
            frame.write.mode("overwrite").parquet(path)
            frame = self._spark.read.parquet(path)
        frame.createOrReplaceTempView(name)

    def _ask(self, query: str) -> DataFrame:
        return self._spark.sql(to_spark(query), args=parameters(query, self._config))


def active_session() -> SparkSession:
    """Return the Spark session of this process.

    Raises `ConfigError` where there is none.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingDependencyError("Spark needs the package pyspark", hint=PIP) from None
    found = SparkSession.getActiveSession()
    if found is None:
        raise ConfigError(
            "tables = 'spark' needs a Spark session",
            where="tables",
            hint="set engine = 'spark', or make a session first",
        )
    return found


def to_spark(query: str) -> str:
    """Return a DuckDB query as Spark SQL.

    Beyond what sqlglot translates: an ordered list is sorted, as Spark collects in any order; a number given to all
    rows at once becomes the struct of what orders them, which tells rows apart as well and needs no single task; a
    hash of 64 bits stays one; and names, for which DuckDB has numbers, stay names.
    """
    sqlglot, exp = _sqlglot()
    tree = sqlglot.parse_one(query, read="duckdb")

    def translated(node: Any) -> Any:
        if isinstance(node, exp.ArrayAgg) and isinstance(node.this, exp.Order):
            keys = [ordered.this.sql("spark") for ordered in node.this.expressions]
            fields = ", ".join(
                [*(f"{key} AS k{n}" for n, key in enumerate(keys)), f"{node.this.this.sql('spark')} AS v"]
            )
            return sqlglot.parse_one(f"transform(array_sort(collect_list(struct({fields}))), e -> e.v)", read="spark")
        if isinstance(node, exp.Window) and isinstance(node.this, exp.RowNumber) and not node.args.get("partition_by"):
            return exp.Anonymous(this="struct", expressions=[o.this for o in node.args["order"].expressions])
        if isinstance(node, exp.Anonymous) and node.name.lower() == "hash":
            return exp.Anonymous(this="xxhash64", expressions=node.expressions)
        if isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.USERDEFINED:
            return node.this
        return node

    found: str = tree.transform(translated).sql("spark")
    return found


def created(statement: str) -> tuple[str, str, str]:
    """Return kind, name and query of a DuckDB statement CREATE TABLE or VIEW ... AS ..."""
    sqlglot, _ = _sqlglot()
    tree = sqlglot.parse_one(statement, read="duckdb")
    return tree.args["kind"], tree.this.name, tree.expression.sql("duckdb")


def _sqlglot() -> tuple[Any, Any]:
    try:
        import sqlglot
        from sqlglot import expressions
    except ImportError:
        raise MissingDependencyError("tables by Spark need the package sqlglot", hint=PIP) from None
    return sqlglot, expressions


def _hadoop(path: str) -> str:
    """Return a path as Hadoop has it: s3a for S3, a local path as it is."""
    return "s3a://" + path.removeprefix("s3://") if path.startswith("s3://") else path


__all__ = ["SparkTables", "created", "to_spark"]
