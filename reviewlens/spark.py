"""Spark DataFrames in, Spark DataFrames out: for reviews that are tables of a lake, not files.

The same functions of a record batch as everywhere, by `mapInArrow`, with declared schemas. Columns are found by name,
in any order; nulls are allowed in all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from reviewlens.batch import normalize_batch, read_batch, safe_cues
from reviewlens.engines.cluster import check_cluster
from reviewlens.engines.shipping import Packed, pack, unpack
from reviewlens.errors import ColumnError
from reviewlens.needs import MENTION_COLUMNS
from reviewlens.needs import mentions as find_mentions
from reviewlens.part import load_artefacts
from reviewlens.read.columns import check_mapping, find_columns, no_such_column
from reviewlens.read.convert import to_reviews
from reviewlens.schemas import SCORED
from reviewlens.scoring import ADDED, added_names, review_texts, score_texts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PathLike = str | os.PathLike[str]
Batches = Iterator[pa.RecordBatch]

SOURCE = "the Spark DataFrame"
TEXTY = frozenset({"string", "varchar", "char", "binary", "void"})
NESTED = frozenset({"array", "map", "struct", "variant"})  # left out, as in files
KEYS = ("review_id", "product_id", "created_at")
WITHIN = ("review", "segment", "wish_start", "wish_end")  # what counts within a batch, or within its texts
MENTIONED = pa.schema(
    [
        *(SCORED.field(name).remove_metadata() for name in KEYS),
        *(field for field in MENTION_COLUMNS if field.name not in WITHIN),
    ]
)

_checked: set[str] = set()  # applications whose executors are known to be fit


def score(
    frame: DataFrame, *, columns: Mapping[str, str] | None = None, classifier: PathLike | None = None
) -> DataFrame:
    """Return the rows and columns of a Spark DataFrame with those of `reviewlens.scoring.ADDED` beside them.

    `columns` maps ours -> theirs, e.g. `{"text": "review_body"}`; what it leaves out is known by name. The
    probabilities lie in [0, 1] and add to 1, `score` is p_positive - p_negative in [-1, 1], `stars` lies in [1, 5]; a
    row without text gets nulls. Where the frame has a column of one of these names, ours is named with `_predicted` at
    its end. Lazy, as Spark is: nothing is scored before an action.

    Raises `ColumnError` for columns that do not fit, and what `SparkEngine` raises for executors that do not.
    """
    known = _columns(frame, columns)
    known = {ours: theirs for ours, theirs in known.items() if ours in {"title", "text"}}
    names = added_names([name.lower() for name in frame.columns])
    added = pa.schema([field.with_name(name) for name, field in zip(names, ADDED, strict=True)])
    artefacts = _ship(frame, classifier, None)

    def add(batches: Batches) -> Batches:
        model = load_artefacts(*artefacts(), b"").classifier
        for batch in batches:
            reviews = to_reviews(batch, 0, known, {})
            made = score_texts(review_texts(reviews), model).combine_chunks()
            arrays = [*batch.columns, *(column.chunk(0) for column in made.columns)]
            yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema([*batch.schema, *added]))

    return frame.mapInArrow(add, _spark_schema(frame.schema, added))


def mentions(
    frame: DataFrame,
    *,
    themes: PathLike | None = None,
    columns: Mapping[str, str] | None = None,
    classifier: PathLike | None = None,
) -> DataFrame:
    """Return one row per mention of a theme in the reviews of a Spark DataFrame, scored or not, as `MENTIONED`.

    The text of the reviews is read again, so the frame must still hold it. `review_id` is the frame's own or, where it
    has none, the hash of product, customer, date and text that a run gives it; `start` and `end` are characters of the
    normalized title and text. Lazy, as Spark is.

    Raises `ColumnError` for columns that do not fit, among them a frame in which no column tells reviews apart; and
    what `SparkEngine` raises for executors that do not fit.
    """
    known = _columns(frame, columns)
    if not {"review_id", "customer", "created_at"} & set(known):
        raise ColumnError(
            "a mention must name its review, and no column tells reviews apart",
            where=SOURCE,
            hint="say which one it is, e.g. columns={'review_id': 'id'}",
        )
    artefacts = _ship(frame, classifier, themes)

    def find(batches: Batches) -> Batches:
        loaded = load_artefacts(*artefacts(), b"")
        for rows in batches:
            batch = normalize_batch(to_reviews(rows, 0, known, {}), "")
            reading = read_batch(batch, loaded.classifier)
            scores = reading.scores
            found = find_mentions(
                reading.texts, reading.owner, reading.bounds, scores.segment_proba, loaded.themes, scores.proba
            ).combine_chunks()
            review = pa.array(reading.which).take(found.column("review").combine_chunks())
            keys = {name: batch.rows.column(name) for name in KEYS}
            keys["review_id"] = pa.array(_known_ids(batch.rows, batch.review_id), pa.string())
            arrays = [
                keys[field.name].take(review)
                if field.name in keys
                else safe_cues(found, reading)
                if field.name == "cue"
                else found.column(field.name).combine_chunks()
                for field in MENTIONED
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=MENTIONED)

    return frame.mapInArrow(find, _spark_schema(None, MENTIONED))


def _known_ids(rows: pa.RecordBatch, ids: list[str]) -> list[str | None]:
    """Return the ids; null for a row that has none and neither customer nor date, which no id could be made of."""
    given = [rows.column(name).is_valid().to_pylist() for name in ("review_id", "customer", "created_at")]
    return [i if any(there) else None for i, *there in zip(ids, *given, strict=True)]


def _columns(frame: DataFrame, given: Mapping[str, str] | None) -> dict[str, str]:
    asked = check_mapping(given)
    for ours, theirs in asked.items():
        if theirs not in frame.columns:
            raise no_such_column(ours, theirs, frame.columns, SOURCE)
    twice = sorted({name for name in frame.columns if frame.columns.count(name) > 1})
    if twice:
        raise ColumnError(f"there are two columns {twice[0]!r}", where=SOURCE, hint="rename one of them")
    made = set(ADDED.names) - set(asked.values()) if set(ADDED.names) <= set(frame.columns) else set()
    found = find_columns([name for name in frame.columns if name not in made], asked, where=SOURCE)
    kinds = {field.name: field.dataType.typeName() for field in frame.schema}
    if kinds[found["text"]] not in TEXTY:
        raise ColumnError(
            f"the text column {found['text']!r} holds {kinds[found['text']]}, not text",
            where=SOURCE,
            hint="map `text` to another column, or cast it to string",
        )
    return {ours: theirs for ours, theirs in found.items() if kinds[theirs] not in NESTED}


def _ship(
    frame: DataFrame, classifier: PathLike | None, themes: PathLike | None
) -> Callable[[], tuple[str | None, str | None]]:
    """Return a function that says where the artefacts are on an executor; Spark broadcasts what it carries."""
    application = str(frame.sparkSession.conf.get("spark.app.id", ""))
    if application not in _checked:
        check_cluster(frame.sparkSession)
        _checked.add(application)
    packed: list[Packed | None] = [None if path is None else pack(os.fspath(path)) for path in (classifier, themes)]

    def there() -> tuple[str | None, str | None]:
        os.environ["REVIEWLENS_THREADS"] = "1"  # one core per Spark task
        first, second = (None if files is None else str(unpack(files)) for files in packed)
        return first, second

    return there


def _spark_schema(before: Any, added: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema
    from pyspark.sql.types import StructType

    return StructType([*(before.fields if before is not None else ()), *from_arrow_schema(added).fields])
