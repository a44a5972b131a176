"""Mentions and wishes of texts that stand alone, outside a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reviewlens import needs
from reviewlens.classifier import Classifier, bundled
from reviewlens.errors import InputError
from reviewlens.text import normalize, segments

if TYPE_CHECKING:
    import pandas as pd

    from reviewlens.themes.themeset import ThemeSet


def match(themes: ThemeSet, texts: Sequence[str], classifier: Classifier | None = None) -> pd.DataFrame:
    """Return the mentions of n texts as a DataFrame; see `ThemeSet.match`."""
    if isinstance(texts, str) or hasattr(texts, "columns"):
        kind = "one string" if isinstance(texts, str) else "a table"
        raise InputError(f"texts is {kind}", hint="pass a list of texts: for one text [text], of a table its column")
    said = []
    for row, text in enumerate(texts):
        if text is not None and not isinstance(text, str) and text == text:  # NaN is a missing text
            raise InputError(f"a text is of type {type(text).__name__}", where=f"position {row}", hint="pass texts")
        said.append(normalize(text) if isinstance(text, str) else "")
    model = classifier or bundled()
    owner, bounds = segments(said)
    scores = model.score_segments(said, owner, bounds)
    table = needs.mentions(said, owner, bounds, scores.segment_proba, themes, scores.proba)
    found: pd.DataFrame = table.to_pandas()
    return found.astype({"wish_start": "Int32", "wish_end": "Int32"})


def wishes(
    texts: Sequence[str], *, themes: ThemeSet | None = None, classifier: Classifier | None = None
) -> pd.DataFrame:
    """Return the mentions whose intent is wish; `theme_id` is "other" where no theme fits.

    Columns as `ThemeSet.match`.
    """
    from reviewlens.themes.themeset import ThemeSet

    found = match(themes or ThemeSet.load(), texts, classifier)
    return found[found["intent"] == "wish"].reset_index(drop=True)
