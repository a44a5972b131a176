"""Payment cards (Luhn, ISO/IEC 7812), IBAN (ISO 13616) and bank accounts that are announced as such."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from reviewlens.privacy.words import WORDS, Span, announced, digits, follow, is_date

_CARD = re.compile(
    r"(?<!\d)(?:"
    r"[2-6]\d{3}(?P<sep>[ -])\d{4}(?P=sep)\d{4}(?P=sep)\d{4}(?P<tail>(?P=sep)\d{1,3})?"
    r"|3\d{3}[ -]\d{6}[ -]\d{4,5}|6\d{5}[ -]\d{10,13}|[2-6]\d{13,18})(?!\d)"
)
# first digits and lengths of the schemes; 13 digits (Visa until the 1990s) would take barcodes along
_SCHEME = re.compile(r"4(?:\d{15}|\d{18})|5[0-9]\d{14}|2[2-7]\d{14}|3[47]\d{13}|35\d{14}|3[0689]\d{12}|6\d{15,18}")
_IBAN = re.compile(r"(?i)\d(?<=(?<![A-Z0-9])[A-Z]{2}\d)\d(?= ?[A-Z0-9]{4})")  # the digits after the country
_ACCOUNT = announced(r"\d(?:[ -]?\d){5,21}(?!\d)")


def _is_card(number: str) -> bool:
    return _SCHEME.fullmatch(number) is not None and len(set(number)) > 1 and bool(luhn.is_valid(number))


def cards(text: str) -> Iterator[Span]:
    """Yield card numbers, in one run or in groups."""
    for match in _CARD.finditer(text):
        start, end = match.span()
        if _is_card(digits(match[0])):
            yield start, end, "card"
        elif match["tail"] and _is_card(digits(text[start : match.start("tail")])):
            yield start, match.start("tail"), "card"


def ibans(text: str) -> Iterator[Span]:
    """Yield IBAN, in one run or in groups."""
    for match in _IBAN.finditer(text):
        start, at = match.start() - 2, match.end()
        missing = WORDS["iban"].get(text[start : start + 2].upper(), 0) - 4
        while missing > 0 and at < len(text):
            if text[at].isascii() and text[at].isalnum():
                missing -= 1
            elif text[at] != " " or text[at - 1] == " ":
                break
            at += 1
        inside = at == len(text) or not (text[at].isascii() and text[at].isalnum())
        if (
            missing == 0
            and inside
            and mod_97_10.is_valid((text[match.end() : at].replace(" ", "") + text[start : match.end()]).upper())
        ):
            yield start, at, "iban"


def accounts(text: str, words: list[tuple[int, int]]) -> Iterator[Span]:
    """Yield account, routing and card numbers that one of `words` announces, whatever their checksum."""
    for _, _, match in follow(text, words, _ACCOUNT):
        if not is_date(match["value"]):
            yield *match.span("value"), "account"
