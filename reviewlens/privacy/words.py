"""The words around a number that say what it is: words.toml as regular expressions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import ahocorasick_rs

Span = tuple[int, int, str]

WORDS: dict[str, Any] = tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
KINDS = ("phone", "order", "account", "identity", "handle", "profile")
_OWNERS = [kind for kind in KINDS for _ in WORDS[kind]]
_AUTOMATON = ahocorasick_rs.AhoCorasick([word for kind in KINDS for word in WORDS[kind]])
_DATE = re.compile(
    r"(?:19|20)\d\d(?: ?[-~] ?(?:19|20)\d\d|([-./]?)(?:0?[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01]))(?!\d)"
    r"|\d{1,2}([-./])\d{1,2}\2(?:19|20)\d\d(?!\d)|(?:[0-2]\d|3[01]){2}20\d\d(?!\d)"
)


def any_of(words: list[str]) -> str:
    """Return a pattern for any of `words`, longest first; Latin ones only as whole words."""
    ordered = sorted(words, key=len, reverse=True)
    return (
        "(?:"
        + "|".join(
            (r"(?<![a-zA-Z])" if word[0].isascii() and word[0].isalpha() else "")
            + re.escape(word)
            + (r"(?![a-zA-Z])" if word[-1].isascii() and word[-1].isalpha() else "")
            for word in ordered
        )
        + ")"
    )


def lowered(text: str) -> str:
    """Return `text` with the letters A-Z in lower case and all others as they are: of equal length, and quick."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def announcements(text: str) -> dict[str, list[tuple[int, int]]]:
    """Return where in `text` each kind of word (phone, order, …) stands, as `(start, end)`."""
    heard: dict[str, list[tuple[int, int]]] = {kind: [] for kind in KINDS}
    for index, start, end in _AUTOMATON.find_matches_as_indexes(lowered(text), overlapping=True):
        if not (joins(text, start - 1, start) or joins(text, end - 1, end)):
            heard[_OWNERS[index]].append((start, end))
    return heard


def joins(text: str, left: int, right: int) -> bool:
    """Return whether the characters at both places are Latin letters of one word."""
    pair = text[max(left, 0) : right + 1]
    return len(pair) == 2 and pair.isascii() and pair.isalpha()


def follow(text: str, words: list[tuple[int, int]], value: re.Pattern[str]) -> Iterator[tuple[int, int, re.Match[str]]]:
    """Yield each word's span and the match of `value` that begins where the word ends."""
    for start, end in words:
        if match := value.match(text, end):
            yield start, end, match


def announced(value: str) -> re.Pattern[str]:
    """Return a pattern for what a word announces: groups `link` ("number is", ":", "号") and `value`."""
    return re.compile(rf"(?i)(?P<link>(?:\s?{any_of(WORDS['connectors'])}){{0,4}})\s{{0,2}}(?P<value>{value})")


def spans(pattern: re.Pattern[str], text: str, kind: str) -> Iterator[Span]:
    """Yield every whole match of `pattern` as `(start, end, kind)`."""
    for match in pattern.finditer(text):
        yield match.start(), match.end(), kind


def digits(text: str) -> str:
    """Return the decimal digits of `text`."""
    return "".join(char for char in text if "0" <= char <= "9")


def is_date(text: str) -> bool:
    """Return whether `text` begins with a date, or years from and to, in numbers."""
    return _DATE.match(text) is not None
