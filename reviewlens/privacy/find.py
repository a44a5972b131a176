"""All kinds of personal data in one text: each kind has its own finder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import ahocorasick_rs
import numpy as np

from reviewlens import letters
from reviewlens.privacy.address import emails, handles, links, network_addresses, pages
from reviewlens.privacy.identity import documents, identities
from reviewlens.privacy.order import orders, parcels
from reviewlens.privacy.payment import accounts, cards, ibans
from reviewlens.privacy.phone import called, phones, spoken
from reviewlens.privacy.words import WORDS, Span, announcements, joins, lowered

_BETWEEN = "\0"  # stands in no normalized text
_NUMERALS = "零〇一二三四五六七八九幺"
_SIGNS = re.compile(  # a set of first characters, for `re` looks for such a set fastest; then what must follow each
    rf"[\d@:wW\[({{{_NUMERALS}](?:"
    rf"(?<=\d)(?:[^\d{_BETWEEN}]*\d){{2}}"  # no number has fewer than three digits, but for network addresses
    rf"|(?<=@)|(?<=:)(?:[0-9A-Fa-f]{{0,4}}:|//)|(?<=[wW])[wW]{{2}}\.|(?<=[\[({{])\s?[aA][tT]"
    rf"|(?<=[{_NUMERALS}])[{_NUMERALS}]{{9}})"
)
_DIGIT = re.compile(r"\d")
_NAMES = ahocorasick_rs.AhoCorasick([*WORDS["handle"], *WORDS["profile"], " dot "])
_FINDERS: tuple[tuple[Callable[..., Iterator[Span]], int, str], ...] = (
    # surest first; the fewest digits of what it finds, for most texts have few; the words that announce it
    (links, 0, ""),
    (emails, 0, ""),
    (ibans, 1, ""),
    (cards, 14, ""),
    (identities, 6, ""),
    (documents, 4, "identity"),
    (network_addresses, 1, ""),
    (parcels, 1, ""),
    (orders, 3, "order"),
    (phones, 7, ""),
    (called, 7, "phone"),
    (accounts, 6, "account"),
    (spoken, 0, ""),
    (handles, 0, "handle"),
    (pages, 0, "profile"),
)


def suspect(text: str) -> bool:
    """Return whether a normalized text may hold personal data at all; most hold none, and this is quick to say."""
    return bool(_SIGNS.search(text) or _names(text))


def suspects(texts: Sequence[str]) -> list[int]:
    """Return the indices of all normalized texts that `suspect` holds for, looking at them together."""
    joined = _BETWEEN.join(texts)
    places = [match.start() for match in _SIGNS.finditer(joined)] + _names(joined)
    begins = letters.offsets(texts)
    indices: list[int] = np.unique(np.searchsorted(begins, np.array(places, np.int64), side="right") - 1).tolist()
    return indices


def _names(text: str) -> list[int]:
    """Return where names of networks stand as words, and "dot"."""
    found = _NAMES.find_matches_as_indexes(lowered(text), overlapping=True)
    return [start for _, start, end in found if not (joins(text, start - 1, start) or joins(text, end - 1, end))]


def find(text: str) -> list[Span]:
    """Return `(start, end, kind)` of the personal data in a normalized text, in order, without overlap.

    Where two kinds overlap, all that either covers goes, under the name of the surer kind.
    """
    ranked = sorted((start, end, rank, kind) for rank, (start, end, kind) in enumerate(_surest_first(text)))
    found: list[tuple[int, int, int, str]] = []
    for start, end, rank, kind in ranked:
        if found and start < found[-1][1]:
            before = found.pop()
            rank, kind = min((rank, kind), before[2:])
            # a name before a host looks like an e-mail address together with it, and the host is to stay
            start, end = before[0], before[1] if before[3] == "link" else max(end, before[1])
        found.append((start, end, rank, kind))
    return [(start, end, kind) for start, end, _, kind in found]


def _surest_first(text: str) -> Iterator[Span]:
    words = announcements(text)
    digits = len(_DIGIT.findall(text))
    for finder, fewest, announced in _FINDERS:
        if digits >= fewest:
            yield from finder(text, words[announced]) if announced else finder(text)
