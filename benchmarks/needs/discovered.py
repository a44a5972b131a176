"""Do discovered themes find the aspects that readers marked? Recall of marked aspects, precision of cues."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd

import reviewlens as rl
from reviewlens.text import normalize, segments

Span = tuple[int, int]


def laptops(folder: Path) -> tuple[list[str], list[list[Span]]]:
    """Sentences with the offsets of their aspect terms, whatever their polarity."""
    frame = pd.read_parquet(folder / "en_laptop_aspects.parquet")
    spans = [[(int(t["from"]), int(t["to"])) for t in json.loads(terms)] for terms in frame["aspect_terms"]]
    return list(frame["text"]), spans


def electronics(folder: Path) -> tuple[list[str], list[list[Span]]]:
    """Sentences with the places of the product features that they name."""
    frame = pd.read_parquet(folder / "en_product_features.parquet")
    spans: list[list[Span]] = []
    for text, listed in zip(frame["text"], frame["features"], strict=True):
        found = [re.search(rf"\b{re.escape(f['feature'])}\b", text) for f in json.loads(listed) if f["feature"]]
        spans.append([match.span() for match in found if match])
    return list(frame["text"]), spans


SETS = {"en_laptop_aspects": laptops, "en_product_features": electronics}


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Return for each set the share of aspects within some mention's cue, and of cues that touch an aspect."""
    results = {}
    for name, read in SETS.items():
        texts, gold = read(folder)
        for wanted in (None, 40):
            themes = rl.discover_themes(texts, n_themes=wanted)
            owner, bounds = segments([normalize(text) for text in texts])
            found = themes.find([normalize(text) for text in texts], owner, bounds)
            cues: list[list[Span]] = [[] for _ in texts]
            for text, start, end in zip(owner[found.segment], found.start, found.end, strict=True):
                cues[text].append((int(start), int(end)))
            pairs = list(zip(gold, cues, strict=True))
            within = [any(a <= s and e <= b for a, b in said) for marked, said in pairs for s, e in marked]
            right = [any(a < e and s < b for s, e in marked) for marked, said in pairs for a, b in said]
            results[f"{name}, {'by default' if wanted is None else f'n_themes={wanted}'}"] = {
                "themes": len(themes),
                "aspects": len(within),
                "recall": round(sum(within) / max(1, len(within)), 3),
                "precision": round(sum(right) / max(1, len(right)), 3),
            }
    return results
