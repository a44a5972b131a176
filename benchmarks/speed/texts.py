"""The texts that speed is measured on, and the labelled ones that say how right each way is.

What is timed are whole files of real reviews. Accuracy is measured on development reviews that the bundled model has
not learned from (`benchmarks/accuracy/sources.py`); the ways that must be trained learn from the rows that it learned
from.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.accuracy import sources

LANGUAGES = {"English": ("en",), "Chinese": ("zh",), "mixed": ("en", "zh")}
TIMED = {"en": "products", "zh": "zh_shopping"}
JUDGED = {"en": ("products", "domains"), "zh": ("zh_shopping",)}
MOST_JUDGED, MOST_TAUGHT = 500, 30_000  # texts of each language, and of all together
TIME, TRAIN, JUDGE = "time", "train", "judge"


def texts_of(reviews: pd.DataFrame, name: str, wanted: int) -> pa.Table:
    """Return columns `text`, `label` (0 or 1) and `role`: `wanted` distinct texts to time, those to train and to judge.

    Mixed texts are in turn of one language and of the other.
    """
    codes = LANGUAGES[name]
    parts = []
    for code in codes:
        timed = reviews[reviews.source == TIMED[code]].drop_duplicates("text").sample(frac=1, random_state=0)
        timed = timed[: wanted // len(codes)].reset_index(drop=True)
        parts.append(timed.assign(role=TIME, turn=range(len(timed))))
        sided = reviews[(reviews.language == code) & reviews.polarity.isin((0, 2))]
        judged = sided[sided.dev & sided.source.isin(JUDGED[code])]
        judged = judged.sample(min(MOST_JUDGED, len(judged)), random_state=0)
        taught = sources.training_rows(sided)[: MOST_TAUGHT // len(codes)]
        parts += [judged.assign(role=JUDGE, turn=0), taught.assign(role=TRAIN, turn=range(len(taught)))]
    rows = pd.concat(parts).sort_values("turn", kind="stable")
    label = (rows.polarity == 2).astype("int8")
    return pa.table({"text": rows.text.to_numpy(), "label": label.to_numpy(), "role": rows.role.to_numpy()})


def of_role(path: Path, role: str) -> tuple[list[str], list[int]]:
    """Return the texts of a role in a file of `texts_of`, and their labels."""
    table = pq.read_table(path, filters=[("role", "=", role)])
    return table.column("text").to_pylist(), table.column("label").to_pylist()
