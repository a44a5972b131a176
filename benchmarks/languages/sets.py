"""Star-balanced sets of reviews, split by a hash of the text; copies of one text are one review.

| set | reviews | stars |
|---|---|---|
| gear | electronics and musical instruments | 1-5, some 2,300 to train on |
| goods | the same, books and kitchen ware, and longer reviews of an Indian shop | 1-5 |
| shop | short reviews of an Indian shop | 1-5 |
| movies | long reviews | 1, 2, 4, 5 |
"""

from __future__ import annotations

import hashlib
import html
import re
from pathlib import Path

import numpy as np
import pandas as pd

FILES = {
    "gear": ("en_electronics_dump", "en_instruments_dump"),
    "goods": ("en_electronics_dump", "en_instruments_dump", "en_products_dump", "en_flipkart"),
    "shop": ("en_flipkart",),
    "movies": ("en_movies_train",),
}
_LONG = 60  # characters from which a short review of the shop counts among the goods
_TESTED, _SHARE = 600, 0.25  # test reviews per star at most, in number and as a share


def key_of(text: str) -> int:
    """Return a number that copies of a text share."""
    letters = re.sub(r"\W+", "", text.lower())[:60] or text
    return int(hashlib.md5(letters.encode(), usedforsecurity=False).hexdigest()[:8], 16)


def read(folder: Path, name: str) -> pd.DataFrame:
    """Return the reviews of a set: text, stars, key."""
    parts = []
    for file in FILES[name]:
        frame = pd.read_parquet(folder / f"{file}.parquet")
        stars = frame.rating.astype(float)
        text = frame.text.astype(str).str.replace("<br />", " ", regex=False).map(html.unescape).str.strip()
        part = pd.DataFrame({"text": text, "stars": np.ceil(stars / 2) if name == "movies" else stars})
        long_enough = part.text.str.len() > (_LONG if name == "goods" and file == "en_flipkart" else 2)
        parts.append(part[long_enough])
    table = pd.concat(parts, ignore_index=True)
    table["key"] = table.text.map(key_of)
    return table.drop_duplicates("key")


def split(table: pd.DataFrame, rows: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `rows` reviews to train on and all to test on, every star as often as any other.

    Another seed draws other test reviews too: one small draw flatters or wrongs a model as a whole.
    """
    groups = [part.sort_values("key") for _, part in table.groupby("stars")]
    least = min(map(len, groups))
    n_test = min(_TESTED, int(_SHARE * least))
    tests = [part.sample(n_test, random_state=seed) for part in groups]
    rests = [part.drop(test.index) for part, test in zip(groups, tests, strict=True)]
    n_train = min(rows // len(groups), min(map(len, rests)))
    train = pd.concat([part.sample(n_train, random_state=seed) for part in rests]).sample(frac=1, random_state=seed)
    return train.reset_index(drop=True), pd.concat(tests).reset_index(drop=True)
