"""Digests of many texts at once: what identifies a review, its text and its customer, the same on every machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.native import kernel

_NOT_WORD = re.compile(r"[\W_]+")
_NOT_LETTERS = bytes(point for point in range(128) if not chr(point).isalnum())
_LOW = 0x2000  # code points below which the kernel looks a letter up
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
    take = kernel("digest_texts")
    try:
        array = None if take is None else _large(texts)
    except UnicodeEncodeError:  # half a surrogate pair
        array = None
    if take is None or array is None:
        said = texts.to_pylist() if isinstance(texts, pa.Array) else texts
        found = b"".join([_digest(text, size, key) for text in said])
        return np.frombuffer(found, np.uint8).reshape(-1, size)
    offsets = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
    return _taken(np.frombuffer(array.buffers()[2] or b"", np.uint8), offsets, size, key)


def _large(texts: Sequence[str] | pa.Array) -> pa.Array:
    array = texts.cast(pa.large_string()) if isinstance(texts, pa.Array) else pa.array(texts, pa.large_string())
    return array if len(array) else pa.array([""], pa.large_string()).slice(1)  # nothing has buffers too


def _taken(said: NDArray[np.uint8], offsets: NDArray[np.int64], size: int, key: bytes = b"") -> NDArray[np.uint8]:
    take = kernel("digest_texts")
    assert take is not None
    result = np.empty((len(offsets) - 1, size), np.uint8)
    take(said, offsets, len(result), np.frombuffer(key, np.uint8), len(key), size, result)
    return result


def _digest(text: str, size: int, key: bytes = b"") -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size, key=key).digest()


def text_hashes(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the hash of what copies of each text share, its letters; of the text where it has none."""
    spell = kernel("spell_letters")
    if spell is None or kernel("digest_texts") is None:
        return hashes([letters_of(text) or text for text in texts])
    points, begins = letters.codes("\n".join(texts)), np.empty(len(texts) + 1, np.int64)
    said, unsure = np.empty(3 * len(points), np.uint8), np.empty(len(texts), np.bool_)
    spell(points, letters.offsets(texts), len(texts), _small(), _LOW, said, begins, unsure)
    found = _taken(said, begins, _HASH).view(">i8")[:, 0].astype(np.int64)
    left = np.flatnonzero(unsure).tolist()
    found[left] = hashes([letters_of(texts[row]) or texts[row] for row in left])
    return found


def letters_of(body: str) -> str:
    """Return the letters and digits of a text in lower case: what copies of it share."""
    if body.isascii():
        return body.encode().translate(None, _NOT_LETTERS).decode().lower()
    return _NOT_WORD.sub("", body).casefold()


@cache
def _small() -> NDArray[np.uint32]:
    """Return the letter of each code point below `_LOW` as `letters_of` has it, 0 for none, -1 where it has several."""
    spelled = [letters_of(chr(point)) for point in range(_LOW)]
    return np.array([0 if not s else ord(s) if len(s) == 1 else 0xFFFFFFFF for s in spelled], np.uint32)
