"""Needs: from clauses and cues to mentions with polarity and intent, and from clauses to the polarity of a review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from reviewlens.intent import find_wishes
from reviewlens.opinion import in_context, lean, leaned
from reviewlens.schemas import ABSTAINED, INTENTS, LABELS, MIXED, OTHER

MIXED_SHARE = 0.25  # of the clauses with an opinion that must stand on the weaker side for a review to be mixed
SURE = 0.6  # probability from which a clause has an opinion
# A review of so few clauses that is less sure than this is what its clauses say: docs/needs.md has what that is worth.
FEW, OPEN = 3, 0.75
PLAIN = 1.5  # fixed expressions' worth from which words say it plainly: a denied one does, "It is not overpriced"

MENTION_COLUMNS = pa.schema(
    [
        ("review", pa.int32()),
        ("segment", pa.int32()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("theme_id", pa.string()),
        ("cue", pa.string()),
        ("cue_start", pa.int32()),
        ("cue_end", pa.int32()),
        ("polarity", pa.string()),
        ("score", pa.float32()),
        ("intent", pa.string()),
        ("wish_start", pa.int32()),
        ("wish_end", pa.int32()),
    ]
)


class _Theme(Protocol):
    @property
    def theme_id(self) -> str: ...


class _Found(Protocol):
    @property
    def segment(self) -> NDArray[np.int32]: ...
    @property
    def theme(self) -> NDArray[np.int32]: ...
    @property
    def cue(self) -> NDArray[np.object_]: ...
    @property
    def start(self) -> NDArray[np.int32]: ...
    @property
    def end(self) -> NDArray[np.int32]: ...


class Themes(Protocol):
    """What finds themes in clauses: a `ThemeSet`."""

    @property
    def themes(self) -> Sequence[_Theme]:
        """The themes, in the order of the indices that `find` gives."""

    def find(self, texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> _Found:
        """Return one row per clause and theme."""


def mentions(
    texts: Sequence[str],
    owner: NDArray[np.int32],
    bounds: NDArray[np.int32],
    segment_proba: NDArray[np.float32],
    themes: Themes,
    review_proba: NDArray[np.float32] | None = None,
) -> pa.Table:
    """Return the mentions in n reviews with m clauses as a table of `MENTION_COLUMNS`, sorted by clause and place.

    A wish that fits no theme is a mention of "other", with what is wished for as its cue.

    Args:
        texts: n normalized reviews.
        owner: Index of the review of each clause, shape (m,), ascending.
        bounds: First and past-the-last character of each clause in its review, shape (m, 2).
        segment_proba: Probabilities of negative, neutral and positive per clause, shape (m, 3).
        themes: The theme set.
        review_proba: The same probabilities per review, shape (n, 3): what a clause leaves open, its review decides.
    """
    found, wished = themes.find(texts, owner, bounds), find_wishes(texts, owner, bounds)
    wish_of = np.full(len(owner), -1, np.int64)
    wish_of[wished.segment] = np.arange(len(wished.segment))
    bare = np.setdiff1d(wished.segment, found.segment)
    alone = wish_of[bare]
    segment = np.concatenate([found.segment, bare]).astype(np.int32)
    start = np.concatenate([found.start, wished.start[alone]])
    end = np.concatenate([found.end, wished.end[alone]])
    ids = np.array([*(t.theme_id for t in themes.themes), OTHER], dtype=object)
    theme_id = ids[np.concatenate([found.theme, np.full(len(bare), len(ids) - 1)]).astype(np.int64)]
    spans = zip(owner[bare].tolist(), wished.start[alone].tolist(), wished.end[alone].tolist(), strict=True)
    cue = [*found.cue, *(texts[o][a:b] for o, a, b in spans)]
    seen = segment_proba if review_proba is None else in_context(segment_proba, owner, review_proba)
    proba = leaned(seen, lean(texts, owner, bounds))[segment]
    wish = wish_of[segment]
    side = proba.argmax(axis=1) if len(proba) else np.zeros(0, np.int64)
    no_wish = wish < 0
    table = pa.table(
        [
            pa.array(owner[segment], pa.int32()),
            pa.array(segment, pa.int32()),
            pa.array(bounds[segment, 0], pa.int32()),
            pa.array(bounds[segment, 1], pa.int32()),
            pa.array(theme_id, pa.string()),
            pa.array(cue, pa.string()),
            pa.array(start, pa.int32()),
            pa.array(end, pa.int32()),
            _names(LABELS, side),
            pa.array(proba[:, 2] - proba[:, 0], pa.float32()),
            _names(INTENTS, np.where(no_wish, np.array([1, 3, 0])[side], 2)),
            _spans(wished.start, wish),
            _spans(wished.end, wish),
        ],
        schema=MENTION_COLUMNS,
    )
    return table.take(np.lexsort((np.arange(len(segment)), start, segment)))


def _spans(ends: NDArray[np.int32], wish: NDArray[np.int64]) -> pa.Array:
    return pa.array(ends, pa.int32()).take(pa.array(wish, pa.int64(), mask=wish < 0))


def _names(names: Sequence[str], index: NDArray[np.int64]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(index, pa.int64()))


def review_polarity(
    proba: NDArray[np.float32],
    owner: NDArray[np.int32],
    segment_proba: NDArray[np.float32],
    texts: Sequence[str],
    bounds: NDArray[np.int32],
    abstain_below: float = 0.0,
) -> NDArray[np.object_]:
    """Return negative, neutral, mixed or positive for n reviews, or abstained.

    A review is mixed where its clauses disagree: of the clauses whose negative or positive probability is at least
    `SURE`, the weaker side has at least `MIXED_SHARE`. Else it is what the whole review most probably is; or, if it has
    at most `FEW` clauses, what all of these say, their words considered, where the whole is less probable than `OPEN`,
    and what the words of one say with at least `PLAIN` fixed expressions' worth where those of none say the contrary.
    Where it is not mixed, and the whole review less probable than `abstain_below`, it is abstained from.

    Args:
        proba: Probabilities of negative, neutral and positive per review, shape (n, 3).
        owner: Index of the review of each clause, shape (m,), ascending.
        segment_proba: The same per clause, shape (m, 3).
        texts: The n normalized reviews.
        bounds: First and past-the-last character of each clause in its review, shape (m, 2).
    """
    against = np.bincount(owner[segment_proba[:, 0] >= SURE], minlength=len(proba))
    in_favor = np.bincount(owner[segment_proba[:, 2] >= SURE], minlength=len(proba))
    weaker = np.minimum(against, in_favor)
    mixed = (weaker > 0) & (weaker >= MIXED_SHARE * (against + in_favor))
    side = proba.argmax(axis=1) if len(proba) else np.zeros(0, np.int64)
    counts = np.bincount(owner, minlength=len(proba))
    few = (counts > 0) & (counts <= FEW) & ~mixed
    short = np.flatnonzero(few)
    if len(short):
        rows = np.flatnonzero(few[owner])
        own = np.searchsorted(short, owner[rows]).astype(np.int32)
        words = lean([texts[i] for i in short.tolist()], own, bounds[rows])
        said = leaned(in_context(segment_proba[rows], own, proba[short]), words).argmax(axis=1)
        first = said[np.searchsorted(own, np.arange(len(short)))]
        agreed = ~_any(said != first[own], own, short) & (first != LABELS.index("neutral"))
        doubted = agreed & (proba[short].max(axis=1) < OPEN)
        side[short[doubted]] = first[doubted]
        for sign, label in ((1, "positive"), (-1, "negative")):
            plain = _any(sign * words >= PLAIN, own, short) & ~_any(sign * words < 0, own, short)
            side[short[plain]] = LABELS.index(label)
    names = np.array(LABELS, dtype=object)[side]
    if abstain_below:
        names[proba.max(axis=1, initial=0.0) < abstain_below] = ABSTAINED
    names[mixed] = MIXED
    result: NDArray[np.object_] = names
    return result


def _any(marks: NDArray[np.bool_], own: NDArray[np.int32], reviews: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each of some reviews whether one of its clauses is marked."""
    return np.bincount(own[marks], minlength=len(reviews)) > 0
