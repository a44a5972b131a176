"""Order, parcel and ticket numbers: the carriers' own forms, and what a word announces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewlens.privacy.words import Span, announced, digits, follow, is_date, spans

# SF Express, YTO, JD; UPS; Universal Postal Union S10; the large marketplace's 3-7-7
_CARRIER = re.compile(
    r"[\dA-Z](?<![0-9A-Za-z][\dA-Z])(?:(?<=S)F\d{12,15}|(?<=Y)T\d{13,15}|(?<=J)D[A-Z]{0,3}\d{9,18}|(?<=1)Z[0-9A-Z]{16}"
    r"|(?<=[A-Z])[A-Z]\d{9}[A-Z]{2}|(?<=\d)\d{2}-\d{7}-\d{7})(?![0-9A-Za-z])"
)
_ANNOUNCED = announced(r"[A-Z0-9](?:[A-Z0-9]|[-_/](?=[A-Z0-9])|[ ](?=\d{3,4}(?!\d))){3,40}")
_LABEL = re.compile(r"[#:=]|号|码|(?i:number|num|no|nr|id|code|ref)")


def parcels(text: str) -> Iterator[Span]:
    """Yield the numbers that carriers and a marketplace write in a form of their own."""
    yield from spans(_CARRIER, text, "order")


def orders(text: str, words: list[tuple[int, int]]) -> Iterator[Span]:
    """Yield order, parcel, invoice and ticket numbers that one of `words` announces.

    After a bare word ("order 10000 mAh") only six digits and more count, after a label ("order no. AB-123") three.
    """
    for start, end, match in follow(text, words, _ANNOUNCED):
        value, word = match["value"], text[start:end].lower()
        labelled = _LABEL.search(word[-1] + match["link"]) or word.endswith(("ref", "reference"))
        if len(value) >= 5 and len(digits(value)) >= (3 if labelled else 6) and not is_date(value + " "):
            yield *match.span("value"), "order"
