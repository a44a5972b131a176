"""Do discovered themes find the aspects that readers marked? Recall of marked aspects, precision of cues."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pandas as pd

import reviewlens as rl
from reviewlens.text import normalize, segments

Span = tuple[int, int]


def _marked(path: Path) -> tuple[list[str], list[list[Span]]]:
    """Sentences with the offsets of their aspect terms, whatever their polarity."""
    frame = pd.read_parquet(path)
    spans = [[(int(t["from"]), int(t["to"])) for t in json.loads(terms)] for terms in frame["aspect_terms"]]
    return list(frame["text"]), spans


def laptops(folder: Path) -> tuple[list[str], list[list[Span]]]:
    """Sentences of laptop reviews."""
    return _marked(folder / "en_laptop_aspects.parquet")


def restaurants(folder: Path) -> tuple[list[str], list[list[Span]]]:
    """Sentences of restaurant reviews."""
    return _marked(folder / "en_restaurant_aspects.parquet")


def electronics(folder: Path) -> tuple[list[str], list[list[Span]]]:
    """Sentences with the places of the product features that they name."""
    frame = pd.read_parquet(folder / "en_product_features.parquet")
    spans: list[list[Span]] = []
    for text, listed in zip(frame["text"], frame["features"], strict=True):
        found = [re.search(rf"\b{re.escape(f['feature'])}\b", text) for f in json.loads(listed) if f["feature"]]
        spans.append([match.span() for match in found if match])
    return list(frame["text"]), spans


SETS = {"en_laptop_aspects": laptops, "en_product_features": electronics, "en_restaurant_aspects": restaurants}


def scores(texts: list[str], gold: list[list[Span]], n_themes: int | None = None) -> dict[str, float]:
    """Return what themes discovered in `texts` find of the marked aspects of the same texts."""
    themes = rl.discover_themes(texts, n_themes=n_themes)
    said = [normalize(text) for text in texts]
    owner, bounds = segments(said)
    found = themes.find(said, owner, bounds)
    cues: list[list[Span]] = [[] for _ in texts]
    for text, start, end in zip(owner[found.segment], found.start, found.end, strict=True):
        cues[text].append((int(start), int(end)))
    pairs = list(zip(gold, cues, strict=True))
    aspects = [(s, e, held) for marked, held in pairs for s, e in marked]
    right = [(any(a < e and s < b for s, e in marked), bool(marked)) for marked, held in pairs for a, b in held]
    in_marked = [touches for touches, marked in right if marked]
    return {
        "themes": len(themes),
        "aspects": len(aspects),
        "recall": _share([any(a <= s and e <= b for a, b in held) for s, e, held in aspects]),
        "touched": _share([any(a < e and s < b for a, b in held) for s, e, held in aspects]),
        "precision": _share([touches for touches, _ in right]),
        "precision in marked sentences": _share(in_marked),
    }


def _share(true: list[bool]) -> float:
    return round(sum(true) / max(1, len(true)), 3)


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Return for each set, and for each half of it, how much of the marked aspects lies in the cue of a mention.

    A half is a smaller export of its own: themes are discovered in it and looked for in it.
    """
    results = {}
    for name, read in SETS.items():
        texts, gold = read(folder)
        half = [hashlib.sha1(text.encode()).digest()[-1] % 2 for text in texts]
        results[f"{name}, by default"] = scores(texts, gold)
        results[f"{name}, n_themes=60"] = scores(texts, gold, 60)
        for which in (0, 1):
            mine = [i for i, part in enumerate(half) if part == which]
            results[f"{name}, half {which + 1}"] = scores([texts[i] for i in mine], [gold[i] for i in mine])
    return results
