"""Near-copies: texts that share most of their words, whoever posted them.

MinHash (Broder 1997) with bands for locality-sensitive hashing: two texts whose word sets overlap by 80% share a band
with a probability of 0.6, by 90% of 0.9, by 50% of 0.05. Exact copies always share all bands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rensa import RMinHash

from reviewlens import letters
from reviewlens.forms import Forms, places
from reviewlens.keys import Keys
from reviewlens.native import kernel
from reviewlens.threads import blocks

BANDS = 3
ROWS = 6  # hashes per band
FEWEST = 6  # tokens; a shorter text is a copy only of the very same text
_SEED = 42
_CHUNK = 100_000  # characters cut at once
_LOW = 0x2000  # code points below which the kernel looks a character up
_COMPARED, _UNSURE = 1, 2  # what the kernel says of a text
_BITS, _MOST = 19, 200_000  # slots of the tokens that are known, and how many these may be
_SPREAD = np.array([0x9E3779B97F4A7C15 * (2 * i + 1) & (2**64 - 1) for i in range(ROWS)], np.uint64)


def bands(texts: Sequence[str], text_hash: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the band hashes of n texts, shape (n, `BANDS`): near-copies share at least one with high probability.

    `text_hash` stands for the whole text where it is too short to be compared by its words.
    """
    found = np.repeat(np.asarray(text_hash, np.int64)[:, None], BANDS, axis=1)
    cut = kernel("cut_tokens")
    if cut is None:
        _compare(texts, np.arange(len(texts)), found)
        return found
    base = letters.offsets(texts)
    for first, last in blocks(base, _CHUNK):
        left = _compare_by_keys(cut, texts[first:last], found[first:last])
        _compare(texts, first + left, found)
    return found


def _compare_by_keys(cut: Callable[..., int], texts: Sequence[str], found: NDArray[np.int64]) -> NDArray[np.int64]:
    """Write the bands of texts that are compared, and return the indices of those that it cannot tell of."""
    points, kinds = letters.codes("\n".join(texts)), np.empty(len(texts), np.uint8)
    said, keys = np.empty(len(points), np.uint32), np.empty(len(points), np.uint64)
    (starts, lengths), begins = np.empty((2, len(points)), np.int64), np.empty(len(texts) + 1, np.int64)
    tables = letters.offsets(texts), len(texts), _folded(), _LOW, FEWEST
    count = cut(points, *tables, said, starts, lengths, keys, begins, kinds)
    compared = np.flatnonzero(kinds == _COMPARED)
    if len(compared):

        def spelled(rows: NDArray[np.int64]) -> list[str]:
            some = lengths[rows]
            return Forms(said[places(starts[rows], some)], some).texts(np.arange(len(rows)))

        hashes = _known.hashes(keys[:count], spelled)
        offsets = np.append(begins[compared], count).astype(np.uint64)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, BANDS * ROWS, _SEED)
        found[compared] = _bands(matrix.to_rows())
    return np.flatnonzero(kinds == _UNSURE)


def _compare(every: Sequence[str], rows: NDArray[np.int64], found: NDArray[np.int64]) -> None:
    """Write the bands of those of the texts in `rows` that are compared."""
    texts = [every[row] for row in rows.tolist()]
    words = [text.casefold().split() for text in texts]
    spaced = np.array([len(w) * 12 >= len(t) for w, t in zip(words, texts, strict=True)], np.bool_)
    compared = np.flatnonzero(spaced & (np.fromiter(map(len, words), np.int64, len(words)) >= FEWEST))
    if len(compared):
        said = [words[row] for row in compared.tolist()]
        digests = RMinHash.digests_from_token_sets(said, num_perm=BANDS * ROWS, seed=_SEED)
        found[rows[compared]] = _bands(digests)
    # No language has words of twelve letters on average: where a text seems to, it is compared by pairs of characters.
    joined = {row: "".join(words[row]) for row in np.flatnonzero(~spaced).tolist()}
    joined = {row: said for row, said in joined.items() if len(said) > FEWEST}
    if joined:
        hashes, offsets = _pairs(list(joined.values()))
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, BANDS * ROWS, _SEED)
        found[rows[list(joined)]] = _bands(matrix.to_rows())


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


class _Tokens:
    """The hashes of tokens that were seen before, by their 64-bit keys; when it is full, all are forgotten."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self._keys, self._hashes, self._many = Keys(_BITS), np.zeros(1 << _BITS, np.uint64), 0

    def hashes(self, keys: NDArray[np.uint64], spelled: Callable[[NDArray[np.int64]], list[str]]) -> NDArray[np.uint64]:
        """Return the hash of each token; `spelled` returns the tokens at some places as texts."""
        with self._lock:
            slots = self._keys.find(keys)
            new = np.flatnonzero(slots < 0)
            if not len(new):
                return self._hashes[slots]
            distinct, first = np.unique(keys[new], return_index=True)
            made = np.array(RMinHash.hash_token_sets([spelled(new[first])])[0], np.uint64)
            result = self._hashes[slots]
            result[new] = made[np.searchsorted(distinct, keys[new])]
            if self._many + len(distinct) > _MOST:
                self._forget()
            if len(distinct) <= _MOST:
                self._hashes[self._keys.add(distinct)] = made
                self._many += len(distinct)
            return result


_known = _Tokens()


@cache
def _folded() -> NDArray[np.uint32]:
    """Return the case-folded form of each code point below `_LOW`: 0 for white space, -1 where it has several."""
    spelled = [chr(point).casefold() for point in range(_LOW)]
    table = np.array([ord(s) if len(s) == 1 else 0xFFFFFFFF for s in spelled], np.uint32)
    table[0], table[[point for point, s in enumerate(spelled) if s.isspace()]] = 0xFFFFFFFF, 0
    return table
