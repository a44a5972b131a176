"""The heart: reviews in, scores and mentions out, one record batch at a time.

Pure functions of a batch and of frozen artefacts. What is said of a review depends on its title, text and declared
language alone, never on its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reviewlens import needs, text
from reviewlens.classifier import Classifier, SegmentScores
from reviewlens.digests import hash64, hashes, letters_of, text_hashes
from reviewlens.duplicates import bands
from reviewlens.identify import code_of, languages
from reviewlens.privacy import hash_customers
from reviewlens.privacy.excerpts import veil
from reviewlens.quotes import QUOTE_CHARS, Quotes, quotes, safe_quotes
from reviewlens.schemas import MENTIONS, OTHER, SCALE, SCORED, SCORED_REASON
from reviewlens.themes import ThemeSet

LONGEST_BOILERPLATE = 60  # characters
SHORT_CLAUSE = 6  # characters; a shorter one says too little to stand for a review


class Artefacts(NamedTuple):
    """What is learned beside the river and applied here."""

    classifier: Classifier
    themes: ThemeSet
    key: bytes  # of the customer hashes


class Batch(NamedTuple):
    """Normalized reviews: the columns of `REVIEWS` plus what identifies and joins them."""

    rows: pa.RecordBatch
    written: list[str]  # title and text, joined
    texts: list[str]  # the same, normalized: of equal length
    review_id: list[str]
    key: NDArray[np.int64]
    content: NDArray[np.int64]
    reason: list[str]


class Reading(NamedTuple):
    """What the classifier saw in one pass: reviews that are read, their clauses and the scores of both."""

    which: NDArray[np.int64]  # index in the batch of each review read
    texts: list[str]
    veiled: list[str]  # as they were written, with marks in place of personal data: what quotes are cut from
    owner: NDArray[np.int32]  # clause -> index in `texts`
    bounds: NDArray[np.int32]
    scores: SegmentScores


def join(title: str | None, body: str | None) -> str:
    """Return title and text as one text; a title that the text repeats is not said twice."""
    title, body = (title or "").strip(), body or ""
    if not title or body.lstrip().startswith(title):
        return body
    return f"{title}\n{body}" if body.strip() else title


def normalize_batch(rows: pa.RecordBatch, source: str) -> Batch:
    """Join, normalize and identify the reviews of a batch with the schema `REVIEWS`.

    `source` names the file, table or list. A review is known by its id; else by product, customer, date and text, if
    there is a customer or a date (two customers may well say "good" of one product); else by source and row.
    """
    columns = {name: rows.column(name).to_pylist() for name in _READ}
    written = [join(t, b) for t, b in zip(columns["title"], columns["text"], strict=True)]
    texts = text.normalize_all(written)
    numbers = rows.column("row").to_pylist()
    times = {name: pc.cast(rows.column(name), pa.int64()).to_pylist() for name in ("created_at", "deleted_at")}
    review_id, reason = [], []
    for i, given in enumerate(columns["review_id"]):
        customer, created = columns["customer"][i], times["created_at"][i]
        if given:
            identity = given
        elif customer is not None or created is not None:
            fields = (columns["product_id"][i], customer, created, texts[i])
            identity = f"{hash64(*map(str, fields)) & (2**64 - 1):016x}"
        else:
            identity = f"{source}:{numbers[i]}"
        review_id.append(identity)
        reason.append(_reason(columns["reason"][i], times["deleted_at"][i], texts[i]))
    return Batch(rows, written, texts, review_id, hashes(review_id), hashes(_everything(rows)), reason)


_READ = ("review_id", "product_id", "title", "text", "customer", "reason")
_STRINGS = ("review_id", "product_id", "product_name", "category")
_MORE_STRINGS = ("title", "text", "customer", "language", "reason")


def _everything(rows: pa.RecordBatch) -> pa.Array:
    """Return all that an export says of each review, as one text."""
    rating = rows.column("rating").dictionary_encode()
    spelled = pa.array(list(map(str, rating.dictionary.to_pylist())), pa.string()).take(rating.indices)
    times = [pc.cast(rows.column(name), pa.int64()).cast(pa.string()) for name in ("created_at", "deleted_at")]
    before, after = ([rows.column(name) for name in names] for names in (_STRINGS, _MORE_STRINGS))
    values = [pc.fill_null(array, "None").cast(pa.large_string()) for array in (*before, spelled, *after, *times)]
    return pc.binary_join_element_wise(*values, pa.scalar("\x1f", pa.large_string()))


def _reason(given: str | None, deleted_at: int | None, body: str) -> str:
    if deleted_at is not None:
        return "deleted"
    if given:
        return given
    if not body or body.isspace():
        return "empty_text"
    return "boilerplate" if len(body) < LONGEST_BOILERPLATE and letters_of(body) in boilerplate() else SCORED_REASON


@cache
def boilerplate() -> frozenset[str]:
    """Return what shops write where a customer wrote nothing."""
    lines = (files("reviewlens") / "data" / "boilerplate.txt").read_text("utf-8").splitlines()
    return frozenset(letters_of(line) for line in lines if not line.startswith("#"))


def read_batch(batch: Batch, classifier: Classifier) -> Reading:
    """Score reviews and clauses in one pass; equal texts are read once."""
    which = np.array([i for i, reason in enumerate(batch.reason) if reason == SCORED_REASON], np.int64)
    texts = [batch.texts[i] for i in which]
    owner, bounds = text.segments(texts)
    veiled = veil(texts, [batch.written[i] for i in which])
    return Reading(which, texts, veiled, owner, bounds, classifier.score_segments(texts, owner, bounds))


def scored_batch(
    batch: Batch, reading: Reading, shown: Sequence[str | None], artefacts: Artefacts, part: int
) -> pa.RecordBatch:
    """Return the batch as `SCORED`: every row with its reason, those that were read with their scores and quotes."""
    n = batch.rows.num_rows
    scores, which = reading.scores, reading.which
    whole = ten_thousandths(scores.proba)
    whole[:, 1] = SCALE - whole[:, 0] - whole[:, 2]
    declared = batch.rows.column("language").to_pylist()
    clauses = (reading.owner, scores.segment_proba, reading.texts, reading.bounds)
    polarity = needs.review_polarity(scores.proba, *clauses, artefacts.classifier.abstain_below)
    text_hash = text_hashes(reading.texts)
    found = {
        "text_hash": text_hash,
        "bands": _lists(bands(reading.texts, text_hash)),
        "language": _languages([declared[i] for i in which], reading.texts),
        "chars": [len(t) for t in reading.texts],
        "unknown": ten_thousandths(scores.unknown),
        "polarity": list(polarity),
        "p_negative": whole[:, 0],
        "p_neutral": whole[:, 1],
        "p_positive": whole[:, 2],
        "score": whole[:, 2] - whole[:, 0],
        "stars": ten_thousandths(scores.stars),
        "quote": shown,
    }
    arrays = {
        "part": np.full(n, part, np.int64),
        "key": batch.key,
        "content": batch.content,
        "reason": batch.reason,
        "review_id": batch.review_id,
        "customer": hash_customers(batch.rows.column("customer"), artefacts.key),
        "product_name": _masked(batch.rows.column("product_name")),
        "category": _masked(batch.rows.column("category")),
    }
    columns = []
    for field in SCORED:
        if field.name in found:
            columns.append(_scatter(found[field.name], which, n, field.type))
        elif field.name in arrays:
            columns.append(pa.array(arrays[field.name], field.type))
        else:
            columns.append(batch.rows.column(field.name))
    return pa.RecordBatch.from_arrays(columns, schema=SCORED)


def mention_batch(batch: Batch, reading: Reading, found: pa.Table, shown: Quotes, part: int) -> pa.RecordBatch:
    """Return what `needs.mentions` found in the reviews that were read, with its quotes, as `MENTIONS`."""
    review = found.column("review").to_numpy()
    index = reading.which[review] if len(review) else np.zeros(0, np.int64)
    arrays = {
        "part": np.full(len(review), part, np.int64),
        "row": batch.rows.column("row").to_numpy()[index],
        "review_id": pa.array(batch.review_id, pa.string()).take(pa.array(index)),
        "score": ten_thousandths(found.column("score").to_numpy()),
        "wish": _excerpts(found, reading, found.column("wish_start").combine_chunks().is_valid(), "wish"),
        "quote": shown.text,
        "quote_rank": shown.rank,
        "cue": safe_cues(found, reading),
    }
    columns = [
        pa.array(arrays[field.name], field.type)
        if field.name in arrays
        else found.column(field.name).combine_chunks().cast(field.type)
        for field in MENTIONS
    ]
    return pa.RecordBatch.from_arrays(columns, schema=MENTIONS)


def read_rows(rows: pa.RecordBatch, source: str, artefacts: Artefacts) -> tuple[Batch, Reading]:
    """Return a `REVIEWS` batch in normal form, and what the classifier saw in it."""
    batch = normalize_batch(rows, source)
    return batch, read_batch(batch, artefacts.classifier)


def told(batch: Batch, reading: Reading, artefacts: Artefacts, part: int) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Return what is stored of a batch that was read, as `SCORED` and `MENTIONS`."""
    scores = reading.scores
    found = needs.mentions(
        reading.texts, reading.owner, reading.bounds, scores.segment_proba, artefacts.themes, scores.proba
    )
    of_reviews, of_mentions = _quoted(reading, found)
    return (
        scored_batch(batch, reading, of_reviews, artefacts, part),
        mention_batch(batch, reading, found, of_mentions, part),
    )


