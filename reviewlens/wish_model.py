"""A small linear model of passages that ask for something, beside the grammar of wishes.

Words, pairs of words, and pairs with a word between them weigh for or against; their sum is damped by the length of the
passage. The weights are data, `data/wish_model.tsv`, learned from English reviews of apps by
`scripts/train_wish_model.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from importlib import resources
from itertools import pairwise, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.forms import keys_of
from reviewlens.keys import Keys, mix, sieve
from reviewlens.languages import languages
from reviewlens.native import kernel

END = "\0"  # stands after a passage; text in normal form has none
_WORD = re.compile(r"[a-z0-9']+|[!?]")
_ALONE = (b"!", b"?", END.encode())
_KEPT = bytes(point if re.fullmatch(rf"[a-z0-9'!?{END}]", chr(point)) else ord(" ") for point in range(256))
_GAP, _DIGITS, _END = "_", "0", 1
FEW_WORDS = 2  # a passage with fewer, or one that is mostly of another script, is not judged
LENGTH_POWER, LENGTH_PLUS = 0.6, 4.0


def words(folded: str) -> list[str]:
    """Return the words of a folded text in their usual spelling, and its question and exclamation marks."""
    usual = _spellings()
    return ["0" if word.isdigit() else usual.get(word, word) for word in _WORD.findall(folded)]


@cache
def _spellings() -> dict[str, str]:
    table = languages()["en"]["spellings"]
    return {variant: usual for usual, variants in table.items() for variant in variants}


def phrases(said: Sequence[str]) -> list[str]:
    """Return the words, the pairs, and the pairs with any word between them ("please _ mode")."""
    pairs = [f"{a} {b}" for a, b in pairwise(said)]
    return [*said, *pairs, *(f"{a} _ {b}" for a, b in zip(said, said[2:], strict=False))]


def _tokens(passages: Sequence[str]) -> list[bytes]:
    """Return what `_WORD` finds in all passages, as bytes, and `END` after each: a folded text has none."""
    said = END.join([*passages, ""]).encode("utf-8", "surrogatepass").translate(_KEPT)
    for mark in _ALONE:
        said = said.replace(mark, b" %b " % mark)
    return said.split()


@cache
def _classes() -> NDArray[np.uint8]:
    """Return what an ASCII character is for the kernel: nothing, of a word, a word alone, or the end of a passage."""
    kept = np.frombuffer(_KEPT, np.uint8)[:128]
    table: NDArray[np.uint8] = (kept != ord(" ")).astype(np.uint8)
    table[[ord("!"), ord("?")]], table[ord(END)] = 2, 3
    return table


def damping(length: int) -> float:
    """Return what the weights of a passage of so many words are divided by."""
    return float((length + LENGTH_PLUS) ** LENGTH_POWER)


class WishModel:
    """Weights of phrases and a bias; the answer is a log-odds, NaN where there is too little to judge.

    Without weights it judges nothing, and the grammar is alone.
    """

    def __init__(self, weights: Mapping[str, float], bias: float) -> None:
        self.weights, self.bias = dict(weights), bias

    def scores(self, passages: Sequence[str]) -> NDArray[np.float64]:
        """Return the log-odds that each folded passage asks for something, shape (n,)."""
        return self.judged(passages)[:, 0]

    def judged(self, passages: Sequence[str]) -> NDArray[np.float64]:
        """Return the log-odds, and the share of the passage's phrases that the model knows, shape (n, 2).

        A passage's answer depends on that passage alone: its phrases are added up in the order of their numbers.
        """
        if not self.weights:
            return np.tile([np.nan, 0.0], (len(passages), 1))
        lexicon = self._lexicon
        said = lexicon.words_of(passages)
        passage, phrase, times = lexicon.phrases_of(said.numbers)
        total = np.bincount(passage, lexicon.weights[phrase] * (1.0 + np.log(times)), minlength=len(passages))
        answers = total / (said.words + LENGTH_PLUS) ** LENGTH_POWER + self.bias
        known = np.bincount(passage, times, minlength=len(passages)) / np.maximum(3 * said.words - 3, 1)
        none = (said.words < FEW_WORDS) | (2 * said.letters < said.ink)
        result: NDArray[np.float64] = np.column_stack([np.where(none, np.nan, answers), np.where(none, 0.0, known)])
        return result

    @cached_property
    def _lexicon(self) -> _Lexicon:
        return _Lexicon(self.weights)


class _Said(NamedTuple):
    """The words of n passages."""

    numbers: NDArray[np.int32]  # of each word and mark, `_END` after each passage
    words: NDArray[np.int64]  # how many each passage has
    letters: NDArray[np.int64]  # how many characters they have
    ink: NDArray[np.int64]  # how many characters of the passage are no spaces


class _Lexicon:
    """The phrases as numbers, so that those of many passages are found together."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        split = [phrase.split() for phrase in weights]
        words_of = dict.fromkeys(word for phrase in split for word in phrase if word != _GAP)
        known = {word: number for number, word in enumerate(words_of, _END + 1)}
        self._size = len(known) + _END + 1
        self.weights = np.array([*weights.values(), 0.0])
        self.digits = known.get(_DIGITS, 0)
        numbers = {END: _END} | {word: n for word, n in known.items() if not word.isdigit()}
        numbers |= {variant: known.get(usual, 0) for variant, usual in _spellings().items()}
        self.numbers = {word.encode(): number for word, number in numbers.items()}
        self._keys = Keys(bits=len(numbers).bit_length() + 1)
        self._number = np.zeros(1 << self._keys.bits, np.int32)
        self._number[self._keys.add(keys_of(list(numbers)))] = list(numbers.values())
        self._alone = np.full(self._size, -1, np.int32)  # phrase of a single word
        pairs = {}
        for number, phrase in enumerate(split):
            first, last = known[phrase[0]], known[phrase[-1]]
            if len(phrase) == 1:
                self._alone[first] = number
            else:
                pairs[((len(phrase) - 2) * self._size + first) * self._size + last] = number
        self._pairs = Keys(bits=len(pairs).bit_length() + 2)
        self._phrase = np.zeros(1 << self._pairs.bits, np.int32)
        hashes = mix(np.array(list(pairs), np.uint64))
        self._phrase[self._pairs.add(hashes)] = list(pairs.values())
        self._bits, self._shift = sieve(hashes)

    def words_of(self, passages: Sequence[str]) -> _Said:
        """Return the words of folded passages."""
        number = kernel("number_words")
        return self._words_as_tokens(passages) if number is None else self._words(passages, number)

    def _words(self, passages: Sequence[str], number: Callable[..., int]) -> _Said:
        points = letters.codes(END.join([*passages, ""]))
        said, counts = np.empty(len(points), np.int32), np.empty((3, len(passages)), np.int64)
        tables = _classes(), *self._keys.table, self._number, self.digits
        found = number(points, len(points), *tables, len(passages), said, *counts)
        return _Said(said[:found], *counts)

    def _words_as_tokens(self, passages: Sequence[str]) -> _Said:
        found = _tokens(passages)
        said = np.fromiter(map(self.numbers.get, found, repeat(0)), np.int32, len(found))
        said[[place for place in np.flatnonzero(said == 0).tolist() if found[place].isdigit()]] = self.digits
        ends = np.flatnonzero(said == _END)
        length = np.fromiter(map(len, found), np.int64, len(found)).cumsum()[ends]
        ink = np.fromiter((len(p) - p.count(" ") for p in passages), np.int64, len(passages))
        return _Said(said, np.diff(ends, prepend=-1) - 1, np.diff(length, prepend=0) - 1, ink)

    def phrases_of(self, said: NDArray[np.int32]) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.int64]]:
        """Return passage and phrase, ascending, and how often, for the known phrases in the words of passages."""
        pair = kernel("pair_words")
        if pair is None:
            return self._phrases_as_arrays(said.astype(np.int64))
        (passage, phrase), times = np.empty((2, 3 * len(said)), np.int32), np.empty(3 * len(said), np.int64)
        counts, counted = np.zeros(len(self.weights), np.int64), np.zeros(len(self.weights) // 64 + 1, np.uint64)
        tables = self._alone, self._size, self._bits, self._shift, *self._pairs.table, self._phrase
        found = pair(said, len(said), *tables, len(counts), counts, counted, passage, phrase, times)
        return passage[:found], phrase[:found], times[:found]

    def _phrases_as_arrays(
        self, said: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        alone = self._alone[said]
        places = [np.flatnonzero(alone >= 0)]
        phrases = [alone[places[0]]]
        for gap in (0, 1):  # a word between, whatever it is; but a passage must not end there
            first, last = said[: -1 - gap], said[1 + gap :]
            likely = (first > _END) & (last > _END)
            if gap:
                likely &= said[1:-1] != _END
            at = np.flatnonzero(likely)
            keys = mix(((gap * self._size + first[at]) * self._size + last[at]).astype(np.uint64))
            slots = self._pairs.find(keys)
            known = slots >= 0
            places.append(at[known])
            phrases.append(self._phrase[slots[known]])
        passage = np.searchsorted(np.flatnonzero(said == _END), np.concatenate(places))
        found, times = np.unique(passage * len(self.weights) + np.concatenate(phrases), return_counts=True)
        return *np.divmod(found, len(self.weights)), times


@cache
def bundled() -> WishModel:
    """Return the model that comes with the package."""
    lines = (resources.files("reviewlens") / "data" / "wish_model.tsv").read_text("utf-8").splitlines()
    rows = [line.rsplit("\t", 1) for line in lines if not line.startswith("#")]
    weights = {phrase: float(weight) for phrase, weight in rows}
    return WishModel(weights, weights.pop("<bias>"))
