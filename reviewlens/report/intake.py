"""How sure the numbers are, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviewlens.report.page import Page

MOST_FILES = 20
MODEL_KEYS = 12


def intake(page: Page) -> Mapping[str, Any] | None:
    """Every row that was read, by what became of it; the counts add up to the rows."""
    words = page.words
    table = page.table("intake").sort_values(["reviews", "reason"], ascending=[False, True])
    files = page.manifest.get("quarantined", [])
    return {
        "rows": [
            {"reason": reason, "name": words.name_of("reason", reason), "n": int(n)}
            for reason, n in zip(table["reason"], table["reviews"], strict=True)
        ],
        "total": int(table["reviews"].sum()) if len(table) else 0,
        "files": [{**file, "why": words.name_of("reason", file["reason"])} for file in files[:MOST_FILES]],
        "more_files": max(0, len(files) - MOST_FILES),
        "missing": [name for name in ("product_id", "created_at", "rating") if not _known(page, name)],
    }


def _known(page: Page, column: str) -> bool:
    if column == "product_id":
        return len(page.table("products")) > 0
    if column == "created_at":
        return len(page.table("periods")) > 0
    return any(len(t) and t["rated"].sum() > 0 for t in (page.table("products"), page.table("periods")))


def trust(page: Page) -> Mapping[str, Any] | None:
    """The model and its measurements, the words it does not know, and drift, as the manifest has them."""
    manifest = page.manifest
    model = manifest.get("model", {})
    measured = {k: v for k, v in model.get("metrics", {}).items() if isinstance(v, int | float | str)}
    drift = manifest.get("drift", {})
    return {
        "fingerprints": [(k, v) for k, v in manifest.get("fingerprints", {}).items() if k != "customer_key"],
        "model": model.get("name"),
        "metrics": [(k, _shown(v)) for k, v in list(measured.items())[:MODEL_KEYS]],
        "drift": [(name, index, name in drift["drifted"]) for name, index in drift.get("index", {}).items()],
        "reference": int(drift.get("reference_reviews", 0)),
        "version": manifest.get("versions", {}).get("reviewlens", ""),
        "finished": manifest.get("told", {}).get("finished_at", ""),
        "min_reviews": page.config.min_reviews,
        "rate": page.config.false_discovery_rate,
    }


def _shown(value: float | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
