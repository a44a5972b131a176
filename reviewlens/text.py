"""Normal form and clauses of a text, as pure strings and character offsets.

`normalize` maps each character to exactly one character, so offsets into the normal form are offsets into the
original. `segment` cuts a text into clauses without a word segmenter, for any script.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_CLAUSE_END = re.compile(r"[.!?;,\n](?=\s|$)|\n+|[。！？；，、…~～]+")


@lru_cache(maxsize=65536)
def _normal(char: str) -> str:
    wide = unicodedata.normalize("NFKC", char)
    if len(wide) == 1:
        char = wide
    return " " if unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char != "\n" else char


def normalize(text: str) -> str:
    """Return `text` with full-width forms narrowed and control characters blanked; the length never changes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_normal, text))


def segment(text: str) -> list[tuple[int, int]]:
    """Return the clauses of `text` as `(start, end)` character offsets, in order, without surrounding space."""
    spans = []
    begin = 0
    for stop in [*(m.end() for m in _CLAUSE_END.finditer(text)), len(text)]:
        clause = text[begin:stop]
        trimmed = clause.strip()
        if any(c.isalnum() for c in trimmed):
            start = begin + len(clause) - len(clause.lstrip())
            spans.append((start, start + len(trimmed)))
        begin = stop
    return spans


def segments(texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the clauses of many texts: `owner` of shape (m,), sorted, and `bounds` of shape (m, 2)."""
    spans = [segment(text) for text in texts]
    owner = np.repeat(np.arange(len(texts), dtype=np.int32), [len(s) for s in spans])
    bounds = np.array([pair for s in spans for pair in s], dtype=np.int32).reshape(-1, 2)
    return owner, bounds
