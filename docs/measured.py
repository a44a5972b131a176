"""The table of the README on what was measured, from the results of the benchmarks: `python docs/measured.py`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
MODEL = "reviewlens/data/default_model/metrics.json"
CARD = "docs/model.md#how-right-it-is"
BLOCK = re.compile(r"(<!-- measured -->\n\n)(?:.*?\n\n)??(<!-- end -->)", re.S)


def table() -> str:
    """Return the table: what was asked, how well it is answered, what another way gives, and the command."""
    rows = [*_sides(), *_needs(), *_next_product(), *_scale()]
    head = ["| | reviewlens | beside it | benchmark |", "|---|---|---|---|"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def readme() -> str:
    """Return the README with the table as the results have it."""
    text = (ROOT / "README.md").read_text("utf-8")
    return BLOCK.sub(lambda found: f"{found[1]}{table()}\n\n{found[2]}", text)


def _results(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / path).read_text("utf-8"))
    return found


def _sides() -> list[tuple[str, ...]]:
    sets, bar = _results(MODEL)["development"], _results("benchmarks/accuracy/linear_bar.json")
    rows = []
    for name, told in (("products", "English"), ("movies", "English, films"), ("zh_shopping", "Chinese")):
        one = sets[name]
        ours = f"macro-F1 {one['f1']:.1f} ({one['low']:.1f} to {one['high']:.1f}), {one['reviews']:,} reviews"
        rows.append(
            (
                f"negative or positive, {told}",
                ours,
                f"TF-IDF and logistic regression {bar[name]:.1f}",
                f"[accuracy]({CARD})",
            )
        )
    return rows


def _needs() -> list[tuple[str, ...]]:
    found = _results("benchmarks/needs/results.json")
    aspect, wish = found["polarity"]["en_laptop_aspects"], found["wishes"]["app reviews, cross-validated"]
    bare = found["wishes"]["app reviews, grammar alone"]
    return [
        (
            "what is said of an aspect, laptops",
            f"{100 * aspect['mentions']:.1f}% right, {aspect['aspects']:,} aspects",
            f"the whole sentence {100 * aspect['classifier']:.1f}%",
            "[needs](benchmarks/needs/results.md)",
        ),
        (
            "wishes in app reviews",
            f"F1 {100 * wish['f1']:.1f}, {wish['texts']:,} sentences",
            f"grammar alone {100 * bare['f1']:.1f}",
            "[needs](benchmarks/needs/results.md)",
        ),
    ]


def _next_product() -> list[tuple[str, ...]]:
    last = _results("benchmarks/recommend/results.json")["results"]["instruments"]["last"]
    ours, other = (100 * last["methods"][name]["recall@20"][0] for name in ("reviewlens", "EASE"))
    told = f"recall@20 {ours:.1f}%, {last['measured']:,} customers"
    return [
        (
            "the product a customer takes next",
            told,
            f"EASE {other:.1f}%",
            "[recommend](benchmarks/recommend/results.md)",
        )
    ]


def _scale() -> list[tuple[str, ...]]:
    histories = _results("benchmarks/bounded/results.json")["histories"]
    small, large = histories[0], histories[-1]
    spark = _results("benchmarks/spark/results.json")
    cells = spark["results"][0]["equal"]["cells"]
    nights = _results("benchmarks/nights/results.json")
    kills, full = nights["tally"]["kills"], nights["tally"]["full disks"]
    harm = sum(nights[name] for name in ("reviews_lost", "reviews_counted_twice", "times_a_reader_saw_something_wrong"))
    return [
        (
            f"{nights['nights']} nights with {kills} kills and {full} full disks",
            f"{harm} reviews lost, counted twice or seen half-written",
            f"{nights['rows']:,} rows, {nights['reader']['looks']:,} looks of a reader",
            "[nights](docs/nightly.md#what-it-has-been-through)",
        ),
        (
            f"memory of the tables, {large['reviews']:,} reviews",
            f"{large['new']['peak_mb']:,} MB",
            f"{small['reviews']:,} reviews {small['new']['peak_mb']:,} MB",
            "[bounded](docs/nightly.md#memory-and-time)",
        ),
        (
            f"the same tables, {spark['rows']:,} reviews",
            f"{cells:,} cells equal in {len(spark['results'])} ways to run",
            "local, Spark, cut otherwise, killed",
            "[spark](benchmarks/spark/results.md)",
        ),
    ]


def write() -> None:
    """Write the table into the README."""
    (ROOT / "README.md").write_text(readme(), "utf-8")


if __name__ == "__main__":
    write()
