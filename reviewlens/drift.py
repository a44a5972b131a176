"""Drift: how far the reviews of this night lie from those of the nights before.

Each part leaves a profile, the histograms of score, length, share of unknown tokens and language. Two profiles are
compared by the population stability index (Siddiqi, "Credit Risk Scorecards", 2006): the sum over bins of
(p - q) ln(p / q), 0 for equal shares. Its author reads less than .1 as no change and more than .25 as a shift.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reviewlens.schemas import SCORED_REASON

Profile = dict[str, dict[str, int]]

SIGNALS = ("score", "length", "unknown", "language")
_SCORE_EDGES = np.arange(-8_000, 8_001, 2_000)  # ten bins of ten-thousandths
_LENGTH_EDGES = 2 ** np.arange(2, 13)  # characters: each bin is twice as wide as the one before
_UNKNOWN_EDGES = np.array([1, 100, 200, 500, 1_000, 2_000, 5_000])  # ten-thousandths


def profile_of(scored: pa.RecordBatch) -> Profile:
    """Return the histograms of the reviews that were read in a batch with the schema `SCORED`."""
    read = scored.filter(pc.equal(scored.column("reason"), SCORED_REASON))
    edges = {"score": _SCORE_EDGES, "length": _LENGTH_EDGES, "unknown": _UNKNOWN_EDGES}
    columns = {"score": "score", "length": "chars", "unknown": "unknown"}
    found: Profile = {name: _histogram(read.column(columns[name]), edges[name]) for name in edges}
    counts = pc.value_counts(read.column("language")).to_pylist()
    return found | {"language": {str(item["values"]): item["counts"] for item in counts}}


def merge(profiles: Iterable[Profile]) -> Profile:
    """Return the sum of profiles."""
    total: dict[str, Counter[str]] = {name: Counter() for name in SIGNALS}
    for profile in profiles:
        for name in SIGNALS:
            total[name].update(profile.get(name, {}))
    return {name: dict(sorted(counts.items())) for name, counts in total.items()}


def size(profile: Profile) -> int:
    """Return the number of reviews in a profile."""
    return sum(profile.get("score", {}).values())


def stability_index(reference: Mapping[str, int], current: Mapping[str, int]) -> float:
    """Return the population stability index of two histograms, at least 0; half a review is added to every bin."""
    bins = sorted({*reference, *current})
    whole = [sum(side.values()) + len(bins) / 2 for side in (reference, current)]
    shares = [((reference.get(b, 0) + 0.5) / whole[0], (current.get(b, 0) + 0.5) / whole[1]) for b in bins]
    return max(0.0, math.fsum((p - q) * math.log(p / q) for q, p in shares))


def compare(reference: Profile, current: Profile, *, threshold: float, min_reviews: int) -> dict[str, Any]:
    """Say how far `current` lies from `reference`.

    Returns `reviews` and `reference_reviews`, the `index` of each signal, rounded to four digits, and `drifted`, the
    signals above `threshold`. Below `min_reviews` on either side there is no index: chance would decide it.
    """
    sizes = {"reviews": size(current), "reference_reviews": size(reference)}
    if min(sizes.values()) < min_reviews:
        return {**sizes, "index": {}, "drifted": []}
    index = {name: round(stability_index(reference[name], current[name]), 4) for name in SIGNALS}
    return {**sizes, "index": index, "drifted": [name for name in SIGNALS if index[name] > threshold]}


def _histogram(column: pa.Array, edges: np.ndarray[Any, Any]) -> dict[str, int]:
    places = np.searchsorted(edges, column.to_numpy(zero_copy_only=False), side="right")
    values, counts = np.unique(places, return_counts=True)
    return {f"{value:02d}": int(count) for value, count in zip(values, counts, strict=True)}
