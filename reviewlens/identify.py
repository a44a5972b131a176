"""The language of a text: as its export declares it, else by script, and for the Latin script by its function words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources

import numpy as np

from reviewlens import letters
from reviewlens.function_words import by_words
from reviewlens.languages import words
from reviewlens.letters import SPACED

UNTOLD = "und"  # what ISO 639 says where nothing tells the language
_SAMPLE = 300  # characters that tell the language
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = {
    "ja": range(0x3040, 0x3100),
    "zh": range(0x3400, 0xA000),
    "ko": range(0xAC00, 0xD7A4),
    "ru": range(0x400, 0x530),
    "ar": range(0x600, 0x700),
    "he": range(0x590, 0x600),
    "hi": range(0x900, 0x980),
    "th": range(0xE00, 0xE80),
    "el": range(0x370, 0x400),
    "hy": range(0x530, 0x590),
    "bn": range(0x980, 0xA00),
    "pa": range(0xA00, 0xA80),
    "gu": range(0xA80, 0xB00),
    "or": range(0xB00, 0xB80),
    "ta": range(0xB80, 0xC00),
    "te": range(0xC00, 0xC80),
    "kn": range(0xC80, 0xD00),
    "ml": range(0xD00, 0xD80),
    "si": range(0xD80, 0xE00),
    "lo": range(0xE80, 0xF00),
    "my": range(0x1000, 0x10A0),
    "ka": range(0x10A0, 0x1100),
    "am": range(0x1200, 0x1380),
    "km": range(0x1780, 0x1800),
    "jv": range(0xA980, 0xA9E0),
}
_UNSPACED = ("zh", "ja", "th", "lo", "my", "km")
_CODES = list(_SCRIPTS)
_SPACED_SCRIPTS = [_CODES.index(code) for code in _CODES if code not in _UNSPACED]
_WEIGHT = np.array([4 if code in (*_UNSPACED, "ko") else 1 for code in _CODES])  # a Chinese letter is a word


def language(text: str) -> str:
    """Return the likely language of `text` as an ISO 639-1 code, `UNTOLD` where nothing tells.

    By script; for the Latin script by counts of function words in the first `_SAMPLE` characters.
    """
    return languages([text])[0]


def languages(texts: Sequence[str]) -> list[str]:
    """Return `language` of each text."""
    samples = [text[:_SAMPLE] for text in texts]
    wide = [row for row, sample in enumerate(samples) if not sample.isascii()]
    told = dict(zip(wide, _by_script([samples[row] for row in wide]), strict=True))
    found = [told.get(row) for row in range(len(samples))]
    left = [row for row, code in enumerate(found) if code is None]
    for row, code in zip(left, by_words([samples[row] for row in left]), strict=True):
        found[row] = code
    return [code or UNTOLD for code in found]


def identifiable() -> frozenset[str]:
    """Return the codes of the languages that `language` tells."""
    return frozenset(_CODES) | frozenset(words("text", "function_words"))


def unlearned(rows: Mapping[str, int], learned: Collection[str] | None) -> dict[str, int] | None:
    """Return those of `rows` (code -> rows) that are in no learned language, the most first.

    Texts that tell no language are not among them, and a language that only its export could declare is not where
    some of what was learned told none. None where nobody knows what was learned.
    """
    if learned is None:
        return None
    open_codes = frozenset(_declared().values()) - identifiable() if UNTOLD in learned else frozenset()
    strange = {code: n for code, n in rows.items() if code not in {UNTOLD, *learned} and code not in open_codes}
    return dict(sorted(strange.items(), key=lambda item: (-item[1], item[0])))


@lru_cache(maxsize=1024)
def code_of(declared: str) -> str | None:
    """Return the ISO 639-1 code of a language as an export names it, such as "en_US", "GER" or "中文".

    None where it names none, as "unknown" does or the code of a country.
    """
    said = _WORD.search(declared.casefold())
    return _declared().get(said[0]) if said else None


@cache
def _declared() -> dict[str, str]:
    """Return the code of each way to name a language."""
    known = tomllib.loads((resources.files("reviewlens") / "data" / "language_codes.toml").read_text("utf-8"))
    named = {name: code for code, names in known["names"].items() for name in names}
    return {code: code for code in known["codes"].split()} | named


def _by_script(samples: Sequence[str]) -> list[str | None]:
    """Return the language of each sample that its script tells, else None."""
    if not samples:
        return []
    points = letters.codes("".join(samples))
    owner = np.repeat(np.arange(len(samples)), [len(sample) for sample in samples])
    columns = len(_CODES) + 1
    counted = np.bincount(owner * columns + letters.of(_script(), points), minlength=len(samples) * columns)
    counts = counted.reshape(-1, columns)[:, :-1]
    spaced = np.bincount(owner, letters.of(letters.kinds(), points) == SPACED, minlength=len(samples)).astype(np.int64)
    latin = spaced - counts[:, _SPACED_SCRIPTS].sum(axis=1)
    ja, zh = counts[:, _CODES.index("ja")], counts[:, _CODES.index("zh")]
    japanese = (ja * 8 > zh) & (ja + zh > latin // 4)
    best = counts.argmax(axis=1)
    best[japanese] = _CODES.index("ja")
    told = japanese | (counts[np.arange(len(samples)), best] * _WEIGHT[best] > latin)
    return [_CODES[code] if sure else None for code, sure in zip(best.tolist(), told.tolist(), strict=True)]


@cache
def _script() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    table = np.full(0x110000, len(_CODES), np.uint8)
    for place, points in enumerate(_SCRIPTS.values()):
        table[points.start : points.stop] = place
    return table
