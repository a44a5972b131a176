"""A table of your own in SQL, over the scored reviews and mentions of a run."""

import tempfile
from pathlib import Path

import duckdb
import pandas as pd

import reviewlens as rl

HERE = Path(__file__).parent


def custom_table(run: rl.Run, sql: str) -> pd.DataFrame:
    """Return the outcome of a query over `scored` and `mentions`, both without versions that were replaced."""
    with duckdb.connect() as connection:
        connection.register("scored", run.scored)
        connection.register("mentions", run.mentions)
        return connection.sql(sql).df()


def main(out: str | Path | None = None) -> None:
    """Print the needs that go with low ratings."""
    run = rl.analyze(HERE / "sample", out=out or Path(tempfile.mkdtemp()) / "lens")
    print(custom_table(run, (HERE / "custom_table.sql").read_text("utf-8")).head(8).to_string(index=False))


if __name__ == "__main__":
    main()
