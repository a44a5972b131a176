"""Phrases mined by counts: what people write again and again, in any script, without a word segmenter.

A token is a run of letters and digits, or one Han, Kana or Hangul-free ideograph. A phrase is a short run of tokens
inside one clause that hold together (normalized pointwise mutual information, Bouma 2009) and whose neighbors vary
on both sides (branching entropy, Jin and Tanaka-Ishii 2006). Function words, kept as data, never begin or end one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from reviewlens.discovery.aspects import Roles, owned, products, roles
from reviewlens.text import normalize, segment

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['’][^\W\d_]+)*")
_GAP = -1
_LONGEST = {"han": 4, "word": 3}
_WINDOW, _STRIDE = 10, 3


@dataclass(frozen=True)
class Phrases:
    """Phrases and where they occur.

    `phrases` are in order of falling `reviews` (number of texts with the phrase), then by spelling. `clauses` is a
    0/1 matrix of shape (n_clauses, n_phrases); `owner` of shape (n_clauses,) tells the text of each clause. `windows`
    is a 0/1 matrix of shape (n_windows, n_phrases) of overlapping runs of ten words, across clauses, within a text.
    """

    phrases: list[str]
    reviews: Ints
    clauses: sp.csr_matrix
    owner: Ints
    windows: sp.csr_matrix

    def by_text(self, n_texts: int) -> sp.csr_matrix:
        """Return the 0/1 matrix of shape (n_texts, n_phrases)."""
        gather = sp.csr_matrix((np.ones(len(self.owner)), (self.owner, np.arange(len(self.owner)))),
                               shape=(n_texts, len(self.owner)))  # fmt: skip
        counts = (gather @ self.clauses).tocsr()
        counts.data[:] = 1.0
        return counts

    def only(self, kept: Sequence[int]) -> Phrases:
        """Return the phrases at these positions, in their order, and where they occur."""
        clauses, windows = self.clauses[:, kept].tocsr(), self.windows[:, kept].tocsr()
        return Phrases([self.phrases[i] for i in kept], self.reviews[list(kept)], clauses, self.owner, windows)


@lru_cache(maxsize=1)
def function_words() -> frozenset[str]:
    """Return the words that never stand at the edge of a phrase, of all languages that have a list."""
    folder = files("reviewlens") / "data" / "function_words"
    lists = (entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".txt"))
    return frozenset(word for text in lists for word in text.split())


def tokens(clause: str) -> list[str]:
    """Return the tokens of a clause in lower case: words, and single ideographs."""
    return _TOKEN.findall(clause.lower().replace("’", "'"))


def is_han(token: str) -> bool:
    """Tell whether a token is an ideograph or a kana, written without spaces."""
    return len(token) == 1 and "\u3040" <= token <= "\u9fff"


def spell(parts: Sequence[str]) -> str:
    """Join tokens as a reader writes them: ideographs without spaces."""
    text = parts[0]
    for before, part in pairwise(parts):
        text += part if is_han(before) and is_han(part) else " " + part
    return text


@dataclass(frozen=True)
class _Stream:
    """All tokens in a row, clauses parted by a gap."""

    ids: Ints
    clause: Ints
    words: list[str]
    owner: Ints


def _stream(texts: Sequence[str]) -> _Stream:
    index: dict[str, int] = {}
    ids: list[int] = []
    clause: list[int] = []
    owner: list[int] = []
    for row, raw in enumerate(texts):
        text = normalize(raw)
        for start, end in segment(text):
            for token in tokens(text[start:end]):
                ids.append(index.setdefault(token, len(index)))
                clause.append(len(owner))
            ids.append(_GAP)
            clause.append(len(owner))
            owner.append(row)
    return _Stream(
        np.array(ids, dtype=np.int64), np.array(clause, dtype=np.int64), list(index), np.array(owner, dtype=np.int64)
    )


def _spread(gram: Ints, beside: Ints, n_grams: int, width: int) -> NDArray[np.float64]:
    """Return the entropy of the neighbors of each n-gram in nats; a clause's edge counts as ever another neighbor."""
    pair, times = np.unique((gram * (width + 1) + beside + 1), return_counts=True)
    of, edge = pair // (width + 1), pair % (width + 1) == 0
    total = np.bincount(gram, minlength=n_grams).astype(float)
    share = times / total[of]
    part = -share * np.log(np.where(edge, 1.0 / total[of], share))
    return np.bincount(of, part, minlength=n_grams).astype(np.float64)


