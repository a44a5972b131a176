"""The model card of the bundled model."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

from reviewlens.calibration import Calibration


def default_card(calibration: Calibration, measured: dict[str, dict[str, Any]]) -> str:
    """Fill the card's template with what was measured."""
    lines = ["| development set | reviews | macro-F1, two classes (95%) | calibration error |", "|---|---|---|---|"]
    for name, row in measured.items():
        lines.append(
            f"| {name} | {row['reviews']} | {row['f1']:.1f} ({row['low']:.1f}-{row['high']:.1f}) | {row['ece']:.3f} |"
        )
    template = Template(Path(__file__).with_name("card.md").read_text(encoding="utf-8"))
    prior = f"{calibration.neutral_prior:.0%}"
    c = calibration
    weights = f"{c.network_weight:.2f} and {c.ngram_weight:.2f} at 64 subwords, and {c.network_slope:+.2f} and "
    weights += f"{c.ngram_slope:+.2f} per doubling of the length"
    return template.substitute(table="\n".join(lines), prior=prior, weights=weights)
