"""Tables of what was measured, and the pages that show them: `python -m benchmarks.speed.tables` writes all anew."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS, GROWTH = (Path(__file__).with_name(f"{name}.json") for name in ("results", "growth"))
OURS = "score, Parquet to Parquet"
NAMES = {
    OURS: "reviewlens, file to file",
    "tfidf": "TF-IDF + logistic regression",
    "fasttext": "fastText",
    "vader": "VADER",
    "snownlp": "SnowNLP",
    "minilm": "MiniLM sentence vectors + logistic regression",
}
SHOWN = {"English": (OURS, "tfidf", "fasttext", "vader", "minilm"), "Chinese": (OURS, "tfidf", "fasttext", "snownlp")}


def whole(results: dict[str, Any]) -> str:
    """Return all figures: reviews per second, spread, how many times as fast our score is, and what is right."""
    lines = [
        "| texts | row | reviews/s, median | slowest to fastest round | processor µs a review | our score is so many "
        "times as fast | by processor time | right, % |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, found in results["per_review"].items():
        if OURS not in found:  # nothing to compare with yet
            continue
        ours = {kind: statistics.median(found[OURS][kind]) for kind in ("seconds", "processor")}
        for row, taken in found.items():
            mid, busy = (statistics.median(taken[kind]) for kind in ("seconds", "processor"))
            spread = f"{1 / max(taken['seconds']):,.0f} to {1 / min(taken['seconds']):,.0f}"
            ratios = f"{mid / ours['seconds']:.2f} | {busy / ours['processor']:.2f}"
            speed = f"{1 / mid:,.0f} | {spread} | {busy * 1e6:,.0f}"
            lines.append(f"| {name} | {row} | {speed} | {ratios} | {_right(taken)} |")
    lines += ["", "| a fresh process | seconds, median | fastest | processor seconds |", "|---|--:|--:|--:|"]
    for row, taken in results["starts"].items():
        mid, busy = (statistics.median(taken[kind]) for kind in ("seconds", "processor"))
        lines.append(f"| {row} | {mid:.2f} | {min(taken['seconds']):.2f} | {busy:.2f} |")
    return "\n".join(lines)


def readme(results: dict[str, Any]) -> str:
    """Return the few rows that tell most, by processor time: other work on the machine hardly changes it."""
    lines = ["| texts | | reviews per second of one core | right, % |", "|---|---|--:|--:|"]
    for name, rows in SHOWN.items():
        for row in rows:
            if row in results["per_review"].get(name, {}):
                taken = results["per_review"][name][row]
                rate = 1 / statistics.median(taken["processor"])
                lines.append(f"| {name} | {NAMES[row]} | {rate:,.0f} | {_right(taken)} |")
    return "\n".join(lines)


def _right(taken: dict[str, Any]) -> str:
    return f"{100 * taken['accuracy'][0]:.1f}" if "accuracy" in taken else ""


def growth(found: list[dict[str, Any]]) -> str:
    """Return how the cost grows, each size a row."""
    lines = ["| what grows | size | rows | processor seconds | processor µs a review | peak MiB |"]
    lines.append("|---|--:|--:|--:|--:|--:|")
    for row in found:
        each = row["processor"] / row["rows"] * 1e6
        sizes = f"{row['what']} | {row['size']:,} | {row['rows']:,}"
        lines.append(f"| {sizes} | {row['processor']:.1f} | {each:,.0f} | {row['peak_mib']:,.0f} |")
    return "\n".join(lines)


BLOCKS: dict[str, dict[str, tuple[Path, Callable[[Any], str]]]] = {
    "README.md": {"benchmarks.speed": (RESULTS, readme)},
    "docs/performance.md": {"benchmarks.speed": (RESULTS, whole), "benchmarks.speed.growth": (GROWTH, growth)},
}


def shown_on(page: str) -> str:
    """Return the text of a page with its tables as the results have them."""
    text = (ROOT / page).read_text("utf-8")
    for name, (results, table) in BLOCKS[page].items():
        made = table(json.loads(results.read_text("utf-8")))
        text, n = re.subn(
            rf"(<!-- {re.escape(name)} -->\n\n).*?\n*<!-- end -->",
            lambda found, made=made: found[1] + made + "\n\n<!-- end -->",
            text,
            flags=re.DOTALL,
        )
        if n != 1:
            raise ValueError(f"{page} has {n} places for the table of {name}")
    return text


def main() -> None:
    """Write the tables beside the results and those of the pages."""
    for results, table in ((RESULTS, whole), (GROWTH, growth)):
        results.with_suffix(".md").write_text(table(json.loads(results.read_text("utf-8"))) + "\n", "utf-8")
    for page in BLOCKS:
        (ROOT / page).write_text(shown_on(page), "utf-8")


if __name__ == "__main__":
    main()
