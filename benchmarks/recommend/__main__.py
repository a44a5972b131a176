"""Compare the recommender with popularity, item-item cosine, EASE, and ALS and BPR of implicit.

    python -m benchmarks.recommend --data FOLDER [--out FILE.json]

needs `pip install implicit`. Settings of each opponent are chosen on the second-to-last interaction of the customers
(validation); what is reported is the last one, on which nothing was chosen. A second table replays time: it learns
from the first 80% of all interactions and measures what each customer took next.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recommend.cases import FILES, Case, hold_out, load, replay
from benchmarks.recommend.measure import Ranking, interval, ndcg, rank, recall, summary
from benchmarks.recommend.opponents import OPPONENTS
from benchmarks.recommend.ours import OURS, OWN_TIME, VARIANTS
from benchmarks.recommend.table import markdown


def best_setting(name: str, case: Case) -> dict[str, Any]:
    """Return the setting with the highest nDCG@10 on validation."""
    build, grid = OPPONENTS[name]
    if len(grid) == 1:
        return grid[0]
    found = [float(ndcg(rank(build(case.train, **setting), case).rank).mean()) for setting in grid]
    return grid[int(np.argmax(found))]


def compare(name: str, folder: Path, chosen: dict[str, Any]) -> dict[str, Any]:
    """Return all figures of one set of interactions."""
    rows, evidence = load(name, folder)
    validation = hold_out(name, rows, evidence, validation=True)
    test = hold_out(name, rows, evidence, validation=False)
    settings = {label: chosen.get(label) or best_setting(label, validation) for label in OPPONENTS}
    size = {"customers": rows.shape[0], "products": rows.shape[1], "interactions": len(rows)}
    later = replay(name, rows, evidence)
    return {
        "size": size,
        "same day as the one before": round(test.tied, 4),
        "last": measured(test, settings, list(VARIANTS)),
        "replay": measured(later, settings, [OURS, OWN_TIME]),
    }


def measured(case: Case, settings: dict[str, dict[str, Any]], variants: list[str]) -> dict[str, Any]:
    """Return the figures of all opponents and of some variants of ours on one case."""
    methods: dict[str, dict[str, Any]] = {}
    rankings: dict[str, Ranking] = {}
    for label, setting in settings.items():
        started = time.perf_counter()
        rankings[label] = rank(OPPONENTS[label][0](case.train, **setting), case)
        methods[label] = {"setting": setting, "seconds": round(time.perf_counter() - started, 1)}
    for label in variants:
        if VARIANTS[label].needs_text and case.evidence is None:
            continue
        started = time.perf_counter()
        scores, weights = VARIANTS[label].build(case)
        rankings[label] = rank(scores, case)
        methods[label] = {"setting": weights, "seconds": round(time.perf_counter() - started, 1)}
    for label, ranking in rankings.items():
        methods[label] |= summary(ranking, case) | {"ours minus this": _differences(rankings[OURS], ranking)}
        print(case.name, label, methods[label], flush=True)
    return {"measured": len(case.target), "methods": methods}


def _settings(earlier: dict[str, Any] | None) -> dict[str, Any]:
    methods = earlier["last"]["methods"] if earlier else {}
    return {label: methods[label]["setting"] for label in OPPONENTS if label in methods}


def _differences(ours: Ranking, other: Ranking) -> dict[str, list[float]]:
    return {
        "recall@20": interval(recall(ours.rank) - recall(other.rank)),
        "ndcg@10": interval(ndcg(ours.rank) - ndcg(other.rank)),
    }


def main() -> None:
    """Run both comparisons and write JSON and a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", default=os.environ.get("REVIEWLENS_DATA", "data"), type=Path)
    parser.add_argument("--out", default=Path(__file__).with_name("results.json"), type=Path)
    parser.add_argument("--only", choices=sorted(FILES))
    parser.add_argument("--settings", type=Path, help="results of an earlier run, whose settings are taken over")
    given = parser.parse_args()
    earlier = json.loads(given.settings.read_text("utf-8"))["results"] if given.settings else {}
    warnings.filterwarnings("ignore", module="implicit")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    found = {
        name: compare(name, given.data, _settings(earlier.get(name))) for name in FILES if given.only in (None, name)
    }
    about = {"machine": platform.platform(), "python": platform.python_version(), "commit": commit.stdout.strip()}
    given.out.write_text(json.dumps({"about": about, "results": found}, indent=1) + "\n", "utf-8")
    given.out.with_suffix(".md").write_text(markdown(found), "utf-8")


if __name__ == "__main__":
    main()
