"""All kinds of personal data in one text: each kind has its own finder."""

from __future__ import annotations

import re
from itertools import chain

from reviewlens.privacy.address import emails, handles, links, network_addresses
from reviewlens.privacy.identity import documents, identities
from reviewlens.privacy.order import orders, parcels
from reviewlens.privacy.payment import accounts, cards, ibans
from reviewlens.privacy.phone import called, phones
from reviewlens.privacy.words import WORDS, Span, announcements, any_of

# a text without any of these has nothing to mask, and most have none
SUSPECT = re.compile(
    r"(?i)[\d@＠①-⑳⓪]|://|www\.|\bdot\b|[(\[{]\s?at\s?[)\]}]|[零〇一二三四五六七八九幺]{10}|" + any_of(WORDS["handle"])
)


def find(text: str) -> list[Span]:
    """Return `(start, end, kind)` of the personal data in a normalized text, in order, without overlap."""
    taken = bytearray(len(text))
    found: list[Span] = []
    words = announcements(text)
    surest_first = chain(
        links(text),
        emails(text),
        ibans(text),
        cards(text),
        identities(text),
        documents(text, words["identity"]),
        network_addresses(text),
        parcels(text),
        orders(text, words["order"]),
        phones(text),
        called(text, words["phone"]),
        accounts(text, words["account"]),
        handles(text, words["handle"]),
    )
    for start, end, kind in surest_first:
        if not any(taken[start:end]):
            taken[start:end] = b"\x01" * (end - start)
            found.append((start, end, kind))
    return sorted(found)
