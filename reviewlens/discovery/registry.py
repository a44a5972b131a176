"""The registry: theme ids that outlive a discovery.

Themes found now are matched to the themes of before by the cues they share. A theme keeps its id for life; ids of
retired themes stay in the log and are never given again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Cues = Mapping[str, float]

SAME = 0.2
"""Least likeness of cues, in [0, 1], at which a theme of now is the theme of before."""
PART = 0.5
"""Least share of its cues that a theme must have found in another, to be told as merged into it or split from it."""


@dataclass(frozen=True)
class Event:
    """What became of a theme: `born`, `split` from another, `merged` into another, or `retired`."""

    event: str
    theme_id: str
    other: str = ""


def likeness(one: Cues, two: Cues) -> float:
    """Return the weighted Jaccard likeness of two bags of cues, in [0, 1], each scaled to a sum of 1."""
    total_one, total_two = sum(one.values()), sum(two.values())
    if total_one <= 0 or total_two <= 0:
        return 0.0
    shared = sum(min(weight / total_one, two.get(cue, 0.0) / total_two) for cue, weight in one.items())
    return shared / (2 - shared)


def _held(one: Cues, two: Cues) -> float:
    """Return the share of the weight of `one` on cues that `two` has too."""
    total = sum(one.values())
    return sum(weight for cue, weight in one.items() if cue in two) / total if total > 0 else 0.0


def next_ids(used: Iterable[str], count: int) -> list[str]:
    """Return `count` new ids `t001`, `t002`, ..., beyond every id that was ever used."""
    last = max((int(m[1]) for name in used if (m := re.fullmatch(r"t(\d+)", name))), default=0)
    return [f"t{number:03d}" for number in range(last + 1, last + count + 1)]


def _pairs(before: Sequence[Cues], now: Sequence[Cues]) -> list[tuple[int, int]]:
    from scipy.optimize import linear_sum_assignment

    if not before or not now:
        return []
    table: NDArray[np.float64] = np.array([[likeness(old, new) for new in now] for old in before])
    rows, columns = linear_sum_assignment(-table)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if table[r, c] >= SAME]


def carry_over(
    before: Mapping[str, Cues], now: Sequence[Cues], *, used: Iterable[str] = (), known: Mapping[int, str] | None = None
) -> tuple[list[str], list[Event]]:
    """Give each theme of `now` the id of the theme of `before` that it continues, or a new one.

    Args:
        before: cues of each living theme, by id.
        now: cues of the themes just found.
        used: further ids that must not be given, as those of retired themes.
        known: the id of those themes of `now`, by position, that are known to continue one of `before`.

    Returns:
        The id of each theme of `now`, all different, and the events, in the order of `before` and then of `now`.
    """
    old_ids = list(before)
    matched = dict(known or {})
    rest = [i for i in old_ids if i not in matched.values()]
    open_places = [i for i in range(len(now)) if i not in matched]
    pairs = _pairs([before[i] for i in rest], [now[i] for i in open_places])
    matched |= {open_places[column]: rest[row] for row, column in pairs}
    fresh = iter(next_ids([*old_ids, *used], len(now) - len(matched)))
    ids = [matched[i] if i in matched else next(fresh) for i in range(len(now))]
    cues = dict(zip(ids, now, strict=True))
    events = []
    for old in old_ids:
        if old in cues:
            continue
        heirs = [(_held(before[old], cues[new]), new) for new in ids]
        share, heir = max(heirs, default=(0.0, ""))
        events.append(Event("merged", old, heir) if share >= PART else Event("retired", old))
    for new in ids:
        if new not in before:
            parents = [(_held(cues[new], before[old]), old) for old in old_ids]
            share, parent = max(parents, default=(0.0, ""))
            events.append(Event("split", new, parent) if share >= PART else Event("born", new))
    return ids, events
