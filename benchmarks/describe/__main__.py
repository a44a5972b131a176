"""Are product descriptions faithful? Every sentence is compared with counts that are made anew from the mentions.

    python -m benchmarks.describe --data FOLDER [--run OUT ...] [--out FILE.json]

describes all products of the electronics reviews in FOLDER and of the sample exports of this repository, in English
and Chinese. The counts come from the mentions and scored reviews of the run, not from its summary tables, which the
descriptions read. `--run` names output folders instead.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

import reviewlens as rl
from reviewlens.descriptions.description import described
from reviewlens.descriptions.facts import Source
from reviewlens.descriptions.grounding import objection
from reviewlens.descriptions.prose import LANGUAGES, Sentence

SAMPLE = Path(__file__).parents[2] / "examples" / "sample" / "*.parquet"
_NUMBER = re.compile(r"\d[\d,]*%?")


def recount(run: rl.Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count mentions by product, theme and intent, and reviews by product and polarity, from the evidence itself."""
    key = ["part", "row"]
    reviews = run.scored.to_table(columns=[*key, "product_id", "polarity"]).to_pandas()
    mentions = run.mentions.to_table(columns=[*key, "theme_id", "intent"]).to_pandas().merge(reviews, on=key)
    themes = pd.crosstab([mentions["product_id"], mentions["theme_id"]], mentions["intent"])
    return themes, pd.crosstab(reviews["product_id"], reviews["polarity"])


def allowed(sentence: Sentence, product: str, themes: pd.DataFrame, reviews: pd.DataFrame) -> set[str]:
    """Return the numbers that a sentence may hold."""
    counts = reviews.loc[product]
    found = {str(counts.sum()), *(str(counts.get(polarity, 0)) for polarity in ("positive", "negative"))}
    for theme in sentence.themes:
        intents = themes.loc[(product, theme.theme_id)]
        mentions = int(intents.sum())
        found |= {str(mentions), str(intents.get("wish", 0))}
        for intent in ("praise", "complaint"):
            found.add(f"{int(100 * int(intents.get(intent, 0)) / mentions + 0.5)}%")
    return found


def judged(run: rl.Run, language: str) -> Iterator[dict[str, Any]]:
    """Yield one row per sentence: whether its numbers are right and the check of sentences supports it."""
    source = Source.of(run)
    themes, reviews = recount(run)
    for product in sorted(source.products):
        found = described(source.facts(product), language=language)
        for sentence in found.sentences:
            text = sentence.text.replace(found.facts.name or "\0", "")
            numbers = [number.replace(",", "") for number in _NUMBER.findall(text)]
            right = [number for number in numbers if number in allowed(sentence, product, themes, reviews)]
            why = objection(sentence.text, found.facts, language)
            yield {"product": product, "text": sentence.text, "numbers": len(numbers), "right": len(right), "why": why}


def summary(rows: pd.DataFrame) -> dict[str, Any]:
    """Return counts and shares of one run in one language."""
    wrong = rows[(rows["why"] != "") | (rows["right"] < rows["numbers"])]
    return {
        "products": int(rows["product"].nunique()),
        "sentences": len(rows),
        "sentences supported": round(float((rows["why"] == "").mean()), 6),
        "numbers": int(rows["numbers"].sum()),
        "numbers that match": round(float(rows["right"].sum() / rows["numbers"].sum()), 6),
        "not supported": wrong[["product", "why"]].to_dict("records"),
    }


def main() -> None:
    """Judge every sentence and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", default=os.environ.get("REVIEWLENS_DATA", "data"), type=Path)
    parser.add_argument("--run", action="append", type=Path, help="an output folder; may be given several times")
    parser.add_argument("--out", default=Path(__file__).with_name("results.json"), type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.run:
            runs = {path.name: rl.open_run(path) for path in given.run}
        else:
            electronics = str(given.data / "en_electronics_dump.parquet")
            runs = {
                "electronics": rl.analyze(electronics, out=Path(folder) / "electronics"),
                "sample": rl.analyze(str(SAMPLE), out=Path(folder) / "sample"),
            }
        found = {
            f"{name}, {language}": summary(pd.DataFrame(judged(run, language)))
            for name, run in runs.items()
            for language in LANGUAGES
        }
    given.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
