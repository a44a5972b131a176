"""The tables of a run in DuckDB, pandas and polars: they are Parquet files, so that anything reads them."""

import tempfile
from pathlib import Path

import duckdb
import pandas as pd

import reviewlens as rl

SAMPLE = Path(__file__).parent / "sample"


def main(out: str | Path | None = None) -> None:
    """Read the same table three times and print its first rows."""
    out = Path(out or Path(tempfile.mkdtemp()) / "lens")
    rl.analyze(SAMPLE, out=out)
    products = out / "current" / "tables" / "products.parquet"

    by_pandas = pd.read_parquet(products)
    by_duckdb = duckdb.sql(f"SELECT product_id, reviews, positive_share FROM '{products}' ORDER BY reviews DESC").df()
    print(by_duckdb.head(3).to_string(index=False))
    print(f"pandas and DuckDB read the same {by_pandas['reviews'].sum():,} reviews: ", end="")
    print(int(by_duckdb["reviews"].sum()) == int(by_pandas["reviews"].sum()))

    try:
        import polars
    except ImportError:
        print("polars is not installed: pip install polars")
        return
    by_polars = polars.read_parquet(products).select("product_id", "reviews")
    print(f"polars reads {by_polars['reviews'].sum():,} as well")


if __name__ == "__main__":
    main()
