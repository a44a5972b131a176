"""How right the classifier is on development reviews, beside TF-IDF with logistic regression.

    python -m benchmarks.accuracy --data folder [--model folder] [--fit-bar]

Trains nothing, unless `--fit-bar` asks for the linear bar to be fitted again: words 1-2 for English, characters 1-3 for
Chinese, on the same training rows as the bundled model. Its figures are kept in `linear_bar.json`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy import sources
from reviewlens.classifier import Classifier
from reviewlens.metrics import expected_calibration_error, measure

BAR = Path(__file__).with_name("linear_bar.json")
Row = dict[str, Any]


def measure_all(classifier: Classifier, develop: pd.DataFrame) -> dict[str, Row]:
    """Return the measures per development set: two classes, three where some are neutral, stars where there are any."""
    found = {}
    for name, rows in develop.groupby(sources.row_name(develop)):
        proba = classifier.star_probabilities(rows.text.tolist())
        expected = classifier.predict_stars(rows.text.tolist())
        polarity, stars = rows.polarity.to_numpy(dtype=np.int64), rows.star.to_numpy(dtype=np.float64)
        found[str(name)] = rounded(two_and_three(proba, polarity, stars, expected))
    return found


def two_and_three(
    proba: np.ndarray, polarity: np.ndarray, stars: np.ndarray | None, expected: np.ndarray | None
) -> Row:
    """Return two-class macro-F1 (%), its interval and calibration error; three-class where some are neutral."""
    nothing = np.full(len(polarity), np.nan)
    sided = polarity != 1
    two = measure(proba[sided], polarity[sided], nothing[sided])
    row: Row = {"reviews": int(sided.sum()), "f1": 100 * two["macro_f1"], "ece": two["ece"]}
    row["ece_floor"] = calibration_floor(proba[sided])
    row |= {"low": 100 * two["macro_f1_low"], "high": 100 * two["macro_f1_high"]}
    if (~sided).sum() >= 20:
        row["f1_three"] = 100 * measure(proba, polarity, nothing)["macro_f1"]
    if stars is not None and np.isfinite(stars).any():
        row["star_mae"] = measure(proba, polarity, stars, expected)["star_mae"]
    return row


def calibration_floor(proba: np.ndarray, draws: int = 200) -> float:
    """Return the calibration error that so many reviews would show if the probabilities of both sides were right."""
    sides = np.stack([proba[:, :2].sum(1), proba[:, 3:].sum(1)], axis=1)
    surest = sides.max(1) / sides.sum(1)
    generator = np.random.default_rng(0)
    drawn = [expected_calibration_error(surest, generator.random(len(surest)) < surest) for _ in range(draws)]
    return float(np.mean(drawn))


def rounded(row: Row) -> Row:
    """Round for a table."""
    return {name: value if isinstance(value, int) else round(value, 3) for name, value in row.items()}


def fit_bar(table: pd.DataFrame, develop: pd.DataFrame) -> dict[str, float]:
    """Fit the linear bar and return its two-class macro-F1 (%) per development set."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score

    analyzers = {
        "en": TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        "zh": TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2),
    }
    rows, found = sources.training_rows(table), {}
    for language, vectorizer in analyzers.items():
        train = rows[(rows.language == language) & (rows.polarity != 1)]
        model = LogisticRegression(C=4, solver="liblinear")
        model.fit(vectorizer.fit_transform(train.text), train.polarity == 2)
        test = develop[(develop.language == language) & (develop.polarity != 1)]
        guess = np.where(model.predict(vectorizer.transform(test.text)), 2, 0)
        for name, index in test.groupby(sources.row_name(test)).indices.items():
            score = f1_score(test.polarity.to_numpy()[index], guess[index], average="macro")
            found[str(name)] = round(100 * float(score), 1)
    return found


def as_markdown(ours: dict[str, Row], bar: dict[str, float]) -> str:
    """Return the table that the docs show."""
    lines = [
        "| development set | reviews | linear | ours (95%) | three classes | star error | calibration error (floor) |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in ours.items():
        three, mae = (
            f"{row[key]:.{digits}f}" if key in row else "" for key, digits in (("f1_three", 1), ("star_mae", 2))
        )
        interval = f"**{row['f1']:.1f}** ({row['low']:.1f}-{row['high']:.1f})"
        ece = f"{row['ece']:.3f} ({row['ece_floor']:.3f})"
        beside = f"{bar[name]:.1f}" if name in bar else ""
        lines.append(f"| {name} | {row['reviews']} | {beside} | {interval} | {three} | {mae} | {ece} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--fit-bar", action="store_true")
    options = parser.parse_args()
    table = sources.load(options.data)
    develop = pd.concat(sources.development_sets(table).values())
    if options.fit_bar:
        BAR.write_text(json.dumps(fit_bar(table, develop), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    bar = json.loads(BAR.read_text(encoding="utf-8")) if BAR.exists() else {}
    print(as_markdown(measure_all(Classifier.load(options.model), develop), bar))


if __name__ == "__main__":
    main()
