"""Tables are read by DuckDB, polars, spreadsheets and SQLite: their columns have plain types."""

import pyarrow as pa
import pyarrow.parquet as pq


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
