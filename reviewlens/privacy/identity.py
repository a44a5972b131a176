"""Mainland identity cards (GB 11643, ISO 7064 Mod 11-2) and other numbers that a word announces as a document's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.iso7064 import mod_11_2
from stdnum.us import ssn

from reviewlens.privacy.words import Span, announced, digits, follow, spans

# the region is not looked up: people keep the number of a county that is long gone
_MAINLAND = re.compile(
    r"[1-9](?<![0-9A-Za-z][1-9])\d{5}[ -]?(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?"
    r"\d{3}[\dXx](?![0-9A-Za-z])"
)
_HONG_KONG = re.compile(r"[A-Z](?<![0-9A-Za-z][A-Z])[A-Z]?\d{6}\([0-9A]\)")
_SOCIAL_SECURITY = re.compile(r"\d(?<![\w-]\d)\d{2}-\d{2}-\d{4}(?![\w-])")
_ANNOUNCED = announced(r"\d{3}[ -]\d{2}[ -]\d{4}(?!\d)|[A-Za-z0-9]{7,20}(?![A-Za-z0-9])|\d{6} ?\d{8} ?\d{3}[\dXx]")


def identities(text: str) -> Iterator[Span]:
    """Yield identity card and social security numbers, by form and checksum."""
    for match in _MAINLAND.finditer(text):
        if mod_11_2.is_valid(re.sub(r"[ -]", "", match[0]).upper()):
            yield *match.span(), "id"
    yield from spans(_HONG_KONG, text, "id")
    for match in _SOCIAL_SECURITY.finditer(text):
        if ssn.is_valid(match[0]):
            yield *match.span(), "id"


def documents(text: str, words: list[tuple[int, int]]) -> Iterator[Span]:
    """Yield the numbers that one of `words` announces as a document's, whatever their checksum."""
    for _, _, match in follow(text, words, _ANNOUNCED):
        if len(digits(match["value"])) >= 4:
            yield *match.span("value"), "id"
