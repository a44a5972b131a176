"""N-grams of subwords and, in a model of a user's own, of characters: their star logits added."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reviewlens.models.linear import NgramModel
from reviewlens.models.runtime import NETWORK_HEAD, NETWORK_TAIL
from reviewlens.models.spelling import Spelling
from reviewlens.tokenizer import CUT, Encoded, Tokenizer

_LETTERS = "letters"
Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Ngrams:
    """What was fitted together, to be added together."""

    subwords: NgramModel
    letters: NgramModel | None = None
    """Reads the ends of a long review, as far as a network does: characters are many."""
    spelling: Spelling | None = None

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what has to be kept in an artefact."""
        beside = {} if self.letters is None else self.letters.arrays(_LETTERS)
        return self.subwords.arrays() | beside

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.generic]], tokenizer: Tokenizer) -> Ngrams | None:
        """Rebuild what `arrays` gave; None where an artefact has no n-grams."""
        if "ngram.weight" not in arrays:
            return None
        if f"{_LETTERS}.weight" not in arrays:
            return cls(NgramModel.from_arrays(arrays))
        spelling = Spelling.of(tokenizer.pieces())
        return cls(NgramModel.from_arrays(arrays), NgramModel.from_arrays(arrays, _LETTERS), spelling).with_stars(
            np.asarray(arrays["ngram.stars"], dtype=np.float32)
        )

    @property
    def stars(self) -> NDArray[np.float32]:
        """Which stars a class stands for, shape (classes, 5)."""
        return self.subwords.stars

    def margins(self, encoded: Encoded) -> NDArray[np.float32]:
        """Return the logit of the last class of n texts, shape (n,): of the good side, where that is what it tells."""
        last = np.zeros_like(self.stars)
        last[-1, 0] = 1.0
        margin: NDArray[np.float32] = self.with_stars(last).logits(encoded)[:, 0]
        return margin

    def with_stars(self, stars: NDArray[np.float32]) -> Ngrams:
        """Return the same n-grams with classes that stand for other stars."""
        letters = None if self.letters is None else replace(self.letters, stars=stars)
        return replace(self, subwords=replace(self.subwords, stars=stars), letters=letters)

    def logits(self, encoded: Encoded) -> Logits:
        """Return star logits of n texts, shape (n, 5)."""
        return self.group_logits(encoded, np.full(len(encoded.ids), -1, dtype=np.int64), 0)[0]

    def group_logits(self, encoded: Encoded, group: NDArray[np.int64], n_groups: int) -> tuple[Logits, Logits]:
        """Return star logits of texts and of groups of subwords within them; see `NgramModel.group_logits`."""
        texts, groups = self.subwords.group_logits(encoded, group, n_groups)
        if self.letters is None or self.spelling is None:
            return texts, groups
        near = read_of(encoded)
        within = group if near is encoded else read_of(encoded._replace(ids=group.astype(np.int32))).ids
        spelled, source = self.spelling.spell(near)
        own = np.where(near.ids == CUT, -1, within)[source].astype(np.int64)
        more = self.letters.group_logits(spelled, own, n_groups)
        return texts + more[0], groups + more[1]


def read_of(encoded: Encoded) -> Encoded:
    """Return the part of texts whose characters are read."""
    return encoded.clip(NETWORK_HEAD, NETWORK_TAIL)
