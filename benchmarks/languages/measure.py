"""`rl.train` with its defaults beside TF-IDF with logistic regression, on the same reviews."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import pandas as pd

import reviewlens as rl
from reviewlens.usual import compared

_STRENGTHS = (1.0, 4.0)  # scikit-learn's C; the bar is the better in each measure


def ours(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, Any]:
    """Train with the defaults and measure; `warned` holds what the training said."""
    begin = time.process_time()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        trained = rl.train(train, text="text", label="stars", progress=False)
    seconds = time.process_time() - begin
    texts = test.text.tolist()
    proba = trained.star_probabilities(texts)
    found = _scores(proba, [trained.predict_stars(texts)], test.stars.to_numpy())
    warned = [str(warning.message) for warning in said if "linear" in str(warning.message)]
    more = {"seconds": round(seconds, 1), "from": trained.metrics["started_from"], "warned": warned}
    return found | more | {"verdict": trained.metrics["usual_beside"].get("verdict", ""), "good": _good(proba)}


def chance(test: pd.DataFrame, linear: dict[str, Any], found: dict[str, Any]) -> float:
    """Return how much chance moves the difference of both in two classes: which reviews were drawn to test on."""
    sided = (test.stars != 3).to_numpy()
    answers = (row.pop("good")[sided] for row in (found, linear))
    ours, usual = answers
    same = compared((test.stars > 3).to_numpy()[sided], ours, usual[None])
    return round(same.spread, 4) if same else float("nan")


def bar(train: pd.DataFrame, test: pd.DataFrame, *, characters: bool) -> dict[str, Any]:
    """Return the best of each measure over two strengths: words 1-2, or characters 1-3 for a script without spaces.

    Two classes have a regression of their own, on reviews of other than three stars. The star is the expected or the
    most probable one, whichever errs less.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    begin = time.process_time()
    kind: dict[str, Any] = (
        {"analyzer": "char", "ngram_range": (1, 3)} if characters else {"analyzer": "word", "ngram_range": (1, 2)}
    )
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2, **kind)
    seen, asked = vectorizer.fit_transform(train.text), vectorizer.transform(test.text)
    sided = (train.stars != 3).to_numpy()
    tried = []
    for strength in _STRENGTHS:
        stars = LogisticRegression(C=strength, max_iter=300).fit(seen, train.stars)
        two = LogisticRegression(C=strength, max_iter=300).fit(seen[sided], train.stars[sided] > 3)
        proba = np.zeros((len(test), 5))
        proba[:, stars.classes_.astype(int) - 1] = stars.predict_proba(asked)
        points = [proba @ np.arange(1, 6), proba.argmax(1) + 1]
        good = two.predict(asked)
        tried.append(_scores(proba, points, test.stars.to_numpy(), good) | {"good": good})
    best = {name: (min if name == "mae" else max)(row[name] for row in tried) for name in ("two", "exact", "mae")}
    good = max(tried, key=lambda row: row["two"])["good"]
    return best | {"seconds": round(time.process_time() - begin, 1), "good": good}


def _scores(
    proba: np.ndarray, points: list[np.ndarray], stars: np.ndarray, positive: np.ndarray | None = None
) -> dict[str, float]:
    """Return two-class macro-F1, share of exact stars, and the least mean absolute error of the stars in `points`."""
    from sklearn.metrics import f1_score

    sided = stars != 3
    if positive is None:
        positive = _good(proba)
    errors = [float(np.abs(point - stars).mean()) for point in points]
    return {
        "two": round(float(f1_score(stars[sided] > 3, positive[sided], average="macro")), 4),
        "exact": round(float(np.mean(proba.argmax(1) + 1 == stars)), 4),
        "mae": round(min(errors), 4),
    }


def _good(proba: np.ndarray) -> np.ndarray:
    return np.asarray(proba[:, 3:].sum(1) > proba[:, :2].sum(1))
