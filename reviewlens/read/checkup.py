"""A look at the data before the first run: what is there, what is wrong with it, what its gaps cost."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reviewlens import artefact, text
from reviewlens.identify import code_of, language, unlearned
from reviewlens.privacy import clean, mask
from reviewlens.read.columns import CANONICAL
from reviewlens.read.columns import data as known
from reviewlens.read.convert import to_reviews
from reviewlens.read.part import Part
from reviewlens.read.plan import Plan, RejectedFile, plan
from reviewlens.read.showing import as_html, as_text
from reviewlens.read.source import UnreadableError
from reviewlens.read.stars import likely_scale
from reviewlens.read.strings import plain, to_strings, unwrapped
from reviewlens.whole import path_given

if TYPE_CHECKING:
    from reviewlens.classifier import Classifier

SAMPLE_ROWS = 100_000  # in all files together
MIN_ROWS = 500  # of each file
LANGUAGE_TEXTS = 2_000
BATCH_ROWS = 4_096
EXAMPLES = 3  # of each trouble
_TIMES = ("created_at", "exported_at", "deleted_at")


@dataclass(frozen=True)
class Example:
    """A value that could not be read."""

    file: str
    row: int
    column: str
    value: str  # masked and shortened


@dataclass(frozen=True)
class Check:
    """What was found. `rows` and `files` count everything; the rest speaks of the `sampled` first rows of each file."""

    rows: int
    files: int
    size: int  # bytes
    sampled: int
    columns: Mapping[str, str]  # ours -> theirs
    types: Mapping[str, str]  # ours -> type as found; 'a | b' where files differ
    nulls: Mapping[str, float]  # ours -> share of rows without a value, in [0, 1]
    dates: Mapping[str, tuple[str, str]]  # ours -> first and last day
    stars: Mapping[str, int]  # rating -> rows
    languages: Mapping[str, int]  # language -> rows, declared or guessed
    unlearned: Mapping[str, int]  # those of them that the classifier was not trained on; empty where it does not say
    repeated_ids: int  # rows whose id an earlier row has
    repeated_texts: int  # rows whose text an earlier row has
    troubles: Mapping[str, int]  # e.g. 'rating unreadable' -> rows
    examples: tuple[Example, ...]
    missing: Mapping[str, str]  # ours -> what its absence costs
    rejected: tuple[RejectedFile, ...]
    notes: tuple[str, ...]

    @property
    def rejects(self) -> bool:
        """Whether a run would leave out files or rows for what is wrong with them."""
        return bool(self.rejected) or any(trouble.startswith("text ") for trouble in self.troubles)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)


def check(
    data: Any,
    *,
    columns: Mapping[str, str] | None = None,
    classifier: Classifier | str | os.PathLike[str] | None = None,
) -> Check:
    """Say what is in the data, as `reviewlens.analyze` would read it.

    Takes what `analyze` takes; of `classifier`, the bundled one if None, it is told which languages it was not trained
    on. Counts rows and files from the files' footers and reads no more than the first rows of each file, about 100,000
    in all. Raises `InputError` when nothing can be read, `ColumnError` for columns.
    """
    found = plan(data, columns=columns)
    names = {part.name for part in found.parts}
    quota = dict.fromkeys(names, max(MIN_ROWS, SAMPLE_ROWS // max(len(names), 1)))
    look = _Look(max(LANGUAGE_TEXTS // max(len(names), 1), 50))
    for part in found.parts:
        rows = min(part.rows, quota[part.name])
        quota[part.name] -= rows
        if rows or not part.rows:
            look.at(part, rows)
    return look.result(found, _learned(classifier))


def _learned(classifier: Classifier | str | os.PathLike[str] | None) -> tuple[str, ...] | None:
    from reviewlens.classifier import Classifier  # heavy, and often not needed

    if isinstance(classifier, Classifier):
        return classifier.languages
    folder = "a Classifier or the folder of one"
    return artefact.read(
        artefact.bundled() if classifier is None else path_given(classifier, "classifier", accepts=folder)
    ).languages


class _Look:
    """What has been seen so far."""

    def __init__(self, guesses_per_file: int) -> None:
        self.sampled = 0
        self.guesses_per_file = guesses_per_file
        self.guesses: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()
        self.types: dict[str, dict[str, None]] = {}
        self.given: Counter[str] = Counter()
        self.times: dict[str, list[datetime]] = {}
        self.stars: Counter[float] = Counter()
        self.languages: Counter[str] = Counter()
        self.examples: list[Example] = []
        self.ids: set[bytes] = set()
        self.texts: set[bytes] = set()
        self.repeated_ids = self.repeated_texts = 0
        self.damaged: list[RejectedFile] = []

    def at(self, part: Part, rows: int) -> None:
        """Look at the first `rows` rows of a part."""
        columns = dict(part.source.columns)
        wanted = list(dict.fromkeys(columns.values()))
        try:
            for first, batch in part.source.scan(part.first, part.first + rows, wanted, BATCH_ROWS):
                reviews = to_reviews(batch, first, columns, part.constants, self.troubles)
                self.sampled += batch.num_rows
                for ours, theirs in columns.items():
                    given = batch.column(theirs)
                    self.types.setdefault(ours, {})[str(unwrapped(given.type))] = None
                    self._add_examples(part, ours, plain(given), reviews)
                self._count(reviews)
                self._count_languages(part.name, reviews)
        except UnreadableError as error:
            self.damaged.append(RejectedFile(part.name, error.reason, part.rows, error.detail))

    def _add_examples(self, part: Part, ours: str, given: pa.Array, reviews: pa.RecordBatch) -> None:
        shown = sum(example.column == ours for example in self.examples)
        if shown >= EXAMPLES or not any(trouble.startswith(f"{ours} ") for trouble in self.troubles):
            return
        texts, bad = to_strings(given)
        said = pc.and_(texts.is_valid(), pc.not_equal(pc.utf8_trim_whitespace(texts.fill_null("")), ""))
        wrong = pc.or_(bad, pc.and_(said, reviews.column(ours).is_null()))
        for i in pc.indices_nonzero(wrong).to_pylist()[: EXAMPLES - shown]:
            value = mask(clean(texts[i].as_py()[:200]))[:60]
            self.examples.append(Example(part.name, reviews.column("row")[i].as_py(), ours, value))

    def _count(self, reviews: pa.RecordBatch) -> None:
        for name in CANONICAL:
            self.given[name] += len(reviews) - reviews.column(name).null_count
        for name in _TIMES:
            span = pc.min_max(reviews.column(name))
            self.times.setdefault(name, []).extend(v for v in (span["min"].as_py(), span["max"].as_py()) if v)
        for item in pc.value_counts(reviews.column("rating").drop_null()).to_pylist():
            self.stars[round(item["values"], 1)] += item["counts"]
        self.repeated_texts += _repeats(reviews.column("text").to_pylist(), self.texts)
        self.repeated_ids += _repeats(reviews.column("review_id").to_pylist(), self.ids)

    def _count_languages(self, name: str, reviews: pa.RecordBatch) -> None:
        for declared, body in zip(
            reviews.column("language").to_pylist(), reviews.column("text").to_pylist(), strict=True
        ):
            if declared and (code := code_of(declared)):
                self.languages[code] += 1
            elif body and self.guesses[name] < self.guesses_per_file:
                self.guesses[name] += 1
                self.languages[language(text.normalize(body[:2000]))] += 1

    def _off_scale(self) -> Counter[str]:
        """Count the ratings that a run would take for slips: those above the likely scale."""
        scale = likely_scale(np.repeat(list(self.stars.keys()), list(self.stars.values())).astype(float))
        return Counter({"rating off_scale": sum(rows for rating, rows in self.stars.items() if rating > scale)})

    def result(self, found: Plan, learned: tuple[str, ...] | None) -> Check:
        """Return what has been seen."""
        names = {part.name for part in found.parts} - {file.name for file in self.damaged}
        days = {name: (min(times), max(times)) for name, times in self.times.items() if times}
        return Check(
            rows=found.rows,
            files=len(names),
            size=sum({part.name: part.size for part in found.parts}.values()),
            sampled=self.sampled,
            columns=found.columns,
            types={ours: " | ".join(kinds) for ours, kinds in self.types.items()},
            nulls={
                ours: round(1 - self.given[ours] / self.sampled, 4) if self.sampled else 0.0 for ours in found.columns
            },
            dates={name: (first.date().isoformat(), last.date().isoformat()) for name, (first, last) in days.items()},
            stars={f"{star:g}": count for star, count in sorted(self.stars.items())},
            languages=dict(self.languages.most_common()),
            unlearned=unlearned(self.languages, learned) or {},
            repeated_ids=self.repeated_ids,
            repeated_texts=self.repeated_texts,
            troubles=dict(sorted((self.troubles + self._off_scale()).items())),
            examples=tuple(self.examples),
            missing={ours: known("columns.toml")[ours]["without"] for ours in CANONICAL if ours not in found.columns},
            rejected=(*found.rejected, *self.damaged),
            notes=found.notes,
        )


def _repeats(values: list[str | None], seen: set[bytes]) -> int:
    """Count the values that were seen before; a blank is no value."""
    count = 0
    for value in values:
        if value and not value.isspace():
            key = hashlib.blake2b(" ".join(value.split()).encode(), digest_size=8).digest()
            count += key in seen
            seen.add(key)
    return count
