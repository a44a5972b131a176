"""How often the clauses of a short review overrule the classifier, and whether they are right.

    python -m benchmarks.everyday.rules --data folder

Prints and writes `rules.md`: development reviews with a label, at most 3,000 of a source.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import reviewlens as rl
from benchmarks.accuracy.sources import development_sets, load
from reviewlens.needs import FEW, review_polarity
from reviewlens.schemas import LABELS, MIXED
from reviewlens.text import normalize_all, segments

HERE = Path(__file__).parent
_MOST = 3000


def rows(sets: dict[str, pd.DataFrame], classifier: rl.Classifier) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield of each set its name, its short reviews that are not mixed, and those overruled: all, to and from right."""
    names = np.array(LABELS, object)
    for name, table in sets.items():
        texts = normalize_all(table.text.tolist())
        owner, bounds = segments(texts)
        scores = classifier.score_segments(texts, owner, bounds)
        said = review_polarity(scores.proba, owner, scores.segment_proba, texts, bounds)
        whole, label = names[scores.proba.argmax(axis=1)], names[table.polarity.to_numpy(dtype=int)]
        short = (np.bincount(owner, minlength=len(texts)) <= FEW) & (said != MIXED)
        moved = short & (said != whole)
        yield (
            name,
            int(short.sum()),
            int(moved.sum()),
            int((moved & (said == label)).sum()),
            int((moved & (whole == label)).sum()),
        )


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    found = list(rows(development_sets(load(parser.parse_args().data), most=_MOST), rl.Classifier.load()))
    total = ("all", *(sum(row[i] for row in found) for i in range(1, 5)))  # type: ignore[misc]
    page = [
        "# What clauses say of short reviews",
        "",
        "`python -m benchmarks.everyday.rules --data folder` wrote this: development reviews of at most three clauses",
        "that are not mixed, and how many of them are not what the whole review most probably is.",
        "",
        "| reviews | n | overruled | to what is right | from what is right |",
        "|---|--:|--:|--:|--:|",
        *(
            "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in row) + " |"
            for row in (*found, total)
        ),
    ]
    text = "\n".join(page) + "\n"
    print(text)
    (HERE / "rules.md").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
