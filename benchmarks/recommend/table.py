"""The results as Markdown."""

from __future__ import annotations

from typing import Any


def markdown(found: dict[str, Any]) -> str:
    """Return one table per set of interactions."""
    return "\n".join(_table(name, result) for name, result in found.items())


def _table(name: str, result: dict[str, Any]) -> str:
    size = ", ".join(f"{count:,} {word}" for word, count in result["size"].items())
    lines = [
        f"### {name}: {size}",
        "",
        "| method | recall@20 | nDCG@10 | ours minus this, nDCG@10 | coverage@10 | Gini@10 |",
        "|---|---|---|---|---|---|",
    ]
    for label, row in result["methods"].items():
        difference = _range(row["ours minus this"]["ndcg@10"]) if any(row["ours minus this"]["ndcg@10"]) else "-"
        cells = [label, _range(row["recall@20"]), _range(row["ndcg@10"]), difference]
        lines.append("| " + " | ".join([*cells, f"{row['coverage@10']:.0%}", f"{row['gini@10']:.2f}"]) + " |")
    return "\n".join([*lines, ""])


def _range(values: list[float]) -> str:
    mean, low, high = values
    return f"{mean:.4f} ({low:.4f} to {high:.4f})"
