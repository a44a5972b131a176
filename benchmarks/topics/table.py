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
            lines += [f"With a tenth new reviews {kept['ids']:.0%} of the ids live on, and {kept['reviews']:.0%} of the"
                      " reviews keep their theme.", ""]  # fmt: skip
        lines += [
            "| method | NPMI | diversity | AMI of resamples, mean (least to most) | AMI of two seeds | unassigned "
            "| biggest | processor seconds |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for method, row in found["methods"].items():
            mean, least, most = row["agreement of resamples"]
            resampled = f"{mean:.2f} ({least:.2f} to {most:.2f}), {row['resamples']}" if row["resamples"] else "-"
            seeds = "-" if row["agreement of seeds"] is None else f"{row['agreement of seeds']:.2f}"
            lines.append(
                f"| {method} | {row['npmi']:.3f} | {row['diversity']:.2f} | {resampled} | {seeds} "
                f"| {row['unassigned']:.1%} | {row['biggest']:.1%} | {row['seconds']:.0f} |"
            )
        lines.append("")
    return "\n".join(lines)
