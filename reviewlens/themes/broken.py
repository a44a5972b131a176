"""Where a text stops being TOML: the statement to mend, which is not always where the parser gave up."""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from collections.abc import Sequence


def mistake(text: str) -> tuple[int, str]:
    """Return the line, from 1, and the key or header of the first statement of `text` that is not TOML.

    A parser tells the line at which it gives up: an array that nobody closed ends at the end of the file.
    """
    lines = text.splitlines()
    sections = [0, *(i for i, line in enumerate(lines) if line.lstrip().startswith("[["))]
    first = sections[bisect_left(sections, True, key=lambda end: not _whole(lines[:end])) - 1]
    good = max(end for end in range(first, len(lines) + 1) if _whole(lines[:end]))
    at = next((i for i in range(good, len(lines)) if lines[i].strip()), good)
    line = lines[at].strip() if at < len(lines) else ""
    return at + 1, line if line.startswith("[") else line.partition("=")[0].strip().strip("\"'")


def _whole(lines: Sequence[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True
