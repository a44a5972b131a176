"""How well texts with a wish are told from those without."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import StratifiedKFold

from reviewlens.intent import find_wishes
from reviewlens.text import normalize, segments
from reviewlens.wish_model import WishModel
from scripts.train_wish_model import quiet, train

SENTENCES = Path(__file__).parents[2] / "tests" / "data"
OWN = {"Chinese sentences of our own": "zh_wishes.txt", "guests' sentences of our own": "en_advice.txt"}


def wished(texts: Sequence[str], model: WishModel | None = None) -> NDArray[np.bool_]:
    """Return which texts hold a wish."""
    owner, bounds = segments(texts)
    return np.isin(np.arange(len(texts)), owner[find_wishes(texts, owner, bounds, model=model).segment])


def scores(gold: NDArray[np.bool_], found: NDArray[np.bool_]) -> dict[str, float]:
    """Return texts, precision, recall and F1 of the texts with a wish."""
    precision, recall, f1, _ = precision_recall_fscore_support(gold, found, average="binary")
    return {"texts": len(gold), "precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3)}


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Return the scores per set; app reviews by ten-fold cross-validation of the model."""
    frame = pd.read_parquet(folder / "en_app_feedback_kinds.parquet")
    texts, asks = [normalize(t) for t in frame["text"]], (frame["kind"] == "feature request").to_numpy()
    others = quiet(folder / "en_products_dump.parquet")
    found = np.zeros(len(texts), np.bool_)
    for known, held in StratifiedKFold(10, shuffle=True, random_state=0).split(texts, asks):
        model = train([*(texts[i] for i in known), *others], np.append(asks[known], np.zeros(len(others), np.bool_)))
        found[held] = wished([texts[i] for i in held], model)
    results = {"app reviews, cross-validated": scores(asks, found)}
    results["app reviews, grammar alone"] = scores(asks, wished(texts, WishModel({}, 0.0)))
    frame = pd.read_parquet(folder / "en_suggestions.parquet")
    for split, part in frame.groupby("split"):
        texts, gold = [normalize(t) for t in part["text"]], part["is_suggestion"].to_numpy() == 1
        results[f"forum suggestions, {split}"] = scores(gold, wished(texts))
        results[f"forum suggestions, {split}, grammar alone"] = scores(gold, wished(texts, WishModel({}, 0.0)))
    for name, file in OWN.items():
        rows = [line for line in (SENTENCES / file).read_text("utf-8").splitlines() if line[0] in "+-"]
        gold = np.array([line[0] == "+" for line in rows])
        results[name] = scores(gold, wished([normalize(line[2:]) for line in rows]))
    return results
