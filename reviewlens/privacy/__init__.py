"""Masking of personal data in all text that leaves the job, keyed hashes of customers, cells that are safe to open.

Recognition is by form and checksum, and by the words around a number (words.toml). Every pattern begins at a
token's edge and has bounded length, so the time is linear in the text, whatever the text is. Where it matters a pattern
names its first character before it looks back at what stands before, for `re` finds a character fastest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reviewlens.digests import digests
from reviewlens.errors import ConfigError
from reviewlens.privacy.find import find, found_in, suspect
from reviewlens.text import normalize, normalize_all

_PASSES = 4  # what was glued to a number is looked at again without it; twice is nearly always the last time
_CUSTOMER, _LONGEST_KEY = 16, 64  # bytes
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_JOINER = "\u034f"  # an invisible mark, which is why it is printable


def mask(text: str) -> str:
    """Return `text` with personal data replaced by placeholders such as `[email]` and `[phone]`; see docs/privacy.md.

    Names in running text are not recognized. The time is linear in the length of `text`.
    """
    for _ in range(_PASSES):
        normal = normalize(text)
        spans = find(normal) if suspect(normal) else []
        if not spans:
            break
        parts, begin = [], 0
        for start, end, kind in spans:
            parts += [text[begin:start], f"[{kind}]"]
            begin = end
        text = "".join([*parts, text[begin:]])
    return text


def mask_many(texts: Iterable[str]) -> list[str]:
    """Return the masked form of each text, in order."""
    masked = list(texts)
    for index in found_in(normalize_all(masked)):
        masked[index] = mask(masked[index])
    return masked


def hash_customer(customer: str, key: bytes) -> str:
    """Return 32 hexadecimal digits that stand for `customer`: keyed BLAKE2b (RFC 7693), 128 bits.

    Without the key the hash cannot be reversed by trying all customer ids. `key` is 1 to 64 bytes.
    """
    return digests([customer], _CUSTOMER, _checked(key)).tobytes().hex()


def hash_customers(customers: pa.Array, key: bytes) -> pa.Array:
    """Return `hash_customer` of each value of an array of strings; null where there is none."""
    found = digests(pc.fill_null(customers, ""), _CUSTOMER, _checked(key)).tobytes().hex()
    begins = np.arange(len(customers) + 1, dtype=np.int32) * (2 * _CUSTOMER)
    spelled = pa.StringArray.from_buffers(len(customers), pa.py_buffer(begins), pa.py_buffer(found.encode()))
    return pc.if_else(customers.is_valid(), spelled, pa.scalar(None, pa.string()))


def _checked(key: bytes) -> bytes:
    if 1 <= len(key) <= _LONGEST_KEY:
        return key
    raise ConfigError(
        f"the key for customer hashes must have 1 to {_LONGEST_KEY} bytes, not {len(key)}",
        hint="give a random key of 32 bytes, the same one every night",
    )


def clean(text: str) -> str:
    """Return `text` without control, bidirectional, invisible and lone surrogate characters; tab and newlines stay."""
    return _UNSAFE.sub("", text)


def clean_many(texts: Sequence[str]) -> list[str]:
    """Return `clean` of each text, in order; of what is printable there is one character to clean."""
    return [text if text.isprintable() and _JOINER not in text else _UNSAFE.sub("", text) for text in texts]


def safe_cell(text: str) -> str:
    """Return `text` cleaned, with an apostrophe before what a spreadsheet would run as a formula.

    After OWASP, "CSV Injection": cells that begin with `=`, `+`, `-`, `@`, tab or a line end, here also in full width
    and after spaces. Quoting of separators is the CSV writer's task.
    """
    if not (text.isascii() and text.isprintable()):
        text = clean(text)
    if text[:1].isalnum():  # as nearly every cell
        return text
    return "'" + text if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


__all__: Sequence[str] = ["clean", "clean_many", "hash_customer", "hash_customers", "mask", "mask_many", "safe_cell"]
