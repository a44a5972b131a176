"""Measure: `python -m benchmarks.speed --data FOLDER [--peers PYTHON] [--rows 1000] [--rounds 5] [--only ours tfidf]`.

The rounds of a row follow each other, as those of the peers do; each scores texts that the row has not seen. Beside the
time of the clock stands that of the processors, all threads together: other work on the machine disturbs it less.
Writes `results.json`, and from it `results.md` and the tables of README.md and docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import reviewlens as rl
from benchmarks.accuracy import sources
from benchmarks.speed import tables
from benchmarks.speed.texts import JUDGE, LANGUAGES, TIME, of_role, texts_of
from reviewlens import read

PEERS = {
    "English": ("tfidf", "fasttext", "vader", "textblob", "minilm", "distilbert_size"),
    "Chinese": ("tfidf", "fasttext", "snownlp"),
    "mixed": ("tfidf", "fasttext"),
}
PACKAGES = ("reviewlens", "numpy", "pyarrow", "onnxruntime", "tokenizers", "duckdb")


Run = Callable[[rl.Classifier, Path, Path], Any]


def _floor(classifier: rl.Classifier, path: Path, scratch: Path) -> None:
    texts = pq.read_table(path).column("text").to_pylist()
    classifier.unknown_rate(texts)
    pq.write_table(pa.table({"text": texts}), scratch / "floor.parquet", compression="zstd")


OURS: dict[str, Run] = {  # each a function of a classifier, a Parquet file of fresh texts, and a folder to write into
    "read": lambda _, path, __: sum(b.num_rows for p in read.plan(path).parts for b in p.batches(4096)),
    "read, tokenize, write": _floor,
    tables.OURS: lambda classifier, path, scratch: rl.score(path, classifier=classifier, out=scratch / "scored"),
    "the whole job": lambda _, path, scratch: rl.analyze(
        path, out=scratch / f"lens-{path.stem}", config={"workers": 1}
    ),
}


def measure(texts: list[str], rounds: int) -> Iterator[tuple[str, float, float]]:
    """Yield (row, seconds, processor seconds per review): the rounds of a row one after another, as those of a peer.

    A classifier keeps the subwords of the words that it met: each row has its own, to which all texts are new.
    """
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        size = len(texts) // (rounds + 1)
        slices = [scratch / f"slice{k}.parquet" for k in range(rounds + 1)]
        for k, path in enumerate(slices):
            pq.write_table(pa.table({"text": texts[k * size : (k + 1) * size]}), path)
        for row, run in OURS.items():
            classifier = rl.Classifier.load()
            for k, path in enumerate(slices):
                started, busy = time.perf_counter(), time.process_time()
                run(classifier, path, scratch)
                if k:  # the first round warms up
                    yield row, (time.perf_counter() - started) / size, (time.process_time() - busy) / size


def accuracy(classifier: rl.Classifier, path: Path) -> list[float]:
    """Return the share of labelled texts on whose side the classifier is, and how many there are."""
    texts, truth = of_role(path, JUDGE)
    proba = classifier.predict_proba(texts)
    return [float(((proba[:, 2] >= proba[:, 0]) == truth).mean()), len(texts)]


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
    versions = {name: version(name) for name in PACKAGES}
    load = os.getloadavg()[0]
    return {"python": platform.python_version(), "cores": os.cpu_count(), "load": load, "commit": commit, **versions}


def side_by_side(given: argparse.Namespace, name: str, reviews: pd.DataFrame, found: dict[str, Any]) -> None:
    """Measure our rows and those of the peers on one kind of texts; what is not asked for stays as it was."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.parquet"
        pq.write_table(texts_of(reviews, name, given.rows * (given.rounds + 1)), path)
        if "ours" in given.only and not given.accuracy:
            fresh: dict[str, Any] = {}
            for row, seconds, busy in measure(of_role(path, TIME)[0], given.rounds):
                taken = fresh.setdefault(row, {"seconds": [], "processor": [], "load": os.getloadavg()[0]})
                taken["seconds"].append(seconds)
                taken["processor"].append(busy)
            found |= fresh
        if "ours" in given.only:
            found[tables.OURS]["accuracy"] = accuracy(rl.Classifier.load(), path)
        for peer in PEERS[name]:
            if peer not in given.only or given.accuracy:
                continue
            command = [given.peers, "-m", "benchmarks.speed.peers", peer, str(path), str(given.rounds)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode == 0:
                found[peer] = json.loads(done.stdout.splitlines()[-1]) | {"load": os.getloadavg()[0]}
            else:
                print(f"{peer}: not measured: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)


def main() -> None:
    everyone = ["ours", *dict.fromkeys(peer for peers in PEERS.values() for peer in peers)]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers", default=sys.executable, help="a Python that has the peers")
    parser.add_argument("--rows", type=int, default=1000, help="texts per round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--texts", nargs="+", default=list(LANGUAGES), choices=LANGUAGES)
    parser.add_argument("--only", nargs="+", default=everyone, choices=everyone, help="the others stay as they were")
    parser.add_argument("--accuracy", action="store_true", help="time nothing, only judge our classifier again")
    given = parser.parse_args()
    results = json.loads(tables.RESULTS.read_text("utf-8")) if tables.RESULTS.exists() else {"per_review": {}}
    if not given.accuracy and "ours" in given.only:
        results |= {"machine": machine(), "starts": starts(given.rounds)}
    reviews = sources.load(given.data)
    for name in given.texts:
        side_by_side(given, name, reviews, results["per_review"].setdefault(name, {}))
        tables.RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    tables.main()
    print(tables.whole(results))


if __name__ == "__main__":
    main()
