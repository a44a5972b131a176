"""The forms in which a cue is written: plural, -ing, -ed of its last word, in scripts with spaces."""

from __future__ import annotations

import re

_WORD = re.compile(r"[a-z]{3,}")
_VOWELS = "aeiou"


def forms(cue: str) -> list[str]:
    """Return the folded cue and its regular English inflections; a cue in quotes, or in another script, as it is.

    Over-generation is harmless: a form that nobody writes matches nothing.
    """
    if (exact := unquoted(cue)) != cue:
        return [exact]
    head, _, last = cue.rpartition(" ")
    if not _WORD.fullmatch(last) or last.endswith(("ing", "ly", "ss", "ous", "ful")):
        return [cue]
    stem = last
    endings = [last, last + "s", last + "ed", last + "ing"]
    if last.endswith("e"):
        endings = [last, last + "s", last + "d", last[:-1] + "ing"]
    elif last.endswith("y") and last[-2] not in _VOWELS:
        endings = [last, last[:-1] + "ies", last[:-1] + "ied", last + "ing"]
    elif last.endswith(("s", "x", "z", "ch", "sh")):
        endings = [last, last + "es", last + "ed", last + "ing"]
    elif len(stem) <= 5 and stem[-1] not in _VOWELS + "wxy" and stem[-2] in _VOWELS and stem[-3] not in _VOWELS:
        endings += [last + stem[-1] + "ed", last + stem[-1] + "ing"]
    if last.endswith("s"):
        endings = [last]
    return [f"{head} {ending}" if head else ending for ending in endings]


def unquoted(cue: str) -> str:
    """Return a cue without the quotes around it."""
    return cue[1:-1] if len(cue) > 2 and cue[0] == cue[-1] == '"' else cue
