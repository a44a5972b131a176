"""Telephone numbers: mainland ones by form, others by `phonenumbers`, weak forms by the word before."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from reviewlens.privacy.words import Span, digits, follow, is_date, spans

_CHINESE_DIGITS = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_MAINLAND = re.compile(
    r"(?<![\d.+])(?:(?:\+|00)86[ -]?)?(?:1[ -]?[3-9](?:[ -]?\d){9}"  # mobile
    r"|0\d{2,3}[ -]\d{7,8}|\(0\d{2,3}\) ?\d{7,8}|400[ -]\d{3,4}[ -]\d{3,4}|400\d{7})(?!\d)"
)
_SPOKEN = re.compile(r"[零〇一二三四五六七八九幺]{10,12}")
_SPOKEN_PHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}")
# kept for films and examples, also without an area code
_FICTION = re.compile(r"(?<![\d-])555[- ]01\d\d(?![\d-])")
_AMERICAN = re.compile(r"(?<![\d.+-])(?:1[-. ])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])[2-9]\d{2}[-. ]\d{4}(?![\d-])")
_ABROAD = re.compile(r"(?<![\w+])\+[1-9]\d{0,2}(?:[ ().-]{0,2}\d){6,14}(?!\d)")
_TRUNK = re.compile(r"(?<![\w.,-])\(?0[1-9]\d{0,3}\)?(?:[ -]\d{3,8}){1,3}(?![\d.])")
_TRUNK_REGIONS = ("GB", "AU", "DE", "FR", "CN")
_ANNOUNCED = re.compile(r"[^\d\n+(\[\]]{0,20}(?P<value>[+(]?\d(?:[ ().-]{0,2}\d){6,14})(?!\d)")


def _is_possible(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def spoken(text: str) -> Iterator[Span]:
    """Yield mainland numbers that are written in Chinese numerals."""
    for match in _SPOKEN.finditer(text):
        if _SPOKEN_PHONE.fullmatch(match[0].translate(_CHINESE_DIGITS)):
            yield *match.span(), "phone"


def phones(text: str) -> Iterator[Span]:
    """Yield telephone numbers."""
    yield from spans(_MAINLAND, text, "phone")
    for match in _ABROAD.finditer(text):
        if _is_possible(match[0], None):
            yield *match.span(), "phone"
    for match in _AMERICAN.finditer(text):
        if phonenumbers.is_valid_number(phonenumbers.parse(match[0], "US")):
            yield *match.span(), "phone"
    for match in _TRUNK.finditer(text):
        if 9 <= len(digits(match[0])) <= 12 and any(_is_possible(match[0], region) for region in _TRUNK_REGIONS):
            yield *match.span(), "phone"
    yield from spans(_FICTION, text, "phone")


def called(text: str, words: list[tuple[int, int]]) -> Iterator[Span]:
    """Yield numbers of any form that one of `words` announces as a telephone's."""
    for _, _, match in follow(text, words, _ANNOUNCED):
        if not is_date(match["value"]):
            yield *match.span("value"), "phone"
