"""More texts to learn from: clauses and passages of reviews, for a teacher to judge, and expressions of our own.

Long reviews carry the labels, while much of what is asked of a model is short: one-line reviews, and every clause that
a theme is found in. A teacher that read whole reviews judges their clauses well enough to pass that on.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd

from reviewlens.text import segments

CLAUSES = {
    "domains": 22_000,
    "domains_unlabelled": 26_000,
    "products": 14_000,
    "movies": 8_000,
    "instruments": 8_000,
    "apps": 10_000,
    "zh_shopping": 44_000,
    "zh_cars": 3_000,
}
"""Spans of one to three clauses taken from the training reviews of each source."""
PASSAGES = {"domains": 8_000, "domains_unlabelled": 10_000, "products": 4_000, "movies": 26_000, "instruments": 4_000}
"""Spans of six to twelve clauses: as long as a review, and more of them than there are reviews."""
MORE_CLAUSES = {
    "domains": 60_000,
    "domains_unlabelled": 60_000,
    "products": 30_000,
    "movies": 30_000,
    "instruments": 15_000,
    "apps": 20_000,
    "zh_shopping": 60_000,
    "zh_cars": 3_000,
}
MORE_PASSAGES = {
    "domains": 25_000,
    "domains_unlabelled": 30_000,
    "products": 12_000,
    "movies": 30_000,
    "instruments": 8_000,
    "zh_shopping": 20_000,
}
"""The same for an elder model to judge, which is asked in a minute; passages are of four to twelve clauses."""
_SHARES = (0.5, 0.3, 0.2)  # of one, two and three clauses
REPEATED = 6  # times that an expression of ours is shown per epoch
_FEWEST_LETTERS = 4


def spans(table: pd.DataFrame) -> pd.DataFrame:
    """Return spans of the training reviews, columns `text`, `source`; the same every time."""
    generator = np.random.default_rng(3)
    short = _draw(table, CLAUSES, generator, lengths=(1, 2, 3), shares=_SHARES)
    return pd.concat([short, _draw(table, PASSAGES, generator, lengths=(6, 9, 12), shares=None)], ignore_index=True)


def more_spans(table: pd.DataFrame) -> pd.DataFrame:
    """Return other spans of the same reviews, and more of them; the same every time."""
    generator = np.random.default_rng(33)
    short = _draw(table, MORE_CLAUSES, generator, lengths=(1, 2, 3), shares=_SHARES)
    long = _draw(table, MORE_PASSAGES, generator, lengths=(4, 6, 9, 12), shares=None)
    return pd.concat([short, long], ignore_index=True)


def _draw(
    table: pd.DataFrame,
    wanted: dict[str, int],
    generator: np.random.Generator,
    *,
    lengths: tuple[int, ...],
    shares: tuple[float, ...] | None,
) -> pd.DataFrame:
    parts = []
    for source, count in wanted.items():
        texts = table.text[~table.dev & (table.source == source)].tolist()
        owner, bounds = segments(texts)
        first = generator.permutation(len(owner))[: 2 * count]
        last = np.minimum(first + generator.choice(lengths, len(first), p=shares) - 1, len(owner) - 1)
        same = owner[first] == owner[last]
        chosen = zip(first[same], last[same], strict=True)
        cut = [texts[owner[a]][bounds[a, 0] : bounds[b, 1]].strip() for a, b in chosen]
        found = pd.Series([text for text in cut if len(text) >= _FEWEST_LETTERS], dtype=object).drop_duplicates()
        parts.append(pd.DataFrame({"text": found.iloc[:count], "source": source}))
    return pd.concat(parts, ignore_index=True)


def expressions() -> pd.DataFrame:
    """Return our own short texts, columns `text`, `star`."""
    read = tomllib.loads(Path(__file__).with_name("short.toml").read_text(encoding="utf-8"))
    rows = [(text, float(group["star"])) for group in read["expressions"] for text in group["texts"]]
    return pd.DataFrame(rows, columns=["text", "star"])