def ten_thousandths(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return values as whole ten-thousandths, rounded half to even."""
    return np.rint(np.asarray(values, np.float64) * SCALE).astype(np.int64)


def safe_cues(found: pa.Table, reading: Reading) -> pa.Array:
    """Return the cues of mentions as they may leave the job; a wish that fits no theme has the customer's words."""
    own = pc.equal(found.column("theme_id").combine_chunks(), OTHER)
    return pc.if_else(own, _excerpts(found, reading, own, "cue"), _masked(found.column("cue").combine_chunks()))


def _excerpts(found: pa.Table, reading: Reading, which: pa.Array, name: str) -> pa.Array:
    """Return what the customers said from `<name>_start` to `<name>_end`, safe, of some mentions; null elsewhere."""
    rows = found.select(["review", f"{name}_start", f"{name}_end"]).filter(which)
    spans = zip(*(column.to_pylist() for column in rows.columns), strict=True)
    said = pa.array(safe_quotes([reading.veiled[r][a:b] for r, a, b in spans]), pa.string())
    chosen = which.to_numpy(zero_copy_only=False)
    return said.take(pa.array(np.cumsum(chosen) - 1, mask=~chosen))


def _masked(column: pa.Array) -> pa.Array:
    distinct = column.dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        distinct.indices, pa.array(safe_quotes(distinct.dictionary.to_pylist()), pa.string())
    ).cast(pa.string())


