"""Near-copies: texts that share most of their words, whoever posted them.

MinHash (Broder 1997) with bands for locality-sensitive hashing: two texts whose word sets overlap by 80% share a band
with a probability of 0.6, by 90% of 0.9, by 50% of 0.05. Exact copies always share all bands.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

BANDS = 3
ROWS = 6  # hashes per band
FEWEST = 6  # tokens; a shorter text is a copy only of the very same text
_SEED = 42
_SPREAD = np.array([0x9E3779B97F4A7C15 * (2 * i + 1) & (2**64 - 1) for i in range(ROWS)], np.uint64)


def bands(texts: Sequence[str], text_hash: Sequence[int]) -> NDArray[np.int64]:
    """Return the band hashes of n texts, shape (n, `BANDS`): near-copies share at least one with high probability.

    `text_hash` stands for the whole text where it is too short to be compared by its words.
    """
    if not texts:
        return np.zeros((0, BANDS), np.int64)
    tokens = [_tokens(text) for text in texts]
    signatures = RMinHash.digests_from_token_sets(tokens, num_perm=BANDS * ROWS, seed=_SEED)
    values = np.array(signatures, np.uint64).reshape(len(texts), BANDS, ROWS)
    mixed = (values + np.arange(1, BANDS + 1, dtype=np.uint64)[:, None]) * _SPREAD
    found: NDArray[np.int64] = np.bitwise_xor.reduce(mixed ^ (mixed >> np.uint64(29)), axis=2).view(np.int64)
    short = np.array([len(t) < FEWEST for t in tokens])
    found[short] = np.asarray(text_hash, np.int64)[short, None]
    return found


def _tokens(text: str) -> list[str]:
    """Return the words of a text, or its character pairs where the script does not separate words."""
    words = text.casefold().split()
    if len(words) * 12 < len(text):  # no language has words of twelve letters on average
        joined = "".join(words)
        return [joined[i : i + 2] for i in range(len(joined) - 1)]
    return words
