"""Languages that nobody speaks: English letter by letter in another guise, so that no vocabulary knows a word of it.

`letters` permutes the Latin letters, `script` writes them in Georgian ones, and `unspaced` in kana without spaces, as
Japanese and Chinese are written. Casing is kept where the script has it. What a model could learn stays what it was.
"""

from __future__ import annotations

import string
from collections.abc import Callable

_PERMUTED = "qwertyuiopasdfghjklzxcvbnm"
_GEORGIAN = "აბგდევზთიკლმნოპჟრსტუფქღყშჩ"
_KANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのは"

_TO_PERMUTED = str.maketrans(string.ascii_letters, _PERMUTED + _PERMUTED.upper())
_TO_GEORGIAN = str.maketrans(string.ascii_letters, _GEORGIAN * 2)
_TO_KANA = str.maketrans(string.ascii_letters, _KANA * 2)


def letters(text: str) -> str:
    """Return `text` with its letters permuted."""
    return text.translate(_TO_PERMUTED)


def script(text: str) -> str:
    """Return `text` in Georgian letters."""
    return text.translate(_TO_GEORGIAN)


def unspaced(text: str) -> str:
    """Return `text` in kana, words joined; a full stop is the one of Japanese."""
    return "".join(text.translate(_TO_KANA).split()).replace(".", "。").replace(",", "、")


CIPHERS: dict[str, Callable[[str], str]] = {"letters": letters, "script": script, "unspaced": unspaced}
