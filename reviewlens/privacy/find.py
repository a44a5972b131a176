"""All kinds of personal data in one text: each kind has its own finder."""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import ahocorasick_rs
import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.letters import SPACED
from reviewlens.native import kernel
from reviewlens.privacy.address import emails, handles, links, network_addresses, pages
from reviewlens.privacy.identity import documents, identities
from reviewlens.privacy.order import orders, parcels
from reviewlens.privacy.payment import accounts, cards, ibans
from reviewlens.privacy.phone import called, phones, spoken
from reviewlens.privacy.words import WORDS, Span, announcements, joins, lowered
from reviewlens.trie import Trie

_BETWEEN = "\0"  # stands in no normalized text
_NUMERALS = "零〇一二三四五六七八九幺"
_SIGNS = re.compile(  # a set of first characters, for `re` looks for such a set fastest; then what must follow each
    rf"[\d@:wW\[({{{_NUMERALS}](?:"
    rf"(?<=\d)(?:[^\d{_BETWEEN}]*\d){{2}}"  # no number has fewer than three digits, but for network addresses
    rf"|(?<=@)|(?<=:)(?:[0-9A-Fa-f]{{0,4}}:|//)|(?<=[wW])[wW]{{2}}\.|(?<=[\[({{])\s?[aA][tT]"
    rf"|(?<=[{_NUMERALS}])[{_NUMERALS}]{{9}})"
)
_DIGIT = re.compile(r"\d")
_NAMES = [*WORDS["handle"], *WORDS["profile"], " dot "]
_AUTOMATON = ahocorasick_rs.AhoCorasick(_NAMES)
_ANNOUNCING = ("phone", "order", "account", "identity")  # of what has no other sign than its digits
_DIGITS, _SIGN = 1, 2  # what the kernel says of a text: it has enough digits for what is announced, or more
_LOW = 0x20000  # code points above it are no signs
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
_OF_ONE_NUMBER = (cards, identities, phones)  # find nothing but numbers of six digits or more
_TOGETHER = re.compile(r"\d(?:\D{0,2}\d){5}")  # what may be one: no form has more than two characters between digits


def suspect(text: str) -> bool:
    """Return whether a normalized text may hold personal data at all; most hold none, and this is quick to say."""
    return bool(_SIGNS.search(text) or _names(text))


def found_in(texts: Sequence[str]) -> dict[int, list[Span]]:
    """Return what `find` returns, by the index of the normalized text, for all texts in which it finds something."""
    looked_at = ((row, find(texts[row], whole)) for row, whole in _suspects(texts))
    return {row: spans for row, spans in looked_at if spans}


def _suspects(texts: Sequence[str]) -> list[tuple[int, bool]]:
    """Return the indices, ascending, of all texts in which `find` may find something; False for what is announced only.

    All are looked at together.
    """
    joined, begins = _BETWEEN.join(texts), letters.offsets(texts)
    look = kernel("find_signs")
    if look is None:
        places = [match.start() for match in _SIGNS.finditer(joined)] + _names(joined)
        return [(row, True) for row in np.unique(_rows(begins, places)).tolist()]
    points, signs = letters.codes(joined), np.empty(len(texts), np.uint8)
    look(points, begins, len(texts), _classes(), _LOW, signs)
    words = _words().find(points)
    row = _rows(begins, words[:, 1])
    signs[row[words[:, 0] < len(_NAMES)]] = _SIGN
    announced = np.zeros(len(texts), np.bool_)
    announced[row] = True
    rows = np.flatnonzero((signs == _SIGN) | ((signs == _DIGITS) & announced))
    return list(zip(rows.tolist(), (signs[rows] == _SIGN).tolist(), strict=True))


def _rows(begins: NDArray[np.int64], places: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the text that each place in all texts lies in."""
    return np.searchsorted(begins, np.asarray(places, np.int64), side="right") - 1


@cache
def _words() -> Trie:
    """Return what finds the names, first, and the words that announce a number."""
    words = [*_NAMES, *(word for kind in _ANNOUNCING for word in WORDS[kind]), "dot"]
    form, kinds = np.arange(sys.maxunicode + 1, dtype=np.uint32), np.zeros(sys.maxunicode + 1, np.uint8)
    for letter in string.ascii_letters:
        form[ord(letter)], kinds[ord(letter)] = ord(letter.lower()), SPACED
    return Trie(list(dict.fromkeys(words)), form=form, kinds=kinds)


@cache
def _classes() -> NDArray[np.uint8]:
    """Return what kind of sign each code point begins, as the kernel numbers them."""
    table = np.zeros(_LOW, np.uint8)
    chars = "".join(map(chr, range(_LOW)))
    for kind, pattern in enumerate((r"\d", "@", ":", "[wW]", r"[\[({]", f"[{_NUMERALS}]", r"\s"), 1):
        table[[match.start() for match in re.finditer(pattern, chars)]] = kind
    return table


def _names(text: str) -> list[int]:
    """Return where names of networks stand as words, and "dot"."""
    found = _AUTOMATON.find_matches_as_indexes(lowered(text), overlapping=True)
    return [start for _, start, end in found if not (joins(text, start - 1, start) or joins(text, end - 1, end))]


def find(text: str, whole: bool = True) -> list[Span]:
    """Return `(start, end, kind)` of the personal data in a normalized text, in order, without overlap.

    Where two kinds overlap, all that either covers goes, under the name of the surer kind. Unless `whole`, only what
    words announce is looked for.
    """
    ranked = sorted((start, end, rank, kind) for rank, (start, end, kind) in enumerate(_surest_first(text, whole)))
    found: list[tuple[int, int, int, str]] = []
    for start, end, rank, kind in ranked:
        if found and start < found[-1][1]:
            before = found.pop()
            rank, kind = min((rank, kind), before[2:])
            # a name before a host looks like an e-mail address together with it, and the host is to stay
            start, end = before[0], before[1] if before[3] == "link" else max(end, before[1])
        found.append((start, end, rank, kind))
    return [(start, end, kind) for start, end, _, kind in found]


def _surest_first(text: str, whole: bool) -> Iterator[Span]:
    words = announcements(text)
    digits = len(_DIGIT.findall(text))
    together = digits >= 6 and _TOGETHER.search(text)
    for finder, fewest, announced in _FINDERS:
        if digits < fewest:
            continue
        if announced:
            yield from finder(text, words[announced])
        elif whole and (together or finder not in _OF_ONE_NUMBER):
            yield from finder(text)
