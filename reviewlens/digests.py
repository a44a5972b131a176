"""Digests of many texts at once: what identifies a review, its text and its customer, the same on every machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_NOT_WORD = re.compile(r"[\W_]+")
_NOT_LETTERS = bytes(point for point in range(128) if not chr(point).isalnum())
_HASH = 8  # bytes


def hash64(*parts: str) -> int:
    """Return a signed 64-bit hash of the parts, the same on every machine."""
    return int.from_bytes(_digest("\x1f".join(parts), _HASH), "big", signed=True)


def hashes(texts: Sequence[str] | pa.Array) -> NDArray[np.int64]:
    """Return `hash64` of each text."""
    return digests(texts, _HASH).view(">i8")[:, 0].astype(np.int64)


def digests(texts: Sequence[str] | pa.Array, size: int, key: bytes = b"") -> NDArray[np.uint8]:
    """Return BLAKE2b (RFC 7693) of each text in UTF-8, keyed if there is a key: shape (n, size).

    `size` and the length of the key are at most 64 bytes; no text is null.
    """
    said = texts.to_pylist() if isinstance(texts, pa.Array) else texts
    return np.frombuffer(b"".join([_digest(text, size, key) for text in said]), np.uint8).reshape(-1, size)


def _digest(text: str, size: int, key: bytes = b"") -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size, key=key).digest()


def text_hashes(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the hash of what copies of each text share, its letters; of the text where it has none."""
    return hashes([letters_of(text) or text for text in texts])


def letters_of(body: str) -> str:
    """Return the letters and digits of a text in lower case: what copies of it share."""
    if body.isascii():
        return body.encode().translate(None, _NOT_LETTERS).decode().lower()
    return _NOT_WORD.sub("", body).casefold()
