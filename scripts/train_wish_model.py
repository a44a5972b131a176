"""Train the small model of wishes on `en_app_feedback_kinds.parquet`.

    python scripts/train_wish_model.py DATA

writes `reviewlens/data/wish_model.tsv`. Openings of reviews in `en_products_dump.parquet` in which the grammar sees no
wish are further examples of texts without one.

Prints the F1 of feature requests by ten-fold cross-validation: of the model alone, and of the texts in which
`reviewlens.intent` finds a wish with the model of the other folds.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from reviewlens.intent import find_wishes
from reviewlens.text import fold, normalize, segments
from reviewlens.wish_model import WishModel, damping, phrases, words

TARGET = Path(__file__).parents[1] / "reviewlens" / "data" / "wish_model.tsv"
KEPT, STRENGTH, SCALE, OTHERS = 12_000, 12.0, 3.0, 400
OPENING = 300  # characters of a review of goods


def train(texts: Sequence[str], asks: NDArray[np.bool_]) -> WishModel:
    """Return the model of texts that ask for something or do not."""
    said = [words(fold(text)) for text in texts]
    counted = [Counter(phrases(words_of)) for words_of in said]
    spread = Counter(phrase for counts in counted for phrase in counts)
    vocabulary = {phrase: i for i, phrase in enumerate(sorted(p for p, n in spread.items() if n > 1))}
    rows, columns, values = [], [], []
    for row, counts in enumerate(counted):
        damp = damping(len(said[row])) * SCALE
        for phrase, n in counts.items():
            if phrase in vocabulary:
                rows.append(row)
                columns.append(vocabulary[phrase])
                values.append((1.0 + np.log(n)) / damp)
    seen = np.array([spread[p] for p in vocabulary], np.float64)
    rarity = np.log((1 + len(texts)) / (1 + seen)) + 1
    features = sparse.csr_matrix((values, (rows, columns)), (len(texts), len(vocabulary))) @ sparse.diags(rarity)
    first = _fit(features, asks).coef_[0]
    kept = np.sort(np.argsort(-np.abs(first) * seen**0.25, kind="stable")[:KEPT])
    second = _fit(features[:, kept], asks)
    names = list(vocabulary)
    weights = {names[k]: round(float(w * rarity[k] / SCALE), 2) for k, w in zip(kept, second.coef_[0], strict=True)}
    return WishModel({p: w for p, w in weights.items() if w}, round(float(second.intercept_[0]), 3))


def _fit(features: sparse.csr_matrix, asks: NDArray[np.bool_]) -> LogisticRegression:
    model = LogisticRegression(C=STRENGTH, solver="liblinear", class_weight="balanced", max_iter=300, random_state=0)
    return model.fit(features.tocsr(), asks)


def write(model: WishModel, target: Path) -> None:
    """Write the weights, heaviest first."""
    order = sorted(model.weights.items(), key=lambda item: (-item[1], item[0]))
    lines = ["# Learned by scripts/train_wish_model.py; phrase, weight.", f"<bias>\t{model.bias:g}"]
    target.write_text("\n".join([*lines, *(f"{phrase}\t{weight:g}" for phrase, weight in order)]) + "\n", "utf-8")


def quiet(path: Path) -> list[str]:
    """Return the openings of reviews of goods, but for those with a wish in the eyes of the grammar."""
    texts = [
        normalize(text)[:OPENING] for text in pd.read_parquet(path)["text"].fillna("").sample(OTHERS, random_state=0)
    ]
    owner, bounds = segments(texts)
    wished = set(owner[find_wishes(texts, owner, bounds, model=WishModel({}, 0.0)).segment].tolist())
    return [text for i, text in enumerate(texts) if i not in wished]


def main(folder: str) -> None:
    """Measure, then train on everything and write."""
    others = quiet(Path(folder) / "en_products_dump.parquet")
    frame = pd.read_parquet(Path(folder) / "en_app_feedback_kinds.parquet")
    texts = [normalize(text) for text in frame["text"]]
    asks = (frame["kind"] == "feature request").to_numpy()
    alone, wished = np.zeros(len(texts)), np.zeros(len(texts), np.bool_)
    for known, held in StratifiedKFold(10, shuffle=True, random_state=0).split(texts, asks):
        model = train([*(texts[i] for i in known), *others], np.append(asks[known], np.zeros(len(others), np.bool_)))
        mine = [texts[i] for i in held]
        alone[held] = model.scores([fold(t) for t in mine])
        owner, bounds = segments(mine)
        wished[held[owner[find_wishes(mine, owner, bounds, model=model).segment]]] = True
    both = f1_score(asks, wished)
    print(f"model alone {f1_score(asks, np.nan_to_num(alone, nan=-1) > 0):.3f}, with the grammar {both:.3f}")
    model = train([*texts, *others], np.append(asks, np.zeros(len(others), np.bool_)))
    write(model, TARGET)
    print(f"{len(model.weights)} phrases in {TARGET}")


if __name__ == "__main__":
    main(sys.argv[1])
