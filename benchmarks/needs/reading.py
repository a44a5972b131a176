"""Draw mentions to be read by a person: `python -m benchmarks.needs.reading --data FOLDER --seed 0 > read.tsv`.

Runs the job on `REVIEWS` reviews of each source, drawn with the seed, and prints `MENTIONS` mentions per language.
Whoever reads them fills in the empty columns: is the theme right, the polarity, the intent, and does the quote read as
something that a person said?
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import pandas as pd

import reviewlens as rl

SOURCES = {
    "en_products_dump": "en",
    "en_electronics_dump": "en",
    "en_flipkart": "en",
    "en_apps": "en",
    "zh_shopping_train": "zh",
}
REVIEWS = {"en": 250, "zh": 800}  # per source
MENTIONS = 50  # per language
JUDGED = ["theme_ok", "polarity_ok", "intent_ok", "quote_ok"]


def drawn(folder: Path, name: str, language: str, seed: int) -> pd.DataFrame:
    """Return reviews of a source, drawn with `seed`, under the names that the job knows."""
    frame = pd.read_parquet(folder / f"{name}.parquet").sample(REVIEWS[language], random_state=seed)
    frame = frame[[c for c in ("title", "text", "product_name", "rating") if c in frame]].reset_index(drop=True)
    return frame.assign(review_id=[f"{name}:{row}" for row in frame.index])


def mentions(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the mentions that the job finds, as it keeps them, with the whole text beside."""
    with tempfile.TemporaryDirectory() as folder:
        run = rl.analyze(reviews, out=folder)
        found = run.mentions.to_table().to_pandas()
    title = reviews["title"].fillna("") + " | " if "title" in reviews else ""
    return found.merge(reviews.assign(whole=title + reviews["text"].fillna(""))[["review_id", "whole"]], on="review_id")


def main() -> None:
    """Print a table to be read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for language in ("en", "zh"):
        names = [name for name, code in SOURCES.items() if code == language]
        found = pd.concat([mentions(drawn(given.data, name, language, given.seed)) for name in names])
        part = found.sample(MENTIONS, random_state=given.seed).assign(**dict.fromkeys(JUDGED, ""))
        part = part[["review_id", "theme_id", "cue", "polarity", "intent", "quote", "whole", *JUDGED]]
        part.to_csv(sys.stdout, sep="\t", index=False)


if __name__ == "__main__":
    main()
