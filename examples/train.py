"""A classifier from your own labels, beside the bundled one. Needs torch: `pip install 'reviewlens[train]'`."""

import tempfile
import zlib
from pathlib import Path

import pandas as pd

import reviewlens as rl

SAMPLE = Path(__file__).parent / "sample"


def labelled() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the sample's reviews with stars, split by a hash of the first letters: copies stay on one side."""
    reviews = pd.concat([pd.read_parquet(path) for path in sorted(SAMPLE.glob("*.parquet"))], ignore_index=True)
    letters = reviews["text"].str.lower().str.replace(r"\W|_", "", regex=True).str[:24]
    reviews, letters = reviews[letters != ""], letters[letters != ""]
    reviews, letters = reviews[~letters.duplicated()], letters[~letters.duplicated()]
    held_out = letters.map(lambda text: zlib.crc32(text.encode()) % 4 == 0)
    return reviews[~held_out], reviews[held_out]


def main(model: str = "linear") -> None:
    """Train, save, load again and measure on reviews that were not trained on."""
    train, test = labelled()
    folder = Path(tempfile.mkdtemp()) / "ours"
    rl.train(train, text="text", label="rating", model=model, out=folder)
    for name, classifier in (("bundled", rl.Classifier.load()), ("ours", rl.Classifier.load(folder))):
        print(f"\n{name}\n{rl.evaluate(classifier, test, text='text', label='rating')}")


if __name__ == "__main__":
    main()
