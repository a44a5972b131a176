"""Measure: `python -m benchmarks.speed --data FOLDER [--peers PYTHON] [--rows 4000] [--rounds 5] --out results.json`.

All rows of ours are measured in turn within each round, so that a slow moment of the machine hits all of them. Beside
the time of the clock stands that of the processors, all threads together: other work on the machine disturbs it less.
`results.md` beside the JSON is generated from it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import reviewlens as rl
from reviewlens import read

Results = dict[str, dict[str, dict[str, list[float]]]]  # texts -> row -> seconds or processor seconds of each round
FILES = {"English": ("en_products_dump.parquet", "rating"), "Chinese": ("zh_shopping_train.parquet", "label")}
PEERS = {
    "English": ("tfidf", "vader", "textblob", "minilm_size", "distilbert_size"),
    "Chinese": ("tfidf", "snownlp", "minilm_size"),
}


def texts_of(folder: Path, name: str, wanted: int) -> pa.Table:
    """Return `wanted` distinct texts with a 0/1 label, shuffled by their hash."""
    file, label = FILES[name]
    table = pq.read_table(folder / file, columns=["text", label])
    positive = pc.greater(table.column(label), 3 if label == "rating" else 0)
    frame = pa.table({"text": table.column("text"), "label": pc.cast(positive, pa.int8())}).to_pandas()
    return pa.Table.from_pandas(
        frame.drop_duplicates("text").sample(frac=1, random_state=0)[:wanted], preserve_index=False
    )


def ours(slices: list[Path], scratch: Path) -> dict[str, Callable[[Path], Any]]:
    """Return what is timed of ours, each a function of a Parquet file of fresh texts."""
    classifier = rl.Classifier.load()

    def floor(path: Path) -> None:
        texts = pq.read_table(path).column("text").to_pylist()
        classifier.unknown_rate(texts)
        pq.write_table(pa.table({"text": texts}), scratch / "floor.parquet", compression="zstd")

    return {
        "read": lambda path: sum(b.num_rows for p in read.plan(path).parts for b in p.batches(4096)),
        "read, tokenize, write": floor,
        "score, Parquet to Parquet": lambda path: rl.score(path, classifier=classifier, out=scratch / "scored"),
        "the whole job": lambda path: rl.analyze(path, out=scratch / f"lens-{path.stem}", config={"workers": 1}),
    }


def measure(table: pa.Table, rounds: int) -> Iterator[tuple[str, float, float]]:
    """Yield (row, seconds, processor seconds per review): every row once in each round, each on texts of its own."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        size = table.num_rows // (rounds + 1)
        slices = [scratch / f"slice{k}.parquet" for k in range(rounds + 1)]
        for k, path in enumerate(slices):
            pq.write_table(table.slice(k * size, size), path)
        work = ours(slices, scratch)
        for k, path in enumerate(slices):
            for row, run in work.items():
                started, busy = time.perf_counter(), time.process_time()
                run(path)
                if k:  # the first round warms up
                    yield row, (time.perf_counter() - started) / size, (time.process_time() - busy) / size


STARTS = {
    "import": "import reviewlens",
    "first score of a process": "import reviewlens; reviewlens.score(['Good phone.', '很好的手机，就是太贵了。'])",
    "reviewlens --help": "from reviewlens.cli import main; main(['--help'])",
}


def starts(rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the seconds, and processor seconds, of fresh processes, the start of Python included."""
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(rounds):
        for row, code in STARTS.items():
            started, before = time.perf_counter(), os.times()
            subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
            after = os.times()
            busy = after.children_user + after.children_system - before.children_user - before.children_system
            taken = found.setdefault(row, {"seconds": [], "processor": []})
            taken["seconds"].append(time.perf_counter() - started)
            taken["processor"].append(busy)
    return found


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    return {"python": platform.python_version(), "cores": os.cpu_count(), "load": os.getloadavg()[0], "commit": commit}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers", default=sys.executable, help="a Python that has the peers")
    parser.add_argument("--rows", type=int, default=1000, help="texts per round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/speed/results.json"))
    given = parser.parse_args()
    results: Results = {}
    for name in FILES:
        table = texts_of(given.data, name, given.rows * (given.rounds + 1))
        found = results.setdefault(name, {})
        for row, seconds, busy in measure(table, given.rounds):
            taken = found.setdefault(row, {"seconds": [], "processor": []})
            taken["seconds"].append(seconds)
            taken["processor"].append(busy)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "texts.parquet"
            pq.write_table(table, path)
            for peer in PEERS[name]:
                command = [given.peers, "-m", "benchmarks.speed.peers", peer, str(path), str(given.rounds)]
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode == 0:
                    found[peer] = json.loads(done.stdout.splitlines()[-1])
                else:
                    print(f"{peer}: not measured: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
    start = starts(given.rounds)
    given.out.write_text(json.dumps({"machine": machine(), "per_review": results, "starts": start}, indent=1))
    given.out.with_suffix(".md").write_text(table_of(results) + "\n" + table_of_starts(start))
    print(given.out.with_suffix(".md").read_text())


def table_of(results: Results) -> str:
    """Return the figures as a Markdown table: reviews per second, the spread, and how many times as fast as ours is."""
    lines = [
        "| texts | row | reviews/s, median | slowest to fastest round | processor µs a review | our score is so many "
        "times as fast | by processor time |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for name, found in results.items():
        ours = [statistics.median(found["score, Parquet to Parquet"][kind]) for kind in ("seconds", "processor")]
        for row, taken in found.items():
            mid, busy = (statistics.median(taken[kind]) for kind in ("seconds", "processor"))
            spread = f"{1 / max(taken['seconds']):,.0f} to {1 / min(taken['seconds']):,.0f}"
            ratios = f"{mid / ours[0]:.2f} | {busy / ours[1]:.2f}"
            lines.append(f"| {name} | {row} | {1 / mid:,.0f} | {spread} | {busy * 1e6:,.0f} | {ratios} |")
    return "\n".join(lines) + "\n"


def table_of_starts(found: dict[str, dict[str, list[float]]]) -> str:
    """Return how long fresh processes take as a Markdown table."""
    lines = ["| a fresh process | seconds, median | fastest | processor seconds |", "|---|--:|--:|--:|"]
    for row, taken in found.items():
        mid, busy = (statistics.median(taken[kind]) for kind in ("seconds", "processor"))
        lines.append(f"| {row} | {mid:.2f} | {min(taken['seconds']):.2f} | {busy:.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
