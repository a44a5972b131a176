"""English reviews in Spanish, by the rules of Apertium: clumsy, but with the words and the inflections of Spanish.

    apt-get install apertium-eng-spa

A cipher has no word that a vocabulary knows; here the pretrained vectors of the bundled model have something to say.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

_LONGEST = 1500  # characters of a review that are translated


def available() -> bool:
    """Return whether the translator is installed."""
    return shutil.which("apertium") is not None


def spanish(texts: Sequence[str]) -> list[str]:
    """Return the texts in Spanish; what Apertium does not know stays English."""
    lines = "\n\n".join(" ".join(text.split())[:_LONGEST] for text in texts)
    done = subprocess.run(["apertium", "-u", "eng-spa"], input=lines, capture_output=True, text=True, check=True)
    found = done.stdout.split("\n\n")
    if len(found) != len(texts):
        raise RuntimeError(f"{len(texts)} reviews became {len(found)}: a paragraph was lost in translation")
    return [text.strip() or "-" for text in found]
