"""Near-copies: texts that share most of their words, whoever posted them.

MinHash (Broder 1997) with bands for locality-sensitive hashing: two texts whose word sets overlap by 80% share a band
with a probability of 0.6, by 90% of 0.9, by 50% of 0.05. Exact copies always share all bands.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rensa import RMinHash

from reviewlens import letters

BANDS = 3
ROWS = 6  # hashes per band
FEWEST = 6  # tokens; a shorter text is a copy only of the very same text
_SEED = 42
_SPREAD = np.array([0x9E3779B97F4A7C15 * (2 * i + 1) & (2**64 - 1) for i in range(ROWS)], np.uint64)


def bands(texts: Sequence[str], text_hash: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the band hashes of n texts, shape (n, `BANDS`): near-copies share at least one with high probability.

    `text_hash` stands for the whole text where it is too short to be compared by its words.
    """
    found = np.repeat(np.asarray(text_hash, np.int64)[:, None], BANDS, axis=1)
    words = [text.casefold().split() for text in texts]
    spaced = np.array([len(w) * 12 >= len(t) for w, t in zip(words, texts, strict=True)], np.bool_)
    compared = np.flatnonzero(spaced & (np.fromiter(map(len, words), np.int64, len(words)) >= FEWEST))
    if len(compared):
        said = [words[row] for row in compared.tolist()]
        found[compared] = _bands(RMinHash.digests_from_token_sets(said, num_perm=BANDS * ROWS, seed=_SEED))
    # No language has words of twelve letters on average: where a text seems to, it is compared by pairs of characters.
    joined = {row: "".join(words[row]) for row in np.flatnonzero(~spaced).tolist()}
    joined = {row: said for row, said in joined.items() if len(said) > FEWEST}
    if joined:
        hashes, offsets = _pairs(list(joined.values()))
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, BANDS * ROWS, _SEED)
        found[list(joined)] = _bands(matrix.to_rows())
    return found


def _bands(signatures: list[list[int]]) -> NDArray[np.int64]:
    values = np.array(signatures, np.uint64).reshape(len(signatures), BANDS, ROWS)
    mixed = (values + np.arange(1, BANDS + 1, dtype=np.uint64)[:, None]) * _SPREAD
    found: NDArray[np.int64] = np.bitwise_xor.reduce(mixed ^ (mixed >> np.uint64(29)), axis=2).view(np.int64)
    return found


def _pairs(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the hashes of the pairs of neighboring characters of all texts, and where those of each text begin.

    Each distinct pair is hashed once.
    """
    base = letters.offsets(texts)
    points = letters.codes("".join(texts)).astype(np.int64)
    base -= np.arange(len(base))  # nothing stands between the texts
    within = np.ones(len(points), np.bool_)
    within[base[1:] - 1] = False
    pairs = pa.array(((points[:-1] << 21) | points[1:])[within[:-1]]).dictionary_encode()
    distinct = pairs.dictionary.to_numpy()
    spelled = letters.spell(np.column_stack([distinct >> 21, distinct & 0x1FFFFF]).ravel().astype(np.uint32))
    hashes = RMinHash.hash_token_sets([[spelled[at : at + 2] for at in range(0, len(spelled), 2)]])[0]
    return np.array(hashes, np.uint64)[pairs.indices], (base - np.arange(len(base))).astype(np.uint64)
