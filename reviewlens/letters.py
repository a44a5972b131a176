"""What a character is, as lookup tables over code points: one array operation per text, whatever its script."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)
_TOP = 0x110000
_BLOCKS = (range(0x20000), range(0x1D400, 0x1D800), range(0x2F800, 0x2FA20), range(0xE0000, 0xE0200))
_UNSPACED = (  # scripts that put no space between words
    range(0x0E00, 0x0F00),  # Thai, Lao
    range(0x1000, 0x10A0),  # Myanmar
    range(0x1780, 0x1800),  # Khmer
    range(0x2E80, 0x3000),  # CJK radicals
    range(0x3005, 0x3008),
    range(0x3040, 0x3130),  # kana, bopomofo
    range(0x3190, 0xA000),  # CJK
    range(0xF900, 0xFB00),
    range(0xFF66, 0xFFA0),
    range(0x20000, 0x32000),
)
_CASED = (
    range(0x250),
    range(0x370, 0x590),
    range(0x10A0, 0x1100),
    range(0x1C80, 0x2000),
    range(0x2C00, 0x2E00),
    range(0xA640, 0xA7FF),
    range(0x10400, 0x10500),
)
_PICTURES = (range(0x2190, 0x2400), range(0x25A0, 0x27C0), range(0x2900, 0x2C00), range(0x1F000, 0x1FB00))

NOTHING, SPACED, UNSPACED, PICTURE = 0, 1, 2, 3  # what `kinds` says of a character

_CONTROL = ("Cc", "Cf")
_QUOTES = dict.fromkeys((0x2018, 0x2019, 0x201A, 0x201B, 0x2032), "'") | dict.fromkeys(
    (0x201C, 0x201D, 0x201E, 0x2033), '"'
)


def codes(text: str) -> NDArray[np.uint32]:
    """Return the code points of `text`, shape (len(text),)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def of(table: NDArray[T], points: NDArray[np.integer]) -> NDArray[T]:
    """Return what a table over code points says of each: `table[points]`, in half the time."""
    return table.take(points.astype(np.intp))


def offsets(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return where each text begins when all are joined by one character, and one past the end, shape (n + 1,)."""
    result = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1, out=result[1:])
    return result


def spell(points: NDArray[np.uint32]) -> str:
    """Return the text of code points: the inverse of `codes`."""
    return points.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")


@cache
def normal() -> NDArray[np.uint32]:
    """Return the table of `text.normalize`: each code point to one code point."""
    table = np.arange(_TOP, dtype=np.uint32)
    points = [point for block in _BLOCKS for point in block]
    chars = "".join(map(chr, points)).replace("\n", " ")
    # One call for all: a line break joins with nothing.
    for point, char, wide in zip(
        points, chars, unicodedata.normalize("NFKC", "\n".join(chars)).split("\n"), strict=True
    ):
        if char != wide and len(wide) == 1 and unicodedata.category(wide) not in _CONTROL:
            table[point] = ord(wide)
    table[[point for point, kind in zip(points, map(unicodedata.category, chars), strict=True) if kind in _CONTROL]] = (
        32
    )
    table[ord("\n")] = table[[0x2028, 0x2029]] = ord("\n")
    table[list(_QUOTES)] = [ord(quote) for quote in _QUOTES.values()]
    table[0xD800:0xE000] = ord(" ")
    return table


@cache
def folded() -> NDArray[np.uint32]:
    """Return the table of `text.fold`: normal form in lower case and simplified characters, one to one."""
    table = normal().copy()
    points = np.arange(_TOP, dtype=np.uint32)
    for block in _CASED:
        for point in block:
            lower = chr(int(table[point])).lower()
            points[point] = ord(lower) if len(lower) == 1 else table[point]
    points[ord("İ")] = ord("i")
    raw = (resources.files("reviewlens") / "data" / "languages" / "simplified.txt").read_text("utf-8")
    for line in raw.splitlines():
        for pair in () if line.startswith("#") else line.split():
            points[ord(pair[0])] = ord(pair[1])
    result: NDArray[np.uint32] = points[table]
    return result


@cache
def kinds() -> NDArray[np.uint8]:
    """Return what each code point is: a letter or digit is SPACED, or UNSPACED in a script without spaces."""
    table = np.zeros(_TOP, dtype=np.uint8)
    groups = codes("".join(map(unicodedata.category, map(chr, range(0x20000)))))[::2]  # L of "Lu", N of "Nd"
    table[:0x20000][np.isin(groups, codes("LNM"))] = SPACED
    for block in _UNSPACED:
        part = table[block.start : min(block.stop, 0x20000)]
        part[part != NOTHING] = UNSPACED
    table[0x20000:0x32000] = UNSPACED
    for block in _PICTURES:
        table[block.start : block.stop][table[block.start : block.stop] == NOTHING] = PICTURE
    return table
