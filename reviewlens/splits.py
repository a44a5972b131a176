"""Which reviews are held out, with near-copies on one side."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_NO_LETTER = re.compile(r"[\W_]+")
_KEY_LENGTH = 60  # letters and digits: copies that differ in spacing, case or their end share a key


def copy_key(text: str) -> str:
    """Return what near-copies of `text` share: its first letters and digits."""
    return _NO_LETTER.sub("", text.lower())[:_KEY_LENGTH] or text


def held_out(texts: Sequence[str], strata: NDArray[np.int64], *, share: float, seed: int) -> NDArray[np.bool_]:
    """Choose about `share` of n texts, evenly over `strata`, shape (n,); texts with one `copy_key` stay together.

    The choice depends on the texts and the seed, not on their order.
    """
    keys = [copy_key(text) for text in texts]
    rank = {key: hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=8).digest() for key in set(keys)}
    stratum_of: dict[str, int] = {}
    for key, stratum in zip(keys, strata.tolist(), strict=True):
        stratum_of[key] = min(stratum, stratum_of.get(key, stratum))
    chosen: set[str] = set()
    for stratum in sorted(set(stratum_of.values())):
        members = sorted((key for key, own in stratum_of.items() if own == stratum), key=rank.__getitem__)
        chosen.update(members[: max(1, round(share * len(members)))] if len(members) > 1 else [])
    return np.array([key in chosen for key in keys], dtype=bool)


def copy_hashes(texts: Sequence[str]) -> NDArray[np.uint32]:
    """Return a hash of the copy key of each text, shape (n,): enough to notice a copy, not to read a text."""
    digests = (hashlib.blake2b(copy_key(text).encode(), digest_size=4).digest() for text in texts)
    return np.array([int.from_bytes(digest, "little") for digest in digests], dtype=np.uint32)
