"""CPU seconds per million real reviews, by one process, tables included.

python -m benchmarks.spark.real --data FOLDER [--rows 4000]

Real reviews repeat themselves less than generated ones. The model is loaded before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import reviewlens as rl
from benchmarks.spark.where import commit, machine
from reviewlens.engines.local import LocalEngine

STORED = ("scored", "mentions")  # files of a part
SETS = {
    "English, electronics": "en_electronics_dump.parquet",
    "English, films": "en_movies_train.parquet",
    "Chinese, shopping": "zh_shopping_train.parquet",
}


def measure(table: pa.Table, folder: Path) -> dict[str, Any]:
    """Return what a run over the table took and what it left."""
    begun = time.process_time()
    run = rl.analyze(table, out=folder, engine=LocalEngine(1))
    cpu = time.process_time() - begun
    sizes = {name: sum(p.stat().st_size for p in folder.glob(f"parts/*/{name}.parquet")) for name in STORED}
    return {
        "reviews": table.num_rows,
        "characters": round(pc.mean(pc.utf8_length(table.column("text"))).as_py()),
        "ms_of_cpu_per_review": round(cpu / table.num_rows * 1000, 2),
        "core_hours_per_million": round(cpu / table.num_rows * 1e6 / 3600, 2),
        "mentions_per_review": round(run.mentions.count_rows() / table.num_rows, 2),
        "stored_bytes_per_review": round(sum(sizes.values()) / table.num_rows),
    }


def sample(path: Path, rows: int) -> pa.Table:
    """Return about `rows` reviews from all over a file, each `n`-th one."""
    table = pq.read_table(path)
    table = table.select([name for name in table.column_names if name not in {"label", "created_at"}])
    step = max(1, table.num_rows // rows)
    return table.take(pa.array(range(0, table.num_rows, step)[:rows]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("real.json"))
    asked = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, file) in enumerate(SETS.items()):
            table = sample(asked.data / file, asked.rows)
            if number == 0:
                rl.analyze(table.slice(0, 200), out=Path(folder) / "warm", engine=LocalEngine(1))
            found[name] = measure(table, Path(folder) / str(number))
            print(name, found[name], flush=True)
    asked.out.write_text(
        json.dumps({"machine": machine(), "commit": commit(), "results": found}, indent=1) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
