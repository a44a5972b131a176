"""Texts with the themes that they speak of, and the seeds that stand for each theme."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from benchmarks.needs.polarity import CAR_SEEDS
from reviewlens.text import normalize, segments
from reviewlens.themes import ThemeSet

RESTAURANT_SEEDS = {
    "food": ("food", "delicious", "menu"),
    "service": ("service", "waiter", "staff"),
    "price": ("price", "expensive", "cheap"),
    "ambience": ("atmosphere", "decor", "ambience"),
}


class Marked(NamedTuple):
    """Distinct texts and the set of themes of each."""

    texts: list[str]
    themes: list[set[str]]
    seeds: dict[str, tuple[str, ...]]


def restaurants(folder: Path) -> Marked:
    """Sentences of restaurant reviews; those of none of the four themes are there too."""
    frame = pd.read_parquet(folder / "en_restaurant_aspects.parquet")
    themes = [
        {c["category"] for c in json.loads(listed)} & set(RESTAURANT_SEEDS) for listed in frame["aspect_categories"]
    ]
    return Marked(list(frame["text"]), themes, dict(RESTAURANT_SEEDS))


def cars(folder: Path) -> Marked:
    """Chinese car comments, each with at least one theme."""
    themes = pd.read_parquet(folder / "zh_car_themes.parquet").groupby("text")["theme"].agg(set)
    return Marked(list(themes.index), list(themes), dict(CAR_SEEDS))


SETS: dict[str, Callable[[Path], Marked]] = {"restaurants": restaurants, "Chinese cars": cars}


def in_texts(themes: ThemeSet, texts: Sequence[str]) -> list[set[str]]:
    """Return the ids of the themes that each text speaks of."""
    said = [normalize(text) for text in texts]
    owner, bounds = segments(said)
    hits = themes.find(said, owner, bounds)
    found: list[set[str]] = [set() for _ in texts]
    for text, theme in zip(owner[hits.segment], hits.theme, strict=True):
        found[text].add(themes.themes[theme].theme_id)
    return found
