"""Tables by Spark SQL are those by DuckDB, cell for cell and type for type."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import reviewlens as rl
from reviewlens.config import JobConfig
from reviewlens.publish import _inputs
from reviewlens.tables import TABLES, Context, Inputs, Summary, base_statements, sql_of

SETTINGS = (
    {},
    {"period": "week", "timezone": "Asia/Shanghai", "run_date": "2026-06-15", "min_reviews": 2},
    {"period": "day", "timezone": "America/New_York", "rating_scale": 10.0},
)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_a_translation(name):
    pytest.importorskip("sqlglot", reason="sqlglot is not installed: pip install 'reviewlens[spark]'")
    from reviewlens.tables.spark import to_spark

    assert "SELECT" in to_spark(sql_of(name))


def test_what_is_beyond_the_transpiler_is_translated():
    pytest.importorskip("sqlglot", reason="sqlglot is not installed: pip install 'reviewlens[spark]'")
    from reviewlens.tables.spark import created, to_spark

    assert "array_sort" in to_spark("SELECT list(a ORDER BY b) FROM t").lower()
    assert to_spark("SELECT row_number() OVER (ORDER BY a, b) AS n FROM t").lower() == "select struct(a, b) as n from t"
    assert "ROW_NUMBER()" in to_spark("SELECT row_number() OVER (PARTITION BY c ORDER BY a) AS n FROM t")
    assert "xxhash64(a, b)" in to_spark("SELECT hash(a, b) FROM t").lower()
    assert to_spark("SELECT CAST(a AS theme), CAST(b AS BIGINT) FROM t").lower() == "select a, cast(b as bigint) from t"
    made = [statement for statement in base_statements() if "CREATE TYPE" not in statement]
    assert {created(statement)[0] for statement in made} == {"TABLE", "VIEW"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning:pyspark")
def test_spark_and_duckdb_agree(session, sample, tmp_path):
    from reviewlens.tables.spark import SparkTables

    spark = session("local[2]")
    run = rl.analyze(sample, out=tmp_path / "lens", config={"part_rows": 150})
    inputs = with_copies(_inputs(run.store, run.manifest), tmp_path)
    for number, settings in enumerate(SETTINGS):
        config = JobConfig(**settings)
        context, scratch = Context(config, {}, learned=("en",)), tmp_path / f"scratch{number}"
        asked = SparkTables(spark, inputs, config, scratch=scratch)
        with (
            Summary(inputs, context, memory_mb=200, scratch=tmp_path / f"duck{number}") as duck,
            Summary(inputs, context, memory_mb=200, scratch=scratch, asked=asked) as other,
        ):
            assert duck.superseded().equals(other.superseded())
            for (name, ours), (_, theirs) in zip(duck.tables(), other.tables(), strict=True):
                pd.testing.assert_frame_equal(theirs, ours, check_exact=True, obj=f"{name} {settings}")
                assert len(ours) or name in {"alerts", "copies"}, name


def with_copies(inputs: Inputs, folder) -> Inputs:
    """Return the parts and one more: older versions of a third of the reviews, ratings with decimals, gaps."""
    scored, mentions = (pa.concat_tables(pq.read_table(p) for p in paths) for paths in (inputs.scored, inputs.mentions))
    part = pa.array([7] * scored.num_rows, pa.int64())
    row = pa.array(range(scored.num_rows), pa.int64())
    key = pa.array([k if i % 3 == 0 else i for i, k in enumerate(scored.column("key").to_pylist())], pa.int64())
    rating = pa.array([None if i % 11 == 0 else (i % 41) / 10 + 0.95 for i in range(scored.num_rows)], pa.float32())
    for name, column in {"part": part, "row": row, "key": key, "rating": rating}.items():
        scored = scored.set_column(scored.schema.get_field_index(name), scored.schema.field(name), column)
    pq.write_table(scored, folder / "scored7.parquet")
    pq.write_table(mentions.slice(0, 0), folder / "mentions7.parquet")
    return Inputs(
        [*inputs.scored, str(folder / "scored7.parquet")],
        [*inputs.mentions, str(folder / "mentions7.parquet")],
        {**inputs.ages, 7: 1},
        {"truncated": 12},
    )
