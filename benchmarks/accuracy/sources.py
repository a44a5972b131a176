"""The real reviews that the default model learns from and is measured on, split once and for all.

Development rows are chosen by a hash of the first letters of the text, so that near-copies fall on one side. Some
shifts are imitated by leaving out more: apps, products of the Indian shop, half of the instruments' products, a whole
Chinese category. Files whose terms forbid commercial use are measured on and never trained on.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

NO_WEIGHTS = ("electronics", "restaurants", "laptops")  # non-commercial terms: measured on only
LEFT_OUT_CATEGORY = "手机"
_SHORTEST_COPY = 25  # letters; shorter texts repeat by chance


@dataclass(frozen=True)
class Source:
    """One file and how to read it; `read` gives text, star, polarity and group."""

    name: str
    file: str
    language: str
    read: Callable[[pd.DataFrame], dict[str, Any]]


def hash_of(text: str) -> int:
    """Return a stable number for a text."""
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8], 16)


def split_key(text: str) -> str:
    """Return what decides the side of the split that a text is on: its first letters and digits."""
    return re.sub(r"\W+", "", text.lower())[:60] or text


def detokenize(text: str) -> str:
    """Undo the tokenisation of corpora that put spaces around punctuation."""
    if not re.search(r" [.,]( |$)", text):
        return text
    text = re.sub(r"\s+([.,!?;:%)\]}])", r"\1", text)
    text = re.sub(r"([(\[{$#])\s+", r"\1", text)
    text = re.sub(r"\s+(n't|'s|'m|'re|'ve|'ll|'d)\b", r"\1", text)
    return text.replace("`` ", '"').replace(" ''", '"')


def _binary(labels: pd.Series) -> np.ndarray:
    return np.where(labels.astype(int) == 1, 2, 0)


def _with_title(frame: pd.DataFrame, one_in: int) -> pd.Series:
    """Put the title before every third or fourth text: exports have titles more often than not."""
    title, text = frame.title.fillna("").astype(str), frame.text.fillna("").astype(str)
    names = frame.review_id.astype(str) if "review_id" in frame.columns else text + frame.rating.astype(str)
    use = np.array([hash_of(value) % one_in == 0 for value in names])
    return text.where(~use | (title == ""), title + ". " + text)


def _aspects(frame: pd.DataFrame) -> dict[str, Any]:
    """Keep sentences whose aspects agree."""
    codes = {"negative": 0, "neutral": 1, "positive": 2}
    found = []
    for terms, categories in zip(frame.aspect_terms, frame.aspect_categories, strict=True):
        polarities = {item["polarity"] for item in json.loads(terms) + json.loads(categories)}
        found.append(codes.get(next(iter(polarities)), np.nan) if len(polarities) == 1 else np.nan)
    return {"text": frame.text, "polarity": found}


def _cars(frame: pd.DataFrame) -> dict[str, Any]:
    grouped = frame.groupby("text").polarity.agg(["min", "max"]).reset_index()
    grouped = grouped[grouped["min"] == grouped["max"]]
    return {"text": grouped.text, "polarity": grouped["min"] + 1}


def _flipkart(frame: pd.DataFrame) -> dict[str, Any]:
    frame = frame.drop_duplicates(["text", "rating"])
    frame = frame[frame.text.str.len() > 2]
    return {"text": _with_title(frame, 4), "star": frame.rating, "group": frame.product_name}


SOURCES = (
    Source(
        "domains",
        "en_domains_train",
        "en",
        lambda f: {"text": f.text.map(detokenize), "polarity": _binary(f.label), "group": f.domain},
    ),
    Source(
        "domains_unlabelled",
        "en_domains_unlabelled",
        "en",
        lambda f: {"text": f.text.map(detokenize), "group": f.domain},
    ),
    Source(
        "products",
        "en_products_dump",
        "en",
        lambda f: {"text": _with_title(f, 3), "star": f.rating, "group": f.category},
    ),
    Source("flipkart", "en_flipkart", "en", _flipkart),
    Source("pros_cons", "en_pros_cons", "en", lambda f: {"text": f.text, "polarity": _binary(f.label)}),
    Source("apps", "en_apps", "en", lambda f: {"text": f.text, "polarity": _binary(f.label), "group": f.product_id}),
    Source(
        "movies",
        "en_movies_train",
        "en",
        lambda f: {"text": f.text.str.replace("<br />", " "), "star": np.ceil(f.rating.astype(float) / 2)},
    ),
    Source("sst5", "en_sst5_train", "en", lambda f: {"text": f.text.map(detokenize), "star": f.label5.astype(int) + 1}),
    Source(
        "zh_shopping",
        "zh_shopping_train",
        "zh",
        lambda f: {"text": f.text, "polarity": _binary(f.label), "group": f.domain},
    ),
    Source(
        "features",
        "en_product_features",
        "en",
        lambda f: {"text": f.text.map(detokenize), "polarity": f.label.astype(float) + 1},
    ),
    Source("zh_cars", "zh_car_themes", "zh", _cars),
    Source(
        "instruments",
        "en_instruments_dump",
        "en",
        lambda f: {"text": _with_title(f, 3), "star": f.rating, "group": f.product_id},
    ),
    Source("app_kinds", "en_app_feedback_kinds", "en", lambda f: {"text": f.text}),
    Source(
        "electronics", "en_electronics_dump", "en", lambda f: {"text": f.text, "star": f.rating, "group": f.product_id}
    ),
    Source("restaurants", "en_restaurant_aspects", "en", _aspects),
    Source("laptops", "en_laptop_aspects", "en", _aspects),
)


def load(folder: Path) -> pd.DataFrame:
    """Return all reviews: text, source, language, star, polarity, group, dev."""
    parts = []
    for source in SOURCES:
        values = source.read(pd.read_parquet(folder / f"{source.file}.parquet"))
        parts.append(
            pd.DataFrame({name: np.asarray(value) for name, value in values.items()}).assign(
                source=source.name, language=source.language
            )
        )
    table = pd.concat(parts, ignore_index=True)
    for column in ("star", "polarity"):
        table[column] = table[column].astype(float)
    table["group"] = table["group"].fillna("").astype(str)
    table["text"] = table.text.astype(str).map(html.unescape).str.strip()
    known = table.star.notna()
    table.loc[known, "polarity"] = np.select([table.star[known] < 3, table.star[known] > 3], [0, 2], default=1)
    measured_only = table.source.isin(NO_WEIGHTS)
    table = table[(table.text.str.len() > 1) & ~(measured_only & table.polarity.isna())]
    table["key"] = table.text.map(split_key)
    table["dev"] = _development(table)
    copies = set(table.key[table.dev & (table.key.str.len() > _SHORTEST_COPY)])
    table = table[table.dev | ~table.key.isin(copies)]
    return table.drop_duplicates(["source", "key", "polarity", "star", "dev"]).reset_index(drop=True)


def _development(table: pd.DataFrame) -> pd.Series:
    dev = table.key.map(hash_of) % 20 == 0
    for source, one_in in (("apps", 8), ("flipkart", 15), ("instruments", 2)):  # by product: never seen in training
        rows = table.source == source
        dev[rows] = table.group[rows].map(hash_of) % one_in == 0
    return dev | table.source.isin(NO_WEIGHTS) | ((table.source == "zh_shopping") & (table.group == LEFT_OUT_CATEGORY))


def row_name(table: pd.DataFrame) -> pd.Series:
    """Name the development set that each row belongs to."""
    left_out = (table.source == "zh_shopping") & (table.group == LEFT_OUT_CATEGORY)
    return table.source.where(~left_out, "zh_category_left_out")


def development_sets(table: pd.DataFrame, most: int = 1000) -> dict[str, pd.DataFrame]:
    """Return the labelled development rows per set, at most `most` each, the same every time."""
    rows = table[table.dev & table.polarity.notna()]
    return {str(name): part.sample(min(len(part), most), random_state=1) for name, part in rows.groupby(row_name(rows))}


MOST = {"movies": 24_000, "apps": 30_000, "pros_cons": 15_000, "zh_cars": 3_000}  # labelled rows trained on, per source
MOST_PER_STAR = {"flipkart": 9_000, "instruments": 500}  # stars of these sources are far from balanced


def training_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the labelled rows to train on, in a fixed random order."""
    rows = table[~table.dev & table.polarity.notna()]
    parts = []
    for name, part in rows.groupby("source"):
        if name in MOST_PER_STAR:
            parts += [p.sample(min(len(p), MOST_PER_STAR[name]), random_state=1) for _, p in part.groupby("star")]
        else:
            parts.append(part.sample(min(len(part), MOST.get(str(name), len(part))), random_state=1))
    return pd.concat(parts).sample(frac=1, random_state=2)
