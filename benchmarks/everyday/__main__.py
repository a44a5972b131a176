"""How many everyday sentences are understood, as reviews and as clauses.

    python -m benchmarks.everyday [--wrong] [--model folder]

Prints and writes `results.md`; `--wrong` names what is wrong among those that rules may be mended by.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

import reviewlens as rl
from reviewlens.opinion import in_context, lean, leaned
from reviewlens.text import normalize_all, segments

HERE = Path(__file__).parent
_NAMES = {"en": "English", "zh": "Chinese"}


class Sentence(NamedTuple):
    """One sentence and what it says."""

    text: str
    good: bool
    language: str
    kind: str
    seen: bool
    """Whether rules may be mended by it."""


def sentences() -> list[Sentence]:
    """Return all sentences, in the order of the file."""
    data = tomllib.loads((HERE / "sentences.toml").read_text("utf-8"))
    return [
        Sentence(text, side == "positive", language, kind, place % 2 == 0)
        for language, sides in data.items()
        for side, kinds in sides.items()
        for kind, texts in kinds.items()
        for place, text in enumerate(texts)
    ]


def understood(found: list[Sentence], classifier: rl.Classifier) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each is right as a review (`score`), and as clauses (`analyze`: none of them may be wrong)."""
    texts = [sentence.text for sentence in found]
    good = np.array([sentence.good for sentence in found])
    polarity = rl.score(texts, classifier=classifier).polarity.to_numpy()
    said = normalize_all(texts)
    owner, bounds = segments(said)
    scores = classifier.score_segments(said, owner, bounds)
    proba = leaned(in_context(scores.segment_proba, owner, scores.proba), lean(said, owner, bounds))
    against = np.where(good[owner], proba[:, 0] >= proba.max(1), proba[:, 2] >= proba.max(1))
    with_it = np.where(good[owner], proba[:, 2] >= proba.max(1), proba[:, 0] >= proba.max(1))
    as_clauses = np.bincount(owner, with_it, len(texts)).astype(bool) & ~np.bincount(owner, against, len(texts)).astype(
        bool
    )
    return polarity == np.where(good, "positive", "negative"), as_clauses


def lines(found: list[Sentence], review: np.ndarray, clauses: np.ndarray) -> Iterator[str]:
    """Yield the table."""
    yield "# Everyday sentences"
    yield ""
    yield "`python -m benchmarks.everyday` wrote this: sentences of our own that mislead (`sentences.toml`), understood"
    yield "as reviews (`score`) and as clauses (`analyze`). Rules may have been mended by the seen half, never by the"
    yield "other."
    yield ""
    yield "| language | kind | as reviews: seen, unseen | as clauses: seen, unseen |"
    yield "|---|---|---|---|"
    kinds = list(dict.fromkeys(sentence.kind for sentence in found))
    for language in _NAMES:
        for kind in [*kinds, "all"]:
            chosen = np.array([s.language == language and kind in (s.kind, "all") for s in found])
            halves = [chosen & np.array([s.seen == seen for s in found]) for seen in (True, False)]
            cells = [
                ", ".join(f"{int(right[half].sum())}/{int(half.sum())}" for half in halves)
                for right in (review, clauses)
            ]
            yield f"| {_NAMES[language]} | {kind} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wrong", action="store_true", help="name what is wrong in the seen half")
    parser.add_argument("--model", type=Path, help="the folder of another classifier")
    options = parser.parse_args()
    found = sentences()
    review, clauses = understood(found, rl.Classifier.load(options.model))
    shown = "\n".join(lines(found, review, clauses)) + "\n"
    if options.model is None:
        (HERE / "results.md").write_text(shown, "utf-8")
    print(shown)
    if options.wrong:
        for sentence, as_review, as_clauses in zip(found, review, clauses, strict=True):
            if sentence.seen and not (as_review and as_clauses):
                print(
                    f"{'+' if sentence.good else '-'} review {as_review!s:5} clauses {as_clauses!s:5} {sentence.text}"
                )


if __name__ == "__main__":
    main()
