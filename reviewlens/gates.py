"""Gates: what makes a published run fail on the user's wish, drift and new alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reviewlens import drift
from reviewlens.config import RunOptions
from reviewlens.errors import GateError


def measure_drift(
    last: Mapping[str, Any] | None, new: Sequence[drift.Profile], options: RunOptions, *, changed: Sequence[str] = ()
) -> dict[str, Any]:
    """Compare the reviews scored tonight with those of the nights before, as the last manifest remembers them.

    Where something `changed` for which old reviews were scored again, nothing is compared, for they are no news of
    tonight; after another model, what it says of them is what later nights are compared with.

    Returns what `drift.compare` says, and `history`: the profiles of the last nights that had new reviews.
    """
    history = list(last.get("drift", {}).get("history", [])) if last else []
    current = drift.merge(new)
    if set(changed) - {"config"}:
        found = drift.compare(drift.merge([]), current, threshold=options.drift_threshold, min_reviews=1)
        return {**found, "history": [current] if {"classifier", "format"} & set(changed) else history}
    found = drift.compare(
        drift.merge(history[-options.drift_nights :]),
        current,
        threshold=options.drift_threshold,
        min_reviews=options.drift_min_reviews,
    )
    if drift.size(current):
        history.append(current)
    return {**found, "history": history[-options.drift_nights :]}


def new_alerts(before: Mapping[str, pd.DataFrame] | None, now: pd.DataFrame) -> int:
    """Return how many alerts the tables of the run before did not have."""
    keys = list(now.columns[: list(now.columns).index("reviews")])
    if before is None or "alerts" not in before or not set(keys) <= set(before["alerts"].columns):
        return len(now)
    known = set(before["alerts"][keys].astype(str).itertuples(index=False, name=None))
    return sum(key not in known for key in now[keys].astype(str).itertuples(index=False, name=None))


def check_gates(manifest: Mapping[str, Any], options: RunOptions) -> None:
    """Raise `GateError` where a gate of `fail_on` does not hold; the run stays published."""
    drifted, alerts = manifest["drift"]["drifted"], manifest["counts"]["new_alerts"]
    failed = []
    if "drift" in options.fail_on and drifted:
        index = manifest["drift"]["index"]
        named = ", ".join(f"{name} {index[name]:.2f}" for name in drifted)
        failed.append(f"drift above {options.drift_threshold}: {named}")
    if "alerts" in options.fail_on and alerts:
        failed.append(f"{alerts:,} new alerts")
    if failed:
        raise GateError(
            f"the run is published, but {' and '.join(failed)}",
            hint="look at the report; `reviewlens status` shows drift, the table `alerts` shows alerts",
        )
