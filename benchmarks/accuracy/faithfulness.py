"""Do explanations hold? Deletes the words that an explanation names, and as many at random (DeYoung et al. 2020).

python -m benchmarks.accuracy.faithfulness --data folder
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.accuracy import sources
from reviewlens.classifier import Classifier

REVIEWS, DELETED, LONGEST = 150, 3, 400


def main() -> None:
    """Print how far the score moves, on average."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    develop = pd.concat(sources.development_sets(sources.load(parser.parse_args().data)).values())
    texts = develop.text[develop.text.str.len().between(40, LONGEST)].sample(REVIEWS, random_state=0).tolist()
    classifier, generator, moved = Classifier.load(), np.random.default_rng(0), []
    for text in texts:
        explanation = classifier.explain(text)
        words = list(explanation.words)
        direction = 1 if explanation.score > 0 else -1
        strongest = sorted(words, key=lambda word: -direction * word.weight)[:DELETED]
        chance = [words[i] for i in generator.choice(len(words), min(DELETED, len(words)), replace=False)]
        left = classifier.predict_proba([_without(text, strongest), _without(text, chance)])
        moved.append(direction * (explanation.score - (left[:, 2] - left[:, 0])))
    by_name, by_chance = np.mean(moved, axis=0)
    print(f"{REVIEWS} reviews, {DELETED} words deleted: the score falls by {by_name:.2f}, at random by {by_chance:.2f}")


def _without(text: str, words: list) -> str:
    for word in sorted(words, key=lambda word: -word.start):
        text = text[: word.start] + text[word.end :]
    return text


if __name__ == "__main__":
    main()
