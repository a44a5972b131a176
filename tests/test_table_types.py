"""Tables are read by DuckDB, polars, spreadsheets and SQLite: their columns have plain types."""

import pyarrow as pa
import pyarrow.parquet as pq
from places import ROOT


def test_columns_have_plain_types(sample_run):
    for path in sorted((sample_run.folder / "tables").glob("*.parquet")):
        for field in pq.read_schema(path):
            kind = field.type
            plain = (
                pa.types.is_integer(kind)
                or pa.types.is_float64(kind)
                or pa.types.is_boolean(kind)
                or pa.types.is_string(kind)
                or pa.types.is_large_string(kind)
                or pa.types.is_timestamp(kind)
                or pa.types.is_date(kind)
                or pa.types.is_null(kind)
            )
            assert plain, f"{path.stem}.{field.name} is {kind}"


def test_every_column_is_explained(sample_run):
    page = (ROOT / "docs" / "reference" / "tables.md").read_text("utf-8")
    sections = dict(part.split("\n", 1) for part in page.split("\n## ")[1:])
    for name, table in sample_run.tables.items():
        missing = [column for column in table if f"| `{column}` |" not in sections[name]]
        assert not missing, f"{name}: explain {missing}, then run docs/generate.py"
