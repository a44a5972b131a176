"""Cuts texts into runs that a subword model answers one by one.

A Unigram model (Kudo 2018) finds the best way through a word. Where no subword of the vocabulary holds the two
characters on either side of a place, every way has a boundary there; so cutting the word there first changes nothing,
and the runs that remain ("great" and "," of "great,", most single Chinese characters) repeat far more than words do.
All texts of a batch are cut at once, as arrays of code points.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.forms import Forms, places
from reviewlens.keys import mix
from reviewlens.native import kernel

SPACE = "▁"  # the mark of a word start, as in SentencePiece
LONGEST_RUN = 200  # characters: a run of one letter must not be slow
_MARKS = "。！？；，、…~～：）】,;!?:)"  # end a part of a word in scripts without spaces, whatever the vocabulary holds
_SHORT = 4  # characters of a word that is not cut at marks
_TOP = 0x110000
_ODD = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xD1B54A32D192ED03)


class Runs(NamedTuple):
    """Runs of n texts joined by one character."""

    start: NDArray[np.int64]
    """First character of each run in the joined texts, ascending."""
    end: NDArray[np.int64]
    """One past its last character."""
    opens: NDArray[np.bool_]
    """Whether the run opens a word."""
    key: NDArray[np.uint64]
    """Hash of the characters of the run, ASCII in lower case, and of `opens`; never 0."""


class Cutter:
    """Cuts at what the subwords of a vocabulary do not bridge; `form` is the form in which they are looked up."""

    def __init__(self, pieces: Sequence[str], form: Callable[[str], str]) -> None:
        self._form = form
        points = letters.codes("\n".join(pieces)).astype(np.int64)
        left, right = points[:-1], points[1:]
        inner = (left != ord("\n")) & (right != ord("\n"))
        pairs = np.unique((left[inner] << 21) | right[inner])
        lefts, rights = np.unique(pairs >> 21), np.unique(pairs & 0x1FFFFF)
        self._width = len(rights) + 1
        self._bridges = np.zeros((len(lefts) + 1) * self._width, np.bool_)
        row, column = np.searchsorted(lefts, pairs >> 21) + 1, np.searchsorted(rights, pairs & 0x1FFFFF) + 1
        self._bridges[row * self._width + column] = True
        self._lefts = {chr(point): place + 1 for place, point in enumerate(lefts.tolist())}
        self._rights = {chr(point): place + 1 for place, point in enumerate(rights.tolist())}
        self._left, self._right = np.zeros(_TOP, np.int32), np.zeros(_TOP, np.int32)
        self._sticky = np.zeros(_TOP, np.bool_)
        self._plain = np.zeros(_TOP, np.uint32)  # the form of a character, where it is one and no neighbor changes it
        self._known = np.zeros(_TOP >> 8, np.bool_)

    def _learn_pages(self, points: NDArray[np.uint32]) -> None:
        """Fill the tables for the pages of 256 code points that `points` needs and that are still empty."""
        if len(points) and int(points.max()) < 128 and self._known[0]:
            return
        pages = np.flatnonzero(np.bincount(points >> 8, minlength=len(self._known)).astype(np.bool_) & ~self._known)
        for page in pages.tolist():
            for point in range(page << 8, (page + 1) << 8):
                form = self._form(chr(point))
                self._sticky[point] = not form or point == ord("Σ") or any(map(_joins, form))
                if len(form) == 1 and form != SPACE and not self._sticky[point]:
                    self._plain[point] = ord(form)
                if form:
                    self._left[point] = self._lefts.get(form[-1], 0) * self._width
                    self._right[point] = self._rights.get(form[0], 0)
            self._known[page] = True

    def cut(self, points: NDArray[np.uint32]) -> Runs:
        """Return the runs of the joined texts; a run depends on the word that it stands in alone."""
        cut = kernel("cut_runs")
        return self._cut_as_arrays(points) if cut is None else self._cut(points, cut)

    def _cut(self, points: NDArray[np.uint32], cut: Callable[..., int]) -> Runs:
        n = len(points)
        start, end, opens = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.bool_)
        key = np.empty(n, np.uint64)
        # A copy, for another thread may fill a page: what is known here was whole before we had the interpreter's lock.
        tables = self._left, self._right, self._bridges, self._sticky, _spaces(), _marks()
        while (count := cut(points, n, self._known.copy(), *tables, _SHORT, LONGEST_RUN, start, end, opens, key)) < 0:
            self._learn_pages(points)
        return Runs(start[:count], end[:count], opens[:count], key[:count])

    def _cut_as_arrays(self, points: NDArray[np.uint32]) -> Runs:
        self._learn_pages(points)
        index = points.astype(np.intp)
        space = _spaces().take(index)
        cut = np.ones(len(points) + 1, np.bool_)
        bridged = letters.of(self._bridges, self._left.take(index[:-1]) + self._right.take(index[1:]))
        np.logical_not(bridged, out=cut[1:-1])
        np.logical_or(cut[:-1], space, out=cut[:-1])
        np.logical_or(cut[1:], space, out=cut[1:])
        if len(points) and int(points.max()) > 127:
            self._cut_wide(points, space, cut)
        said = ~space
        start, end = np.flatnonzero(cut[:-1] & said), np.flatnonzero(cut[1:] & said) + 1
        if len(start) and int((end - start).max()) > LONGEST_RUN:
            start, end = _shortened(start, end)
        opens = np.ones(len(start), np.bool_)
        np.not_equal(start[1:], end[:-1], out=opens[1:])
        return Runs(start, end, opens, _keys(index, start, end, opens))

    def forms(self, points: NDArray[np.uint32], runs: Runs, which: NDArray[np.int64]) -> Forms:
        """Return the forms in which the runs `which` are looked up; one that opens a word begins with `SPACE`."""
        start, opens = runs.start[which], runs.opens[which]
        lengths = runs.end[which] - start
        plain = self._plain[points[places(start, lengths)]]
        simple = Forms(plain, lengths)
        odd = np.unique(np.repeat(np.arange(len(which)), lengths)[plain == 0])
        others = []
        for row in odd.tolist():
            form = self._form(letters.spell(points[start[row] : start[row] + lengths[row]]))
            others.append(_opened(form) if opens[row] else form)
        sizes = lengths + opens
        sizes[odd] = list(map(len, others))
        result = Forms(np.zeros(int(sizes.sum()), np.uint32), sizes)
        rest = np.ones(len(which), np.bool_)
        rest[odd] = False
        begins = result.begins
        result.points[begins[rest & opens]] = ord(SPACE)
        result.points[places(begins[rest] + opens[rest], lengths[rest])] = simple.take(np.flatnonzero(rest)).points
        result.points[places(begins[odd], sizes[odd])] = letters.codes("".join(others))
        return result

    def _cut_wide(self, points: NDArray[np.uint32], space: NDArray[np.bool_], cut: NDArray[np.bool_]) -> None:
        """Cut words beyond ASCII at marks, and leave those whole whose characters change their neighbors."""
        edge = np.flatnonzero(np.diff(space, prepend=True, append=True))
        begins, ends = edge[::2], edge[1::2]
        stuck = np.flatnonzero(letters.of(self._sticky, points))
        for word in np.unique(np.searchsorted(begins, stuck, side="right") - 1).tolist():
            cut[begins[word] + 1 : ends[word]] = False
        marks = np.flatnonzero(letters.of(_marks(), points))
        if len(marks):
            wide = np.concatenate([[0], np.cumsum(points > 127)])
            cuttable = (ends - begins > _SHORT) & (wide[ends] > wide[begins])
            cut[marks[cuttable[np.searchsorted(begins, marks, side="right") - 1]] + 1] = True


def _opened(form: str) -> str:
    """Return the form of a run that opens a word; one that brings a mark of its own (an emoji) stands without."""
    return form[1:] if form.startswith(SPACE) else SPACE + form


def _joins(char: str) -> bool:
    return bool(unicodedata.combining(char)) or unicodedata.category(char)[0] == "M" or 0x1100 <= ord(char) < 0x1200


@cache
def _spaces() -> NDArray[np.bool_]:
    table = np.zeros(_TOP, np.bool_)
    table[[point for point in range(0x3001) if chr(point).isspace()]] = True
    return table


@cache
def _marks() -> NDArray[np.bool_]:
    table = np.zeros(_TOP, np.bool_)
    table[[ord(mark) for mark in _MARKS]] = True
    return table


def _shortened(start: NDArray[np.int64], end: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut runs that are too long every `LONGEST_RUN` characters."""
    parts = -(-(end - start) // LONGEST_RUN)
    nth = np.arange(int(parts.sum())) - np.repeat(np.cumsum(parts) - parts, parts)
    begin = np.repeat(start, parts) + nth * LONGEST_RUN
    return begin, np.minimum(begin + LONGEST_RUN, np.repeat(end, parts))


@cache
def _values() -> NDArray[np.uint64]:
    """Return a number for each code point that looks drawn at random; ASCII capitals count as small letters."""
    points = np.arange(_TOP, dtype=np.uint64)
    points[ord("A") : ord("Z") + 1] += 32
    return mix((points + np.uint64(1)) * _ODD)


def powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return at least `size` powers of an odd number modulo 2**64, from the 0th, and of its inverse."""
    return _powers(1 << max(17, size.bit_length()))


@cache
def _powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the powers 0 to size - 1 of an odd number modulo 2**64, and of its inverse."""
    inverse = np.array([pow(int(_ODD), -1, 2**64)], np.uint64)[0]
    out = []
    for base in (_ODD, inverse):
        table = np.full(size, base, np.uint64)
        table[0] = 1
        out.append(np.multiply.accumulate(table))
    return out[0], out[1]


def _keys(
    points: NDArray[np.intp], start: NDArray[np.int64], end: NDArray[np.int64], opens: NDArray[np.bool_]
) -> NDArray[np.uint64]:
    """Return a polynomial hash of each run from sums over all that stands before it (Karp and Rabin 1987)."""
    weights, inverses = powers(len(points))
    total = np.zeros(len(points) + 1, np.uint64)
    np.cumsum(_values().take(points) * weights[: len(points)], out=total[1:])
    keys = (total.take(end) - total.take(start)) * inverses.take(start)
    return np.maximum(mix(keys + opens * _FIRST), np.uint64(1))