def _quoted(reading: Reading, found: pa.Table) -> tuple[list[str | None], Quotes]:
    """Return a quote of each review, and those of its mentions: both often quote the same."""
    best = _best_clauses(reading)
    clauses = np.concatenate([best, found.column("segment").to_numpy()])
    cues = [""] * len(best) + found.column("cue").to_pylist()
    shown = quotes(reading.veiled, reading.owner, reading.bounds, clauses, cues)
    of_reviews: list[str | None] = [None] * len(reading.texts)
    for owner, quote in zip(reading.owner[best].tolist(), shown.text[: len(best)], strict=True):
        of_reviews[owner] = quote
    return of_reviews, Quotes(shown.text[len(best) :], shown.rank[len(best) :])


def _best_clauses(reading: Reading) -> NDArray[np.int64]:
    """Return for each review that has clauses the one of the strongest score on the review's own side, ascending.

    What reads well is preferred, then what comes first.
    """
    proba, clauses = reading.scores.proba, reading.scores.segment_proba
    side = np.where(proba[:, 2] >= proba[:, 0], 1, -1)
    strength = ten_thousandths(clauses[:, 2] - clauses[:, 0]) * side[reading.owner]
    length = reading.bounds[:, 1] - reading.bounds[:, 0]
    poor = (length < SHORT_CLAUSE) | (length > QUOTE_CHARS)
    order = (poor * (2 * SCALE + 1) + SCALE - strength) * len(length) + np.arange(len(length))
    begins = np.flatnonzero(np.diff(reading.owner, prepend=-1))
    best: NDArray[np.int64] = np.minimum.reduceat(order, begins) % len(length) if len(begins) else begins
    return best


def _languages(declared: Sequence[str | None], texts: Sequence[str]) -> list[str]:
    """Return the declared language of each text, and the likely one where none is declared that is known."""
    codes = [code_of(said) if said else None for said in declared]
    open_rows = [row for row, code in enumerate(codes) if not code]
    found = dict(zip(open_rows, languages([texts[row] for row in open_rows]), strict=True))
    return [code or found[row] for row, code in enumerate(codes)]


def _scatter(values: object, which: NDArray[np.int64], n: int, kind: pa.DataType) -> pa.Array:
    """Return `values` at the places `which` of an array of length n, null elsewhere."""
    array = values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, kind)
    if len(which) == n:
        return array
    index = np.full(n, -1, np.int64)
    index[which] = np.arange(len(which))
    return array.take(pa.array(index, mask=index < 0))


def _lists(rows: NDArray[np.int64]) -> pa.Array:
    """Return the rows of a matrix as lists."""
    ends = np.arange(len(rows) + 1, dtype=np.int32) * rows.shape[1]
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(rows.ravel()))
