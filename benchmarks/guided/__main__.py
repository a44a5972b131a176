"""Measure guided themes: `python -m benchmarks.guided --data FOLDER`; writes `results.json` and `results.md` here.

Micro-F1 of the themes of a text. Guided themes learn from the texts and three seeds per theme, without a label;
supervised is TF-IDF with logistic regression, trained on the labels of one half of the texts and tested on the other,
with the threshold that does best there. Each method is tested on the same half.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import reviewlens as rl
from benchmarks.guided.sets import SETS, Marked, in_texts
from reviewlens.themes import Cue, Theme, ThemeSet

HERE = Path(__file__).parent
THRESHOLDS = (0.2, 0.3, 0.4, 0.5)
STRENGTHS = (1, 10, 30, 100)


def micro_f1(found: Sequence[set[str]], gold: Sequence[set[str]]) -> float:
    """Return 2 TP / (found + gold), all texts and themes together."""
    hits = sum(len(f & g) for f, g in zip(found, gold, strict=True))
    return 2 * hits / max(1, sum(map(len, found)) + sum(map(len, gold)))


def supervised(marked: Marked, held: np.ndarray) -> list[list[set[str]]]:
    """Return the themes of the held-out texts by TF-IDF and logistic regression, once per strength and threshold."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    unspaced = not marked.texts[0].isascii()
    features = TfidfVectorizer(
        analyzer="char" if unspaced else "word", ngram_range=(1, 3 if unspaced else 2), sublinear_tf=True
    ).fit_transform(marked.texts)
    names = np.array(list(marked.seeds))
    labels = np.array([[name in themes for name in names] for themes in marked.themes], dtype=int)
    found = []
    for strength in STRENGTHS:
        model = OneVsRestClassifier(LogisticRegression(C=strength, max_iter=500)).fit(features[~held], labels[~held])
        proba = model.predict_proba(features[held])
        found += [[set(names[row > threshold]) for row in proba] for threshold in THRESHOLDS]
    return found


def measure(marked: Marked) -> dict[str, float]:
    """Return the figures of one set."""
    held = np.array([hashlib.sha1(b"x" + text.encode()).digest()[-1] % 2 == 1 for text in marked.texts])
    test, gold = ([x for x, h in zip(listed, held, strict=True) if h] for listed in (marked.texts, marked.themes))
    spoken = np.array([bool(themes) for themes in gold])

    def scores(name: str, found: list[set[str]]) -> dict[str, float]:
        some = [[x for x, s in zip(listed, spoken, strict=True) if s] for listed in (found, gold)]
        return {
            name: round(micro_f1(found, gold), 3),
            f"{name}, texts with a theme": round(micro_f1(some[0], some[1]), 3),
        }

    seeds = ThemeSet([Theme(i, {}, tuple(map(Cue, words))) for i, words in marked.seeds.items()])
    trials = supervised(marked, held)
    started = time.process_time()
    guided = rl.discover_themes(marked.texts, seeds=marked.seeds)
    spent = time.process_time() - started
    half = rl.discover_themes([t for t, h in zip(marked.texts, held, strict=True) if not h], seeds=marked.seeds)
    return {
        "texts": len(marked.texts),
        "tested on": len(test),
        **scores("seeds alone", in_texts(seeds, test)),
        **scores("supervised", max(trials, key=lambda found: micro_f1(found, gold))),
        **scores("guided, learned on all", in_texts(guided, test)),
        **scores("guided, learned on the other half", in_texts(half, test)),
        "guided, seconds": round(spent, 1),
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("REVIEWLENS_DATA", "data"), type=Path)
    folder = parser.parse_args().data
    warnings.simplefilter("ignore")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=HERE)
    results = {
        "machine": {"processor": platform.machine(), "commit": commit.stdout.strip()},
        "sets": {name: measure(read(folder)) for name, read in SETS.items()},
    }
    (HERE / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    rows = list(results["sets"].values())
    lines = [
        "# Guided themes, measured",
        "",
        "Made by `python -m benchmarks.guided --data FOLDER`: micro-F1 of the themes of a text.",
        "",
        "| | " + " | ".join(results["sets"]) + " |",
        "|---" * (len(rows) + 1) + "|",
        *(f"| {name} | " + " | ".join(str(row[name]) for row in rows) + " |" for name in rows[0]),
    ]
    (HERE / "results.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
