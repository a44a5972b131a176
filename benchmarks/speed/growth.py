"""How the cost grows: `python -m benchmarks.speed.growth --data FOLDER`.

Each size runs in a process of its own, which prints its processor seconds and its peak memory. One thing grows at a
time: the rows, the characters of a text, the products, the themes. Writes `growth.json` and what is made from it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import reviewlens as rl
from benchmarks.speed import tables
from reviewlens.themes import ThemeSet

SIZES = {
    "Chinese rows, score": (1_000, 3_000, 10_000, 30_000),
    "Chinese rows, whole job": (1_000, 3_000, 10_000, 30_000),
    "English rows, score": (1_000, 3_000, 10_000, 30_000),
    "English rows, whole job": (1_000, 3_000, 10_000, 30_000),
    "characters a text, score": (100, 400, 1_600, 6_400),
    "products, whole job": (1, 10, 100, 1_000),
    "themes, whole job": (5, 10, 20, 40),
}
ROWS = 1_000  # where something else than the rows grows


def table_of(folder: Path, what: str, size: int) -> pa.Table:
    """Return Chinese reviews, of some 60 characters; where the rows are English, whole exports of some 150 characters.

    Where the length grows, English ones are cut or repeated to `size` characters.
    """
    if what.startswith("characters"):
        said = pq.read_table(folder / "en_products_dump.parquet", columns=["text"]).column("text").to_pylist()
        return pa.table({"text": [(text + " ") * (size // (len(text) + 1) + 1) for text in said[:ROWS] if text]})
    if what.startswith("English"):
        return pq.read_table(folder / "en_electronics_dump.parquet").slice(0, size)
    said = pq.read_table(folder / "zh_shopping_train.parquet", columns=["text"]).column("text").to_pylist()
    rows = size if "rows" in what else ROWS
    products = size if what.startswith("products") else 10
    return pa.table({"text": said[:rows], "product_id": [f"p{i % products}" for i in range(min(rows, len(said)))]})


def one(folder: Path, what: str, size: int) -> dict[str, Any]:
    """Run one size and return what it took; loading is not counted."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        table = table_of(folder, what, size)
        if what.startswith("characters"):
            table = pa.table({"text": [text[:size] for text in table.column("text").to_pylist()]})
        pq.write_table(table, scratch / "reviews.parquet", row_group_size=20_000)
        config: dict[str, Any] = {"workers": 1}
        if what.startswith("themes"):
            chosen = ThemeSet(ThemeSet.load().themes[:size])
            chosen.save(scratch / "themes.toml")
            config["themes"] = str(scratch / "themes.toml")
        rl.score(["Good phone."])  # loads the model that the job uses too
        started, busy = time.perf_counter(), time.process_time()
        if what.endswith("score"):
            rl.score(scratch / "reviews.parquet", out=scratch / "scored")
        else:
            rl.analyze(scratch / "reviews.parquet", out=scratch / "lens", config=config)
        taken = {"seconds": time.perf_counter() - started, "processor": time.process_time() - busy}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"what": what, "size": size, "rows": table.num_rows, **taken, "peak_mib": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=list(SIZES), choices=SIZES, help="the others stay as they were")
    parser.add_argument("--one", nargs=2, metavar=("WHAT", "SIZE"))
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.data, given.one[0], int(given.one[1]))))
        return
    known = json.loads(tables.GROWTH.read_text("utf-8"))
    found = {(row["what"], row["size"]): row for row in known}
    for what in given.only:
        for size in SIZES[what]:
            command = [sys.executable, "-m", "benchmarks.speed.growth", "--data", str(given.data), "--one", what]
            done = subprocess.run([*command, str(size)], capture_output=True, text=True, check=True)
            found[what, size] = json.loads(done.stdout.splitlines()[-1])
    every = [found[what, size] for what, sizes in SIZES.items() for size in sizes if (what, size) in found]
    tables.GROWTH.write_text(json.dumps(every, indent=1) + "\n", "utf-8")
    tables.main()
    print(tables.growth(every))


if __name__ == "__main__":
    main()
