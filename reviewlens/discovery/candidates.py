"""Has the unassigned text grown a new theme? Asked every night, from counts of phrases alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Candidate:
    """A phrase, with those that contain it or lie in it, that unassigned text holds more often than before.

    `now` and `before` are counts of the leading phrase; `p_value` is one-sided, not yet corrected.
    """

    phrases: tuple[str, ...]
    now: int
    before: int
    p_value: float


def _related(one: str, two: str) -> bool:
    if one.isascii() and two.isascii():
        return bool(set(one.split()) & set(two.split()))
    return one in two or two in one


def candidate_themes(
    phrases_now: Mapping[str, int],
    phrases_before: Mapping[str, int],
    *,
    least: int = 10,
    growth: float = 2.0,
    false_discovery_rate: float = 0.05,
) -> list[Candidate]:
    """Return the candidates for a new theme, the strongest first.

    Args:
        phrases_now: count of each phrase in the unassigned clauses of this period.
        phrases_before: the same for a period before, of any length.
        least: a candidate's phrase is there at least this many times now.
        growth: its share must have grown at least so many times.
        false_discovery_rate: of the phrases tested, by Benjamini and Hochberg (1995).

    Each phrase is tested with the exact conditional test of two Poisson rates (Przyborowski and Wilenski, 1940), the
    sums of all counts being the exposures; a phrase never seen before counts as seen half a time for its growth.
    """
    from scipy.stats import binom

    total_now, total_before = sum(phrases_now.values()), sum(phrases_before.values())
    if not total_now:
        return []
    names = sorted(name for name, count in phrases_now.items() if count >= least)
    if not total_before:
        return _grouped([Candidate((name,), phrases_now[name], 0, 0.0) for name in names])
    now = np.array([phrases_now[name] for name in names])
    before = np.array([phrases_before.get(name, 0) for name in names])
    p_values = binom.sf(now - 1, now + before, total_now / (total_now + total_before))
    grown = now / total_now >= growth * np.maximum(before, 0.5) / total_before
    order = np.argsort(p_values, kind="stable")
    limit = false_discovery_rate * np.arange(1, len(names) + 1) / max(1, len(names))
    passed = np.flatnonzero(p_values[order] <= limit)
    chosen = order[: passed[-1] + 1] if len(passed) else order[:0]
    found = [Candidate((names[i],), int(now[i]), int(before[i]), float(p_values[i])) for i in chosen if grown[i]]
    return _grouped(found)


def _grouped(found: list[Candidate]) -> list[Candidate]:
    groups: list[Candidate] = []
    for one in sorted(found, key=lambda c: (c.p_value, -c.now, c.phrases)):
        home = next((i for i, g in enumerate(groups) if any(_related(one.phrases[0], p) for p in g.phrases)), None)
        if home is None:
            groups.append(one)
        else:
            lead = groups[home]
            groups[home] = Candidate((*lead.phrases, *one.phrases), lead.now, lead.before, lead.p_value)
    return groups
