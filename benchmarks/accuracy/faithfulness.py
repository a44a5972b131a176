"""Do explanations hold? Deletes the words that an explanation names, and as many at random (DeYoung et al. 2020).

python -m benchmarks.accuracy.faithfulness --data folder
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from benchmarks.accuracy import sources
from reviewlens.classifier import Classifier
from reviewlens.faithful import faithfulness


def main() -> None:
    """Print how far the score moves, on average."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    develop = pd.concat(sources.development_sets(sources.load(parser.parse_args().data)).values())
    texts = develop.text[develop.text.str.len().between(40, 400)].sample(400, random_state=0).tolist()
    found = faithfulness(Classifier.load(), texts, reviews=150)
    print(
        f"{found['reviews']} reviews, {found['deleted']} words deleted: the score falls by {found['named']:.2f}, "
        f"at random by {found['by_chance']:.2f}"
    )


if __name__ == "__main__":
    main()
