"""Measure: `python -m benchmarks.needs --data FOLDER [--parts ...]`; writes `results.json` and `results.md` here."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.needs import discovered, polarity, wishes
from reviewlens import needs
from reviewlens.classifier import Classifier
from reviewlens.text import normalize, segments
from reviewlens.themes import ThemeSet

HERE = Path(__file__).parent


def cost(folder: Path) -> dict[str, float]:
    """Return microseconds per review: the best of three passes over the reviews of an export."""
    texts = [normalize(t) for t in pd.read_parquet(folder / "en_products_dump.parquet")["text"].fillna("")]
    themes, found = ThemeSet.load(), {"cutting": 9e9, "finding themes": 9e9, "mentions, with all of these": 9e9}
    for _ in range(3):
        times = [time.process_time()]
        owner, bounds = segments(texts)
        times.append(time.process_time())
        themes.find(texts, owner, bounds)
        times.append(time.process_time())
        needs.mentions(texts, owner, bounds, np.full((len(owner), 3), 1 / 3, np.float32), themes)
        times.append(time.process_time())
        for name, spent in zip(found, np.diff(times), strict=True):
            found[name] = min(found[name], round(float(spent) / len(texts) * 1e6, 1))
    return found


PARTS = {
    "polarity": lambda folder: polarity.measure(folder, Classifier.load()),
    "discovered": discovered.measure,
    "wishes": wishes.measure,
    "microseconds per review": cost,
}


def table(rows: dict[str, dict[str, float]]) -> list[str]:
    """Return a Markdown table."""
    names = list(next(iter(rows.values())))
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    return [
        *lines,
        *(f"| {name} | " + " | ".join(str(v) for v in row.values()) + " |" for name, row in rows.items()),
        "",
    ]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS, help="the others stay as they are")
    given = parser.parse_args()
    folder, path = given.data, HERE / "results.json"
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=HERE
    ).stdout.strip()
    results = json.loads(path.read_text("utf-8")) if path.exists() else {}
    results["machine"] = {"processor": platform.machine(), "python": platform.python_version(), "commit": commit}
    results |= {part: PARTS[part](folder) for part in given.parts}
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    lines = [
        "# Needs, measured",
        "",
        "Made by `python -m benchmarks.needs --data FOLDER`.",
        "",
        "## Polarity of an aspect",
        "",
    ]
    lines += [
        *table(results["polarity"]),
        "## Aspects that lie in a cue of discovered themes",
        "",
        *table(results["discovered"]),
    ]
    lines += ["## Wishes", "", *table(results["wishes"]), "## Cost", ""]
    lines += [
        f"- {name}: {value} microseconds per review" for name, value in results["microseconds per review"].items()
    ]
    (HERE / "results.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
