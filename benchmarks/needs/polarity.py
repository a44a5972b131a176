"""Polarity of a theme in its clause, positive against negative, on sentences with marked aspects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from reviewlens.classifier import Classifier
from reviewlens.opinion import in_context, lean, leaned
from reviewlens.text import normalize, segments

CAR_SEEDS = {
    "动力": ("动力", "加速", "发动机"),
    "价格": ("价格", "优惠", "便宜"),
    "油耗": ("油耗", "省油", "费油"),
    "操控": ("操控", "方向盘", "转向"),
    "舒适性": ("舒适", "座椅", "隔音"),
    "配置": ("配置", "导航", "天窗"),
    "安全性": ("安全", "刹车", "气囊"),
    "内饰": ("内饰", "做工", "塑料"),
    "外观": ("外观", "颜值", "好看"),
    "空间": ("空间", "后备箱", "后排"),
}


class Case(NamedTuple):
    """An aspect that begins at character `at` of `text`."""

    text: str
    at: int
    positive: bool


def aspects(path: Path) -> Iterator[Case]:
    """Marked aspect terms of the SemEval-2014 files; neutral and conflicting ones are left out."""
    frame = pd.read_parquet(path)
    for text, terms in zip(frame["text"], frame["aspect_terms"], strict=True):
        for term in json.loads(terms):
            if term["polarity"] in ("positive", "negative"):
                yield Case(text, int(term["from"]), term["polarity"] == "positive")


def features(path: Path) -> Iterator[Case]:
    """Product features that the sentence names."""
    frame = pd.read_parquet(path)
    for text, listed in zip(frame["text"], frame["features"], strict=True):
        for feature in json.loads(listed):
            at = text.lower().find(feature["feature"]) if feature["feature"] else -1
            if at >= 0 and feature["strength"]:
                yield Case(text, at, feature["strength"] > 0)


def cars(path: Path) -> Iterator[Case]:
    """Themes of car comments, where the first seed of the theme stands; comments without one are left out."""
    frame = pd.read_parquet(path)
    for text, theme, polarity in zip(frame["text"], frame["theme"], frame["polarity"], strict=True):
        found = [text.find(seed) for seed in CAR_SEEDS[theme] if seed in text]
        if found and polarity:
            yield Case(text, min(found), polarity > 0)


SETS = {
    "en_restaurant_aspects": aspects,
    "en_laptop_aspects": aspects,
    "en_product_features": features,
    "zh_car_themes": cars,
}


def measure(folder: Path, classifier: Classifier) -> dict[str, dict[str, float]]:
    """Return accuracy per set: of the classifier's clauses alone, and as mentions have it."""
    results = {}
    for name, cases_of in SETS.items():
        cases = list(cases_of(folder / f"{name}.parquet"))
        texts = [normalize(case.text) for case in cases]
        owner, bounds = segments(texts)
        scores = classifier.score_segments(texts, owner, bounds)
        proba = scores.segment_proba
        moved = leaned(in_context(proba, owner, scores.proba), lean(texts, owner, bounds))
        starts = owner.astype(np.int64) * 2**32 + bounds[:, 0]
        places = np.arange(len(texts)) * 2**32 + np.array([case.at for case in cases])
        clause = np.maximum(
            np.searchsorted(starts, places, side="right") - 1, np.searchsorted(owner, np.arange(len(texts)))
        )
        gold = np.array([case.positive for case in cases])
        results[name] = {
            "aspects": len(cases),
            "classifier": round(float(((proba[clause, 2] > proba[clause, 0]) == gold).mean()), 3),
            "mentions": round(float(((moved[clause, 2] > moved[clause, 0]) == gold).mean()), 3),
        }
    return results
