"""Characters in place of subwords, for n-grams: where words have many forms, or no spaces stand between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens.tokenizer import FIRST_PIECE, Encoded

SPACE = ord("\u2581")  # what a subword begins with that begins a word
_BEYOND = 0x110000  # no character has such a number: bytes and marks get their own


class Spelling(NamedTuple):
    """The characters of every subword."""

    letters: NDArray[np.int32]
    """Code points of all subwords, end to end."""
    offsets: NDArray[np.int64]
    """Where each subword begins in `letters`, shape (subwords + 1,)."""

    @classmethod
    def of(cls, pieces: Sequence[str]) -> Spelling:
        """Return the spelling of a vocabulary, given in the order of its ids."""
        spelled = [[_BEYOND + i] if i < FIRST_PIECE else list(map(ord, piece)) for i, piece in enumerate(pieces)]
        offsets = np.concatenate([[0], np.cumsum([len(letters) for letters in spelled])]).astype(np.int64)
        return cls(np.array([letter for letters in spelled for letter in letters], dtype=np.int32), offsets)

    def spell(self, encoded: Encoded) -> tuple[Encoded, NDArray[np.int64]]:
        """Return texts as characters, and which subword each character comes from, shape (characters,)."""
        lengths = np.diff(self.offsets)[encoded.ids]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        source = np.repeat(np.arange(len(encoded.ids)), lengths)
        place = np.arange(ends[-1]) - ends[source] + self.offsets[encoded.ids[source]]
        spelled = Encoded(self.letters[place], encoded.starts[source], ends[encoded.offsets], encoded.truncated)
        return spelled, source
