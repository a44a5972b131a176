"""How right and how sure a model is of languages that it did not learn, and how often a language is mistaken.

    python -m benchmarks.languages.unlearned --data folder

Prints and writes `unlearned.md`: development reviews in Spanish (`translated`), and one language after a training in
the other. Takes some minutes of one core.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import reviewlens as rl
from benchmarks.accuracy.sources import development_sets, load, training_rows
from benchmarks.languages import translated
from reviewlens.identify import UNTOLD, languages
from reviewlens.metrics import expected_calibration_error

HERE = Path(__file__).parent
_SHORT = 800  # characters of a review that is translated whole
_TAUGHT = 3000  # reviews of a training


def answers(classifier: rl.Classifier, texts: list[str], good: np.ndarray) -> str:
    """Return the cells of a row: share right of two sides, mean probability of the side said, calibration error."""
    proba = classifier.predict_proba(texts)
    share = proba[:, 2] / (proba[:, 0] + proba[:, 2])
    sure, right = np.maximum(share, 1 - share), (share > 0.5) == good
    return f"{100 * right.mean():.1f} | {100 * sure.mean():.1f} | {expected_calibration_error(sure, right):.3f}"


def in_spanish(sets: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Yield the rows of English reviews as they are and in Spanish."""
    bundled = rl.Classifier.load()
    for name in ("apps", "products", "domains"):
        table = sets[name]
        table = table[(table.text.str.len() <= _SHORT) & (table.polarity != 1)]
        good = (table.polarity == 2).to_numpy()
        english = table.text.tolist()
        for language, texts in (("English", english), ("Spanish", translated.spanish(english))):
            yield f"| {name}, in {language} | {len(texts)} | {answers(bundled, texts, good)} |"


def after_training(table: pd.DataFrame, sets: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Yield the rows of each language before and after a training in the other."""
    asked = {"en": sets["apps"], "zh": sets["zh_shopping"]}
    rows = training_rows(table)
    for taught, other in (("zh", "en"), ("en", "zh")):
        lessons = rows[(rows.language == taught) & rows.polarity.isin([0, 2])].head(_TAUGHT)
        lessons = lessons.assign(label=lessons.polarity // 2)
        test = asked[other][asked[other].polarity != 1]
        texts, good = test.text.tolist(), (test.polarity == 2).to_numpy()
        yield f"| bundled, asked in {other} | {len(texts)} | {answers(rl.Classifier.load(), texts, good)} |"
        for model in ("lstm", "linear"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                trained = rl.train(lessons, text="text", label="label", model=model, progress=False)
            cells = answers(trained, texts, good)
            yield f"| {model} trained in {taught}, asked in {other} | {len(texts)} | {cells} |"


def another_script(table: pd.DataFrame, sets: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Yield what models of Spanish reviews say of Chinese ones, of which they know no subword."""
    rows = training_rows(table)
    rows = rows[(rows.language == "en") & rows.polarity.isin([0, 2]) & (rows.text.str.len() <= _SHORT)].head(_TAUGHT)
    spanish = pd.DataFrame({"text": translated.spanish(rows.text.tolist()), "label": rows.polarity.to_numpy() // 2})
    test = sets["zh_shopping"][sets["zh_shopping"].polarity != 1]
    for model in ("lstm", "linear"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trained = rl.train(spanish, text="text", label="label", model=model, progress=False)
        cells = answers(trained, test.text.tolist(), (test.polarity == 2).to_numpy())
        yield f"| {model} trained in es, asked in zh | {len(test)} | {cells} |"


def mistaken(sets: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Yield how often a review is taken for one of another language."""
    for name, table in sets.items():
        found = np.array(languages(table.text.tolist()))
        home = table.language.to_numpy()
        told = found != UNTOLD
        yield f"| {name} | {len(table)} | {100 * (told & (found != home)).mean():.1f} | {100 * (~told).mean():.1f} |"


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    table = load(parser.parse_args().data)
    sets = development_sets(table)
    if not translated.available():
        raise SystemExit("see benchmarks/languages/translated.py: the translator is not installed")
    head = "| reviews | n | right, % | sure, % | calibration error |\n|---|--:|--:|--:|--:|"
    page = [
        "# Languages that were not learned",
        "`python -m benchmarks.languages.unlearned --data folder` wrote this. Development reviews, two",
        "sides; sure is the mean probability of the side that is said.",
        "",
        "## The bundled model in Spanish",
        "",
        f"English reviews of at most {_SHORT} characters, translated by rules (Apertium): clumsy Spanish.",
        "",
        head,
        *in_spanish(sets),
        "",
        "## One language after a training in the other",
        "",
        f"`rl.train` with its defaults on {_TAUGHT:,} reviews.",
        "",
        head,
        *after_training(table, sets),
        *another_script(table, sets),
        "",
        "## Languages mistaken",
        "",
        "| reviews | n | taken for another language, % | no language told, % |",
        "|---|--:|--:|--:|",
        *mistaken(sets),
    ]
    text = "\n".join(page) + "\n"
    print(text)
    (HERE / "unlearned.md").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
