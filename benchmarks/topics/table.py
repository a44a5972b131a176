"""The results as Markdown."""

from __future__ import annotations

from typing import Any


def markdown(results: dict[str, Any]) -> str:
    """Return one table per file."""
    lines = [f"Machine: {results['machine']}; commit {results['commit']}.", ""]
    for name, found in results["files"].items():
        lines += [f"### {name}, {found['reviews']:,} reviews", ""]
        if found["survival"]:
            kept = found["survival"]
            when = f" (commit {kept['commit']})" if "commit" in kept else ""
            lines += [f"With a tenth new reviews {kept['ids']:.0%} of the ids live on, and {kept['reviews']:.0%} of the"
                      f" reviews keep their theme{when}.", ""]  # fmt: skip
        lines += [
            "| method | topics | NPMI | NPMI of words | diversity | AMI of resamples, mean (least to most) "
            "| the same by most mentions | AMI of two seeds | unassigned | biggest | processor seconds |",
            "|---" * 11 + "|",
        ]
        for method, row in found["methods"].items():
            resampled = f"{_spread(row, 'AMI of resamples')} | {_spread(row, 'AMI by most mentions')}"
            seeds = "-" if row["AMI of seeds"] is None else f"{row['AMI of seeds']:.2f}"
            lines.append(
                f"| {method} | {len(row['topics'])} | {row['npmi']:.3f} | {row['npmi of words']:.3f} "
                f"| {row['diversity']:.2f} | {resampled} | {seeds} "
                f"| {row['unassigned']:.1%} | {row['biggest']:.1%} | {row['seconds']:.0f} |"
            )
        lines.append("")
    return "\n".join(lines)


def _spread(row: dict[str, Any], name: str) -> str:
    if name not in row:
        return "-"
    mean, least, most = row[name]
    return f"{mean:.3f} ({least:.2f} to {most:.2f}), {row['resamples']}"
