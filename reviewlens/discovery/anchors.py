"""Anchors: phrases that are known to go together, before a single review is read.

`data/kin/<language>.txt` holds word families, written by hand; `data/anchors/<language>.txt` the factors of many
reviews (`scripts/build_anchor_themes.py`). One family or factor per line; a bar parts a family into finer ones:
"keyboard, keys | mouse, touchpad". What follows a minus sign are phrases in which the words of the family do not count:
"looking for" is not the look of a thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import chain

import numpy as np

from reviewlens.themes import Theme

KIN, FACTOR = "kin/", "anchors/"
"""How the names of anchors begin that are word families, and factors of many reviews. The words of a family, and of a
theme of before, are cues even where they are too rare to be tied to any; those of a factor are not."""
_RANK = 0.93
"""Weight of an anchor's phrase against the one before it."""
_LAST, _FAINT = 0.35, 0.05
"""Weight of the last phrases of a long anchor, and of a theme of before, which may have a hundred."""
_SAME = 0.2
"""Least cosine of the weighted phrases of a factor and of a word family that are one theme."""


@lru_cache(maxsize=1)
def _lines() -> dict[str, list[list[str]]]:
    """Return the parts of each line, by the name of the anchor."""
    lines = {}
    for kind in (FACTOR, KIN):
        folder = files("reviewlens") / "data" / kind.rstrip("/")
        for entry in sorted(folder.iterdir(), key=lambda e: e.name):
            for number, line in enumerate(entry.read_text(encoding="utf-8").splitlines()):
                lines[f"{kind}{entry.name}:{number}"] = [part.split(", ") for part in line.split(" | ")]
    return lines


@lru_cache(maxsize=2)
def _listed(fine: bool) -> dict[str, list[str]]:
    if not fine:
        return {name: list(dict.fromkeys(chain(*parts))) for name, parts in _lines().items()}
    return {f"{name}.{i}": part for name, parts in _lines().items() for i, part in enumerate(parts)}


@lru_cache(maxsize=2)
def anchor_themes(*, fine: bool) -> dict[str, dict[str, float]]:
    """Return the anchors that ship with the library, by name: phrases with weights in (0, 1].

    Where they are not `fine`, a factor that says much the same as a word family is part of it: two anchors of one theme
    would share its words out by chance.
    """
    anchors = {}
    for name, listed in _listed(fine).items():
        anchors[name] = _ranked([phrase for phrase in listed if not phrase.startswith("-")], _LAST)
    return anchors if fine else _united(anchors)


def _united(anchors: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    united = {name: dict(phrases) for name, phrases in anchors.items() if name.startswith(KIN)}
    families = list(united)
    for name, phrases in anchors.items():
        if not name.startswith(KIN):
            near = max(families, key=lambda family: (_cosine(phrases, anchors[family]), family))
            if _cosine(phrases, anchors[near]) >= _SAME:
                both = {p: max(phrases.get(p, 0.0), united[near].get(p, 0.0)) for p in [*united[near], *phrases]}
                united[near] = dict(sorted(both.items(), key=lambda item: -item[1]))
            else:
                united[name] = dict(phrases)
    return united


def _cosine(one: Mapping[str, float], two: Mapping[str, float]) -> float:
    shared = sum(weight * two[phrase] for phrase, weight in one.items() if phrase in two)
    return float(shared / np.sqrt(max(1e-9, sum(w * w for w in one.values()) * sum(w * w for w in two.values()))))


def as_anchors(themes: Iterable[Theme]) -> dict[str, dict[str, float]]:
    """Return the themes of before as anchors, by theme id: what stands first in them counts most."""
    return {t.theme_id: _ranked([cue.text for cue in t.cues if cue.weight > 0], _FAINT) for t in themes}


def _ranked(phrases: Sequence[str], least: float) -> dict[str, float]:
    return {phrase: max(least, _RANK**rank) for rank, phrase in enumerate(phrases)}


def families() -> list[list[str]]:
    """Return the word families, the phrases in which their words do not count among them, after a minus sign."""
    return [listed for name, listed in _listed(fine=False).items() if name.startswith(KIN) and listed != [""]]


def family(anchor: str) -> frozenset[str]:
    """Return the words of the family of this name; none for a name that is no family's."""
    listed = (_listed(fine=True).get(anchor) or _listed(fine=False).get(anchor, [])) if anchor.startswith(KIN) else []
    return frozenset(listed)


def family_words() -> frozenset[str]:
    """Return the words of all families."""
    return frozenset(phrase for listed in families() for phrase in listed if not phrase.startswith("-"))


def excludes(anchor: str) -> tuple[str, ...]:
    """Return the phrases in which the words of an anchor do not count; none for a name that is no anchor's."""
    listed = _listed(fine=True).get(anchor) or _listed(fine=False).get(anchor, [])
    return tuple(phrase[1:] for phrase in listed if phrase.startswith("-"))