def _windows(stream: _Stream, where: Ints, length: Ints, column: Ints, n_phrases: int) -> sp.csr_matrix:
    """Return which window holds all of which phrase; windows of `_WINDOW` words start at every `_STRIDE`-th word."""
    real = stream.ids >= 0
    text = stream.owner[stream.clause] if len(stream.clause) else stream.clause
    place = np.cumsum(real) - 1 + text * _WINDOW  # texts lie a window apart, so that none has part of two
    first = place[where]
    low, high = -((_WINDOW - length - first) // _STRIDE), first // _STRIDE
    low = np.maximum(low, 0)
    times = np.maximum(high - low + 1, 0)
    offset = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    row = np.repeat(low, times) + offset
    size = (int(place[-1]) // _STRIDE + 1 if len(place) else 0, n_phrases)
    held = sp.csr_matrix((np.ones(len(row), dtype=np.float32), (row, np.repeat(column, times))), shape=size)
    held.data[:] = 1.0
    return held


@dataclass(frozen=True)
class _Level:
    """The n-grams of one length: their tokens (m, n), and the number of each at every position (-1: none)."""

    grams: Ints
    at: Ints
    count: Ints


def _grow(level: _Level, first: _Level, stream: _Stream, least: int) -> _Level:
    n = level.grams.shape[1]
    size = len(stream.ids)
    at = np.full(size, _GAP, dtype=np.int64)
    if size <= n or not len(level.grams):
        return _Level(np.zeros((0, n + 1), dtype=np.int64), at, np.zeros(0, dtype=np.int64))
    here, last = level.at[: size - n], first.at[n:]
    ok = np.flatnonzero((here >= 0) & (last >= 0) & (level.at[1 : size - n + 1] >= 0))
    key = here[ok] * len(first.grams) + last[ok]
    kinds, which, count = np.unique(key, return_inverse=True, return_counts=True)
    keep = count >= least
    number = np.where(keep, np.cumsum(keep) - 1, _GAP)
    at[ok] = number[which]
    kinds = kinds[keep]
    grams = np.hstack([level.grams[kinds // len(first.grams)], first.grams[kinds % len(first.grams)]])
    return _Level(grams, at, count[keep])


def _tokens_level(stream: _Stream, least: int, always: AbstractSet[str]) -> _Level:
    count = np.bincount(stream.ids[stream.ids >= 0], minlength=len(stream.words))
    keep = (count >= least) | np.array([word in always for word in stream.words], dtype=bool)
    number = np.where(keep, np.cumsum(keep) - 1, _GAP)
    at = np.where(stream.ids >= 0, number[stream.ids], _GAP)
    return _Level(np.flatnonzero(keep)[:, None], at, count[keep])


def _holds_together(level: _Level, levels: list[_Level], stream: _Stream) -> NDArray[np.float64]:
    """Return the normalized mutual information of the weakest joint of each n-gram, in [-1, 1]."""
    n, total = level.grams.shape[1], int((stream.ids >= 0).sum())
    where = np.flatnonzero(level.at >= 0)
    some = np.zeros(len(level.grams), dtype=np.int64)
    some[level.at[where]] = where
    weakest = np.full(len(level.grams), np.inf)
    for cut in range(1, n):
        left, right = levels[cut - 1], levels[n - cut - 1]
        a, b = left.count[left.at[some]], right.count[right.at[some + cut]]
        weakest = np.minimum(weakest, np.log(level.count * total / (a.astype(float) * b)))
    return np.asarray(weakest / -np.log(level.count / total))


@dataclass(frozen=True)
class _Rules:
    """What makes an n-gram a phrase: which words never begin or end one; where aspects are wanted, which name one."""

    han: Mask
    barred: Mask
    always: Mask
    naming: Roles | None
    owned: Mask | None
    """Which places follow "this", "my", "bought a"; None where the product is kept."""


def _rules(stream: _Stream, always: AbstractSet[str], aspects: bool, product: bool) -> _Rules:
    stops, dull = function_words(), re.compile(r"[\d.,:']+|[a-z]")
    return _Rules(
        np.array([is_han(word) for word in stream.words]),
        np.array([word in stops or dull.fullmatch(word) is not None for word in stream.words]),
        np.array([word in always for word in stream.words]),
        roles(stream.words) if aspects else None,
        None if product else owned(stream.words, stream.ids),
    )


def _accepted(level: _Level, levels: list[_Level], stream: _Stream, rules: _Rules, itself: Mask) -> Mask:
    n, han = level.grams.shape[1], rules.han
    ok = ~rules.barred[level.grams[:, 0]] & ~rules.barred[level.grams[:, -1]] & ~itself
    all_han, no_han = han[level.grams].all(1), ~han[level.grams].any(1)
    longest = np.where(all_han, _LONGEST["han"], _LONGEST["word"])
    ok &= (all_han | no_han) & (n <= longest)
    naming = rules.naming
    if n == 1:
        word = level.grams[:, 0]
        return np.asarray(ok & no_han & (True if naming is None else naming.alone[word] | rules.always[word]))
    compound = False if naming is None else ok & no_han & naming.compounds(level.grams)
    where = np.flatnonzero(level.at >= 0)
    gram = level.at[where]
    before = np.where(where > 0, stream.ids[where - 1], _GAP)
    after = stream.ids[where + n]
    width = len(stream.words)
    spread = np.minimum(*(_spread(gram, side, len(level.grams), width) for side in (before, after)))
    ok &= _holds_together(level, levels, stream) >= np.where(all_han, 0.15, 0.25)
    ok &= spread >= np.where(all_han, 1.3, 0.7)
    return np.asarray(ok | compound)


def _products(level: _Level, stream: _Stream, rules: _Rules, before: Mask) -> Mask:
    """Return which n-grams are the product itself: by their own company, or because they end in one that is.

    `before` tells of each place whether a shorter one that is the product begins there.
    """
    if rules.owned is None:
        return np.zeros(len(level.grams), dtype=bool)
    found = products(level.at, rules.owned, len(level.grams))
    if level.grams.shape[1] == 1:
        words = [stream.words[i] for i in level.grams[:, 0]]
        one = {word for word, is_product in zip(words, found, strict=True) if is_product}
        many = [word.removesuffix("s").removesuffix("'") in one for word in words]
        return np.asarray((found | many) & ~rules.always[level.grams[:, 0]])
    where = np.flatnonzero(level.at[:-1] >= 0)
    found[level.at[where]] |= before[where + 1]
    return found


def mine(
    texts: Sequence[str],
    *,
    least: int = 5,
    most: int = 6000,
    always: AbstractSet[str] = frozenset(),
    aspects: bool = False,
    product: bool = True,
) -> Phrases:
    """Mine the phrases of `texts`.

    Args:
        texts: n texts of any script.
        least: a phrase must be in at least this many texts.
        most: keep this many phrases, the most frequent.
        always: words with spaces around them that are kept however rare they are.
        aspects: of other words, keep those that name an aspect, and add compounds of nouns, however loosely they hold.
        product: whether to keep what names the product itself, or the people who have it ("laptop", "my husband").
    """
    stream = _stream(texts)
    rules = _rules(stream, always, aspects, product)
    levels = [_tokens_level(stream, least, always)]
    begun = np.zeros(len(stream.ids), dtype=bool)
    names: list[str] = []
    places: list[Ints] = []
    lengths: list[Ints] = []
    columns: list[Ints] = []
    for _ in range(max(_LONGEST.values())):
        level = levels[-1]
        if not len(level.grams):
            break
        itself = _products(level, stream, rules, begun)
        begun = (level.at >= 0) & itself[level.at]
        good = _accepted(level, levels, stream, rules, itself)
        number = np.where(good, np.cumsum(good) - 1 + len(names), _GAP)
        where = np.flatnonzero(level.at >= 0)
        column = number[level.at[where]]
        places.append(where[column >= 0])
        lengths.append(np.full(int((column >= 0).sum()), level.grams.shape[1]))
        columns.append(column[column >= 0])
        names += [spell([stream.words[i] for i in gram]) for gram in level.grams[good]]
        levels.append(_grow(level, levels[0], stream, least))
    stops = function_words()
    shape = (len(stream.owner), len(names))
    none = [np.zeros(0, dtype=np.int64)]
    place, column, length = (np.concatenate(parts or none) for parts in (places, columns, lengths))
    clauses = sp.csr_matrix((np.ones(len(place)), (stream.clause[place], column)), shape=shape)
    clauses.data[:] = 1.0
    windows = _windows(stream, place, length, column, len(names))
    found = Phrases(names, np.zeros(0, dtype=np.int64), clauses, stream.owner, windows)
    reviews = np.asarray(found.by_text(len(texts)).sum(0)).ravel().astype(np.int64)
    usable = [i for i in range(len(names)) if (reviews[i] >= least or names[i] in always) and names[i] not in stops]
    order = sorted(usable, key=lambda i: (names[i] not in always, -reviews[i], names[i]))[:most]
    order.sort(key=lambda i: (-reviews[i], names[i]))
    kept = np.array(order, dtype=np.int64)
    return Phrases(
        [names[i] for i in order], reviews[kept], clauses[:, kept].tocsr(), stream.owner, windows[:, kept].tocsr()
    )
