"""Texts of many runs end to end, as code points, so that they are looked up without a string of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.keys import mix

_ODD = np.uint64(0x9E3779B97F4A7C15)


class Forms(NamedTuple):
    """The forms of n runs."""

    points: NDArray[np.uint32]
    """Code points of all forms."""
    lengths: NDArray[np.int64]
    """Number of them of each form, shape (n,)."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Forms:
        """Return given forms."""
        return cls(letters.codes("".join(texts)), np.fromiter(map(len, texts), np.int64, len(texts)))

    @classmethod
    def join(cls, parts: Sequence[Forms]) -> Forms:
        """Return the forms of all parts, in order."""
        return cls(np.concatenate([part.points for part in parts]), np.concatenate([part.lengths for part in parts]))

    @property
    def begins(self) -> NDArray[np.int64]:
        """Where each form begins in `points`, shape (n,)."""
        begins: NDArray[np.int64] = np.cumsum(self.lengths) - self.lengths
        return begins

    def take(self, rows: NDArray[np.int64]) -> Forms:
        """Return some of the forms; `rows` are positions."""
        return Forms(self.points[places(self.begins[rows], self.lengths[rows])], self.lengths[rows])

    def texts(self, rows: NDArray[np.int64]) -> list[str]:
        """Return some of the forms as strings."""
        some = self.take(rows)
        joined = letters.spell(some.points)
        return [joined[a : a + n] for a, n in zip(some.begins.tolist(), some.lengths.tolist(), strict=True)]


def keys_of(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return the 64-bit key of each text, none of them empty, as the kernels make it of what they read."""
    forms = Forms.of(texts)
    place, left, sums, whole = 0, np.arange(len(texts)), *np.zeros((2, len(texts)), np.uint64)
    while len(left):
        sums = (sums + forms.points[forms.begins[left] + place] + np.uint64(1)) * _ODD
        whole[left] = sums
        place += 1
        longer = forms.lengths[left] > place
        left, sums = left[longer], sums[longer]
    return mix(whole)


def places(begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return begin, begin + 1, ... of each range, end to end."""
    result = np.arange(int(lengths.sum()))
    result += np.repeat(begins - (np.cumsum(lengths) - lengths), lengths)
    return result
