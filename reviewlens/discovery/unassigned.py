"""What the text without a theme speaks of, from the parts that a run keeps: the nightly question of a new theme."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reviewlens.discovery.candidates import Candidate, candidate_themes
from reviewlens.discovery.phrases import mine

MOST = 5_000
"""Quotes looked at, of the new reviews and of those before: about a second of processor time to mine both."""
FARTHEST = 200_000
"""Reviews read at most to find them, where nearly every review has a theme: parts beyond are not opened. A fifth of a
second of processor time."""
_LEAST = 10


def grown_candidates(new: Sequence[Path], before: Sequence[Path]) -> list[Candidate]:
    """Return the candidates for a new theme in the masked quotes of reviews without a theme, the strongest first.

    Args:
        new: folders of the parts scored in this run.
        before: folders of the parts of earlier runs; without any of their quotes there is nothing to compare with, and
            no candidate.
    """
    now = _quotes(new)
    then = _quotes(before) if now else []
    phrases = mine([*now, *then], least=_LEAST, most=1_000) if then else None
    if phrases is None or not phrases.phrases:
        return []
    held = phrases.by_text(len(now) + len(then)).tocsr()
    counts = [np.asarray(part.sum(0)).ravel().astype(int) for part in (held[: len(now)], held[len(now) :])]
    told = [{p: int(c) for p, c in zip(phrases.phrases, count, strict=True) if c} for count in counts]
    return candidate_themes(told[0], told[1], least=_LEAST)


def _quotes(folders: Sequence[Path]) -> list[str]:
    """Return distinct quotes of reviews without a mention, `MOST` at most, of the last parts first.

    Parts are opened until there are enough quotes, or `FARTHEST` reviews have been read.
    """
    found: dict[str, None] = {}
    seen = 0
    for folder in reversed(folders):
        scored = pq.read_table(folder / "scored.parquet", columns=["row", "quote"])
        assigned = pq.read_table(folder / "mentions.parquet", columns=["row"]).column("row")
        bare = pc.and_(pc.is_valid(scored["quote"]), pc.invert(pc.is_in(scored["row"], value_set=assigned)))
        found.update(dict.fromkeys(scored.filter(bare)["quote"].to_pylist()))
        seen += scored.num_rows
        if len(found) >= MOST or seen >= FARTHEST:
            break
    return list(found)[:MOST]
