"""The language of a text in Latin letters, by its function words: those of each language are data."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.forms import keys_of
from reviewlens.keys import Keys
from reviewlens.languages import words
from reviewlens.native import kernel

_LOW = 0x2000  # code points below which all alphabets of function words lie
_UNSURE = -2  # what the kernel says of a text that it cannot tell of


def by_words(samples: Sequence[str]) -> list[str | None]:
    """Return for each text the language whose function words weigh most, None where it has none."""
    weigh = kernel("weigh_languages")
    if weigh is None or not samples:
        return [_by_words(sample) for sample in samples]
    words, best = _weights(), np.empty(len(samples), np.int32)
    tables = _lower(), _LOW, *words.keys.table, words.spoken, words.share, len(words.codes)
    weigh(letters.codes("\n".join(samples)), letters.offsets(samples), len(samples), *tables, best)
    names: list[str | None] = [*words.codes, None, None]
    found = [names[code] for code in best.tolist()]
    for row in np.flatnonzero(best == _UNSURE).tolist():
        found[row] = _by_words(samples[row])
    return found


def _by_words(sample: str) -> str | None:
    known = _function_words()
    scores: dict[str, float] = {}
    lower = sample.lower()
    if lower.isascii():
        only_letters = lower.encode().translate(_ascii_letters()).decode()
    else:
        only_letters = "".join(c if c.isalpha() else " " for c in lower)
    for word in filter(known.__contains__, only_letters.split()):
        for code, weight in known[word]:
            scores[code] = scores.get(code, 0.0) + weight
    return max(sorted(scores), key=lambda code: scores[code]) if scores else None


@cache
def _ascii_letters() -> bytes:
    return bytes(point if chr(point).isascii() and chr(point).isalpha() else 32 for point in range(256))


class _Weights(NamedTuple):
    """The function words as the kernel looks them up."""

    codes: list[str]  # languages in alphabetical order
    keys: Keys
    spoken: NDArray[np.int64]  # per slot of a key: a bit for each language
    share: NDArray[np.float64]


@cache
def _weights() -> _Weights:
    known = _function_words()
    codes = sorted({code for spoken in known.values() for code, _ in spoken})
    keys = Keys(bits=len(known).bit_length() + 1)
    slots = keys.add(keys_of(list(known)))
    spoken, share = np.zeros(1 << keys.bits, np.int64), np.zeros(1 << keys.bits)
    spoken[slots] = [sum(1 << codes.index(code) for code, _ in found) for found in known.values()]
    share[slots] = [found[0][1] for found in known.values()]
    return _Weights(codes, keys, spoken, share)


@cache
def _lower() -> NDArray[np.uint32]:
    """Return the small letter of each code point below `_LOW`, 0 for what is none, -1 where its text has to tell."""
    small = [chr(point).lower() for point in range(_LOW)]
    table = np.array([ord(c) if len(c) == 1 and c.isalpha() else 0 for c in small], np.uint32)
    table[[point for point, c in enumerate(small) if len(c) > 1 or c == "σ"]] = np.iinfo(np.uint32).max
    return table


@cache
def _function_words() -> dict[str, list[tuple[str, float]]]:
    """Return the languages of each function word, each with its share of the word."""
    known: dict[str, list[str]] = {}
    for code, listed in words("text", "function_words").items():
        for word in listed:
            known.setdefault(word, []).append(code)
    return {word: [(code, 1.0 / len(codes)) for code in codes] for word, codes in known.items()}
