"""How sure the numbers are, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reviewlens.report.page import Page
from reviewlens.schemas import SCORED_REASON

MOST_FILES = 20
MOST_LANGUAGES = 4


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
        "unlearned": unlearned(page),
        "troubles": _troubles(page),
        "missing": [name for name in ("product_id", "created_at", "rating") if not _known(page, name)],
    }


def unlearned(page: Page, *, least: float = 0.0) -> str:
    """Say how many reviews are in languages that the model was not trained on, and which.

    Empty where there are none, or a smaller share than `least` of all that count.
    """
    words, table = page.words, page.table("intake")
    if "unlearned" not in table or not page.scored:
        return ""
    row = table.set_index("reason").loc[SCORED_REASON]
    if pd.isna(row["unlearned"]):
        return "" if least else words.say("unlearned_unsaid")
    n, share = int(row["unlearned"]), row["unlearned"] / page.scored
    if not n or share < least:
        return ""
    by_code = [pair.split() for pair in row["unlearned_languages"].split(", ")]
    named = [words.say("counted", name=words.name_of("language", code), n=int(k)) for code, k in by_code]
    if rest := sum(int(k) for _, k in by_code[MOST_LANGUAGES:]):
        named[MOST_LANGUAGES:] = [words.say("more_languages", n=rest)]
    return words.say("unlearned", n=n, share=words.share(share), languages=words.listed(named))


def _troubles(page: Page) -> list[str]:
    """What could not be read or used of reviews that count; texts that could not be read are among the reasons."""
    named = [(*trouble.partition(" ")[::2], n) for trouble, n in page.manifest.get("troubles", {}).items()]
    scale = f"{page.manifest.get('rating_scale', 0):g}"
    return [
        page.words.say("trouble", column=column, what=page.words.name_of("trouble", kind).format(scale=scale), n=n)
        for column, kind, n in named
        if column != "text"
    ]


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
    drift = manifest.get("drift", {})
    return {
        "fingerprints": [(k, v) for k, v in manifest.get("fingerprints", {}).items() if k != "customer_key"],
        "model": model.get("name"),
        "measured": _measured(page, model.get("metrics", {})),
        "drift": [(name, index, name in drift["drifted"]) for name, index in drift.get("index", {}).items()],
        "reference": int(drift.get("reference_reviews", 0)),
        "version": manifest.get("versions", {}).get("reviewlens", ""),
        "finished": manifest.get("told", {}).get("finished_at", ""),
        "min_reviews": page.config.min_reviews,
        "rate": page.config.false_discovery_rate,
    }


def _measured(page: Page, metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Macro-F1 with its interval on each set of reviews that the model was measured on, the best known first."""
    sets = dict(metrics.get("development", {}))
    if "validation" in metrics:
        own = metrics["validation"]
        sets[page.words.say("held_out")] = {
            "f1": 100 * own["macro_f1"],
            "low": 100 * own["macro_f1_low"],
            "high": 100 * own["macro_f1_high"],
            "reviews": own["reviews"],
        }
    return [
        {
            "name": page.words.name_of("set", name),
            "f1": page.words.number(row["f1"]),
            "range": page.words.say("range", low=page.words.number(row["low"]), high=page.words.number(row["high"])),
            "reviews": page.words.count(row["reviews"]),
        }
        for name, row in sorted(sets.items(), key=lambda pair: -pair[1]["f1"])
    ]
