"""Masking of excerpts: what is personal is found in the whole text, for a cut may part it from what gives it away.

`https://shop.example/?token=...` is cut into clauses after the question mark, "order no. 4471-0098" after the point;
the second halves alone would be nobody's secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reviewlens.privacy.find import found_in

_FIRST = 0xFDD0  # the first of the noncharacters: they are for use within a program and stand in no text (Unicode 23.7)
_KINDS = ("email", "phone", "card", "id", "iban", "account", "order", "link", "handle", "ip")
_MARKS = {kind: chr(_FIRST + place) for place, kind in enumerate(_KINDS)}
_MARKED = re.compile(rf"([{''.join(_MARKS.values())}])\1*")
_PLACEHOLDERS = {mark: f"[{kind}]" for kind, mark in _MARKS.items()}


def veil(texts: Sequence[str], written: Sequence[str]) -> list[str]:
    """Return texts as they were written, with a mark of its kind in place of each character of personal data.

    `texts` are the same, normalized. The lengths stay: what is cut out of a text can be cut out of the veiled one.
    """
    veiled = list(written)
    for index, spans in found_in(texts).items():
        text, parts, begin = veiled[index], [], 0
        for start, end, kind in spans:
            parts += [text[begin:start], _MARKS[kind] * (end - start)]
            begin = end
        veiled[index] = "".join([*parts, text[begin:]])
    return veiled


def unveil(excerpts: Sequence[str]) -> list[str]:
    """Return excerpts of veiled texts with placeholders such as `[email]` in place of the marks."""
    joined = "\n".join(excerpts)
    if joined.isascii() or not _MARKED.search(joined):
        return list(excerpts)
    return [_MARKED.sub(lambda found: _PLACEHOLDERS[found[1]], excerpt) for excerpt in excerpts]
