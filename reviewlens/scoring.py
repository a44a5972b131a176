"""Scoring alone: the same rows and columns, with the sentiment beside them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reviewlens import needs, read, text
from reviewlens.batch import join
from reviewlens.classifier import Classifier
from reviewlens.errors import ConfigError, InputError

ADDED = pa.schema(
    [
        ("polarity", pa.string()),
        ("p_negative", pa.float32()),
        ("p_neutral", pa.float32()),
        ("p_positive", pa.float32()),
        ("score", pa.float32()),
        ("stars", pa.float32()),
    ]
)


def score(
    data: Any,
    *,
    columns: Mapping[str, str] | None = None,
    classifier: Classifier | str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
) -> pd.DataFrame | pa.Table | Path:
    """Add `polarity`, `p_negative`, `p_neutral`, `p_positive`, `score` and `stars` to reviews.

    A DataFrame comes back as a DataFrame, a Table as a Table, a list or Series of n texts as a DataFrame of n rows.
    Paths are streamed to Parquet at `out` (a folder with one file per input file; a file if `out` ends in .parquet)
    with every input column kept, and `out` is returned. The probabilities lie in [0, 1] and add to 1, `score` is
    p_positive - p_negative in [-1, 1], `stars` lies in [1, 5]. A row without text gets nulls.

    Raises `InputError` and its kin for data that cannot be used.
    """
    model = classifier if isinstance(classifier, Classifier) else Classifier.load(classifier)
    if _is_path(data):
        if out is None:
            raise ConfigError("scoring files needs `out`", hint="score(paths, out='scored/')")
        return _score_files(data, Path(out), columns, model)
    if out is not None:
        raise ConfigError("`out` is for paths", hint="save the returned frame yourself")
    return _score_memory(data, columns, model)


def score_texts(texts: Sequence[str | None], classifier: Classifier) -> pa.Table:
    """Return the `ADDED` columns for n texts; nulls where a text is empty."""
    which = [i for i, t in enumerate(texts) if t and not t.isspace()]
    said = [text.normalize(texts[i] or "") for i in which]
    owner, bounds = text.segments(said)
    found = classifier.score_segments(said, owner, bounds)
    polarity = needs.review_polarity(found.proba, owner, found.segment_proba)
    made = {
        "polarity": list(polarity),
        **{f"p_{label}": found.proba[:, i] for i, label in enumerate(classifier.labels)},
        "score": found.proba[:, 2] - found.proba[:, 0],
        "stars": found.stars,
    }
    place = np.full(len(texts), -1, np.int64)
    place[which] = np.arange(len(which))
    index = pa.array(place, mask=place < 0)
    return pa.table({f.name: pa.array(made[f.name], f.type).take(index) for f in ADDED}, schema=ADDED)


def _is_path(data: Any) -> bool:
    if isinstance(data, str | os.PathLike):
        return True
    return isinstance(data, list | tuple) and bool(data) and all(isinstance(d, os.PathLike) or (isinstance(d, str) and _looks_like_path(d)) for d in data)


def _looks_like_path(item: str) -> bool:
    return item.endswith((".parquet", ".pq", "/")) or "://" in item or (len(item) < 4096 and "\n" not in item and Path(item).is_dir())
