"""The results as Markdown."""

from __future__ import annotations

from typing import Any

PROTOCOLS = {"last": "last interaction held out", "replay": "replay: the next one after 80% of all"}


def markdown(found: dict[str, Any]) -> str:
    """Return a table per set of interactions and protocol."""
    return "\n".join(_table(name, result, key) for name, result in found.items() for key in PROTOCOLS)


def _table(name: str, result: dict[str, Any], protocol: str) -> str:
    part = result[protocol]
    size = ", ".join(f"{count:,} {word}" for word, count in result["size"].items())
    lines = [
        f"### {name}, {PROTOCOLS[protocol]} ({part['measured']:,} customers measured)",
        "",
        f"{size}; 95% bootstrap intervals over customers",
        "",
        "| method | recall@20 | nDCG@10 | reviewlens minus this, nDCG@10 | coverage@10 | Gini@10 |",
        "|---|---|---|---|---|---|",
    ]
    for label, row in part["methods"].items():
        difference = _range(row["ours minus this"]["ndcg@10"]) if any(row["ours minus this"]["ndcg@10"]) else "-"
        cells = [label, _range(row["recall@20"]), _range(row["ndcg@10"]), difference]
        lines.append("| " + " | ".join([*cells, f"{row['coverage@10']:.0%}", f"{row['gini@10']:.2f}"]) + " |")
    return "\n".join([*lines, ""])


def _range(values: list[float]) -> str:
    mean, low, high = values
    return f"{mean:.4f} ({low:.4f} to {high:.4f})"
