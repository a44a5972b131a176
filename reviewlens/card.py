"""The model card that every artefact carries as its README."""

from __future__ import annotations

from typing import Any

from reviewlens.artefact import Artefact
from reviewlens.identify import UNTOLD


def model_card(parts: Artefact) -> str:
    """Return the card of a model that a user trained, from what was measured."""
    metrics = parts.metrics
    ours, beside = metrics["validation"], metrics["linear_beside"]
    rows = [
        ("macro-F1", "macro_f1"),
        ("accuracy", "accuracy"),
        ("calibration error", "ece"),
        ("star error", "star_mae"),
        ("exact star", "exact_star"),
    ]
    table = [f"| {name} | {ours[key]:.3f} | {beside[key]:.3f} |" for name, key in rows if key in ours]
    mapping = ", ".join(f"{label} → {polarity}" for label, polarity in metrics["labels"]["mapping"].items())
    counts = metrics["reviews"]
    return "\n".join(
        [
            "---",
            "library_name: reviewlens",
            "pipeline_tag: text-classification",
            f"language: [{', '.join(code for code in parts.languages or () if code != UNTOLD)}]",
            "---",
            f"# A {parts.model} classifier of reviews",
            "",
            f"Trained on {counts['trained']} reviews, measured on {counts['held_out']} held out (copies together).",
            f"Labels read as: {mapping}. Started from {metrics['started_from']}.",
            "",
            f"| measure | {parts.model} | linear beside it |",
            "|---|---|---|",
            *table,
            "",
            f"macro-F1, 95% interval: {ours['macro_f1_low']:.3f} to {ours['macro_f1_high']:.3f}.",
            "The weights of network and n-grams were chosen on the same held-out reviews, and the n-grams then learned",
            "from these too: measure on a test set of your own with `reviewlens evaluate`.",
            *_faithfulness(metrics["faithfulness"]),
            f"The probabilities assume {parts.calibration.neutral_prior:.0%} neutral reviews (`neutral_prior=`).",
            f"{metrics['doubted_labels']} labels that the text contradicts count less.",
            "",
        ]
    )


def _faithfulness(found: dict[str, Any]) -> list[str]:
    if not found:
        return []
    return [
        f"Explanations: with the {found['deleted']} words deleted that an explanation names, the score of held-out",
        f"reviews falls by {found['named']:.2f} on average, with as many at random by {found['by_chance']:.2f} "
        f"({found['reviews']} reviews).",
    ]
