"""Scoring alone: the same rows and columns, with the sentiment beside them."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from reviewlens import letters, needs, read, text
from reviewlens.batch import join
from reviewlens.classifier import Classifier, bundled
from reviewlens.errors import ConfigError, OverwriteError
from reviewlens.part import FileWriter
from reviewlens.read.columns import PREDICTED
from reviewlens.schemas import ABSTAINED
from reviewlens.whole import check_replaceable, path_given, whole_file, with_columns

log = logging.getLogger("reviewlens")
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
BATCH_ROWS = 4096
_SCORED, _is_scored = "a file of scored reviews", with_columns(*ADDED.names)


def score(
    data: Any,
    *,
    columns: Mapping[str, str] | None = None,
    classifier: Classifier | str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
) -> pd.DataFrame | pa.Table | Path:
    """Add `polarity`, `p_negative`, `p_neutral`, `p_positive`, `score` and `stars` to reviews.

    A DataFrame comes back as a DataFrame, a Table as a Table, a list or Series of n texts as a DataFrame of n rows.
    Paths are streamed to Parquet in the folder `out`, one file per input file under its name (or to the file `out`, if
    it ends in .parquet and the input is one file), with every input column kept; `out` is returned. The probabilities
    lie in [0, 1] and add to 1, `score` is p_positive - p_negative in [-1, 1], `stars` lies in [1, 5]. A row without
    text gets nulls. Where the data has a column of one of these names, that column stays as it is and ours is named
    with `_predicted` at its end. A file that was scored before is replaced, whole; anything else, and an input, is not.

    `polarity` is negative, neutral or positive, as `Classifier.predict` says; mixed where clauses disagree; for a
    review of at most three clauses, what their negations and fixed expressions say plainly, and what all of them say
    where it is less than 75% sure; and, with a classifier loaded with
    `abstain_below`, abstained where it is less sure and not mixed: how often, the log warns.

    Raises `InputError` and its kin for data that cannot be used, `OverwriteError` and `StoreError` for `out`.
    """
    if classifier is None:
        model = bundled()
    else:
        model = classifier if isinstance(classifier, Classifier) else Classifier.load(_folder(classifier))
    if read.is_path(data):
        if out is None:
            read.find_files(data if isinstance(data, list | tuple) else [data])  # says so where nothing is there
            raise ConfigError("scoring files needs `out`", hint="score(paths, out='scored/')")
        return _score_files(data, path_given(out, "out", accepts="the folder or file to write"), columns, model)
    if out is not None:
        raise ConfigError("`out` is for paths", hint="save the returned frame yourself")
    return _score_memory(data, columns, model)


def _folder(classifier: object) -> Path:
    return path_given(classifier, "classifier", accepts="a Classifier or the folder of one")


def score_texts(texts: Sequence[str | None], classifier: Classifier) -> pa.Table:
    """Return the `ADDED` columns for n texts; nulls where a text is empty."""
    threads = classifier.threads
    shares = threads.shares(letters.offsets([text or "" for text in texts]))
    found = threads.map(lambda rows: _score_share(texts[slice(*rows)], classifier), shares)
    return pa.concat_tables(found) if found else ADDED.empty_table()


def _score_share(texts: Sequence[str | None], classifier: Classifier) -> pa.Table:
    which = [i for i, t in enumerate(texts) if t and not t.isspace()]
    said = text.normalize_all([texts[i] or "" for i in which])
    owner, bounds = text.segments(said)
    found = classifier.score_segments(said, owner, bounds)
    clauses = (owner, found.segment_proba, said, bounds)
    polarity = needs.review_polarity(found.proba, *clauses, classifier.abstain_below)
    made = {
        "polarity": list(polarity),
        **{f"p_{label}": found.proba[:, i] for i, label in enumerate(classifier.labels)},
        "score": found.proba[:, 2] - found.proba[:, 0],
        "stars": found.stars,
    }
    place = np.full(len(texts), -1, np.int64)
    place[which] = np.arange(len(which))
    index = pa.array(place, mask=place < 0)
    return pa.table([pa.array(made[field.name], field.type).take(index) for field in ADDED], schema=ADDED)


def _score_memory(data: Any, columns: Mapping[str, str] | None, classifier: Classifier) -> pd.DataFrame | pa.Table:
    plan = read.plan(data, columns=columns)
    batches = ((reviews, reviews) for part in plan.parts for reviews in part.batches(BATCH_ROWS))
    counts: Counter[str] = Counter()
    scored = [added for _, added in _counted(_scored(batches, classifier), counts)]
    _tell(counts, classifier)
    found = pa.concat_tables(scored) if scored else ADDED.empty_table()
    if isinstance(data, pa.Table):
        for name, column in zip(added_names(data.schema.names), found.columns, strict=True):
            data = data.append_column(name, column)
        return data
    frame = data if isinstance(data, pd.DataFrame) else pd.Series(data, name="text", dtype=object).to_frame()
    made = found.rename_columns(added_names(frame.columns)).to_pandas().set_index(frame.index)
    return pd.concat([frame, made], axis=1)


def _score_files(data: Any, out: Path, columns: Mapping[str, str] | None, classifier: Classifier) -> Path:
    plan = read.plan(data, columns=columns)
    names = list(dict.fromkeys(part.name for part in plan.parts))
    for file in plan.rejected:
        raise read.UnreadableError(file.reason, "cannot be scored", where=file.name)
    one_file = out.suffix == ".parquet"
    if one_file and len(names) > 1:
        raise ConfigError(f"{len(names)} files do not fit into one", where=str(out), hint="give a folder as `out`")
    targets = {name: out if one_file else out / name for name in names}
    files = {part.source.file for part in plan.parts if isinstance(part.source, read.FileSource)}
    sources = [Path(file.path) for file in files if file.uri is None]
    for target in targets.values():  # before the work, not after it
        check_replaceable(target, what=_SCORED, same_kind=_is_scored)
        if any(target.exists() and source.exists() and target.samefile(source) for source in sources):
            raise OverwriteError("refusing to overwrite an input", where=str(target), hint="name another folder")
    counts: Counter[str] = Counter()
    for name, target in targets.items():
        batches = (pair for part in plan.parts if part.name == name for pair in read.raw_batches(part, BATCH_ROWS))
        _write_whole(target, (_beside(*pair) for pair in _counted(_scored(batches, classifier), counts)))
    _tell(counts, classifier)
    return out


Pairs = Iterator[tuple[pa.RecordBatch, pa.Table]]


def _counted(pairs: Pairs, counts: Counter[str]) -> Pairs:
    """Yield the pairs, and count their polarities."""
    for raw, added in pairs:
        found = pc.value_counts(added.column("polarity").drop_null()).to_pylist()
        counts.update({item["values"]: item["counts"] for item in found})
        yield raw, added


def _tell(counts: Counter[str], classifier: Classifier) -> None:
    if classifier.abstain_below:
        log.warning(
            "abstained from %s of %s reviews: less than %s sure",
            f"{counts[ABSTAINED]:,}",
            f"{counts.total():,}",
            f"{classifier.abstain_below:.0%}",
            extra={"event": ABSTAINED, "reviews": counts[ABSTAINED]},
        )


def _scored(batches: Iterable[tuple[pa.RecordBatch, pa.RecordBatch]], classifier: Classifier) -> Pairs:
    """Yield pieces of pairs of batches, the second one of them `REVIEWS`: the first, and what is added to it."""

    def pieces() -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        for raw, reviews in batches:
            sizes = pc.binary_length(reviews.column("text")).fill_null(0).to_numpy()
            for first, last in classifier.threads.shares(np.concatenate([[0], np.cumsum(sizes)])) or [(0, 0)]:
                yield raw.slice(first, last - first), reviews.slice(first, last - first)

    return classifier.threads.each(lambda piece: (piece[0], _score_share(review_texts(piece[1]), classifier)), pieces())


def _beside(raw: pa.RecordBatch, added: pa.Table) -> pa.RecordBatch:
    columns = [*raw.columns, *(column.combine_chunks() for column in added.columns)]
    return pa.RecordBatch.from_arrays(columns, names=[*raw.schema.names, *added_names(raw.schema.names)])


def _write_whole(target: Path, batches: Iterator[pa.RecordBatch]) -> None:
    """Write the batches, at least one, to one Parquet file that is there whole or not at all."""
    first = next(batches)
    with whole_file(target, what=_SCORED, same_kind=_is_scored) as draft:
        writer = FileWriter(draft, first.schema)
        try:
            for batch in chain([first], batches):
                writer.write(batch)
            writer.close()
        finally:
            writer.abandon()


def review_texts(reviews: pa.RecordBatch) -> list[str | None]:
    """Return title and text as one text for each row of a `REVIEWS` batch."""
    bodies: list[str | None] = reviews.column("text").to_pylist()
    titles = reviews.column("title")
    if titles.null_count == len(titles):
        return bodies
    return [join(title, body) for title, body in zip(titles.to_pylist(), bodies, strict=True)]


def added_names(taken: Collection[str]) -> list[str]:
    """Return the names of our columns beside those of the data."""
    suffix = PREDICTED
    names = [f"{name}{suffix}" if name in taken else name for name in ADDED.names]
    while any(name in taken for name in names):  # scored more than once
        suffix += PREDICTED
        names = [f"{name}{suffix}" for name in ADDED.names]
    return names
