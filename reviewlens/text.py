"""Normal form, clauses and language of a text, as pure strings and character offsets.

`normalize` and `fold` map each character to exactly one character, so offsets into the result are offsets into the
original. `segments` cuts texts into clauses without a word segmenter, for any script, in linear time: at sentence
marks, at commas between clauses, before words of contrast ("but", "虽然", "不过"), and, where nothing else cuts, after
`LONGEST` characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.languages import words
from reviewlens.letters import NOTHING, SPACED, UNSPACED
from reviewlens.native import kernel
from reviewlens.threads import blocks
from reviewlens.trie import Trie

LONGEST = 400  # characters of a clause
_SPACE, _SOFT, _HARD, _BREAK = 4, 5, 6, 7  # classes beside those of `letters.kinds`
_HARD_MARKS = "!?。!?！？…⋯—;；｡"
_SOFT_MARKS = ".,，~～．"
_SURROGATES = re.compile("[\ud800-\udfff]+")
_CHUNK = 1 << 16  # characters cut at once, so that tables stay in the processor's cache


def repair(text: str) -> str:
    """Return `text` as valid Unicode: pairs of surrogates become their character, lone ones U+FFFD."""
    if text.isascii():
        return text
    return _SURROGATES.sub(lambda m: m[0].encode("utf-16", "surrogatepass").decode("utf-16", "replace"), text)


def normalize(text: str) -> str:
    """Return `text` with full-width forms narrowed, quotes straightened and control characters blanked.

    Each character becomes one character: the length never changes. Line breaks stay.
    """
    if text.isascii() and (text.isprintable() or text.replace("\n", "").isprintable()):
        return text
    return letters.spell(letters.of(letters.normal(), letters.codes(text)))


def normalize_all(texts: Sequence[str]) -> list[str]:
    """Return `normalize` of each text, many at once."""
    base = letters.offsets(texts)

    def one_block(span: tuple[int, int]) -> list[str]:
        joined = "\n".join(texts[slice(*span)])
        if joined.isascii():
            raw = joined.encode()
            if not _has_controls(np.frombuffer(raw, np.uint8)):
                return list(texts[slice(*span)])
            said = raw.translate(_ascii()).decode()
        else:
            said = letters.spell(letters.of(letters.normal(), letters.codes(joined)))
        start = base[span[0] : span[1] + 1] - base[span[0]]
        return [said[a : b - 1] for a, b in pairwise(start.tolist())]

    return list(chain.from_iterable(map(one_block, blocks(base, _CHUNK))))


def _has_controls(ascii: NDArray[np.uint8]) -> bool:
    return bool(((ascii < 32) & (ascii != 10)).any() or (ascii == 127).any())


@cache
def _ascii() -> bytes:
    return bytes(range(128)).decode().translate({**dict.fromkeys(range(32), " "), 10: "\n", 127: " "}).encode() + bytes(
        128
    )


def fold(text: str) -> str:
    """Return `text` as it is compared with cues: normal, lower case, simplified characters; same length."""
    if text.isascii():
        return text.encode().translate(_ascii_folded()).decode()
    return letters.spell(letters.of(letters.folded(), letters.codes(text)))


@cache
def _ascii_folded() -> bytes:
    return _ascii().lower()


def fold_all(texts: Sequence[str]) -> list[str]:
    """Return `fold` of each text, all at once."""
    folded, begins = fold("\n".join(texts)), letters.offsets(texts).tolist()
    return [folded[a : b - 1] for a, b in pairwise(begins)]


def segment(text: str) -> list[tuple[int, int]]:
    """Return the clauses of `text` as `(start, end)` character offsets, in order, without surrounding space."""
    return [(int(start), int(end)) for start, end in segments([text])[1]]


def segments(texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the clauses of n texts: `owner` int32 of shape (m,), ascending in [0, n), and `bounds` int32 (m, 2).

    `bounds` holds the first and the past-the-last character of each clause in its text. A clause has at least one
    letter, digit or picture, no surrounding space, and at most `LONGEST` characters. The clauses of a text depend on
    that text alone.
    """
    base = letters.offsets(texts)

    def one_block(span: tuple[int, int]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        at, stop = span
        start, end = _clauses("\n".join(texts[at:stop]) + "\n")
        owner = np.searchsorted(base[at : stop + 1] - base[at], start, side="right") - 1
        begin = base[at + owner] - base[at]
        return (at + owner).astype(np.int32), np.stack([start - begin, end - begin], axis=1).astype(np.int32)

    found = [one_block(span) for span in blocks(base, _CHUNK)]
    nothing = np.zeros(0, np.int32), np.zeros((0, 2), np.int32)
    owners, bounds = zip(nothing, *found, strict=True)
    return np.concatenate(owners), np.concatenate(bounds)


def _clauses(joined: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    cut = kernel("cut_clauses")
    return _clauses_as_arrays(joined) if cut is None else _cut(joined, cut)


def _cut(joined: str, cut: Callable[..., int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    points = letters.codes(joined)
    extra = _contrast_cuts(points)
    start, end = np.empty(len(points), np.int64), np.empty(len(points), np.int64)
    count = cut(points, len(points), _classes(), extra, len(extra), start, end)
    if count and int((end[:count] - start[:count]).max()) > LONGEST:
        further = _length_cuts(letters.of(_classes(), points), start[:count], end[:count])
        extra = np.sort(np.concatenate([extra, further]))
        count = cut(points, len(points), _classes(), extra, len(extra), start, end)
    return start[:count], end[:count]


def _clauses_as_arrays(joined: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    points = letters.codes(joined)
    kind = letters.of(_classes(), points)
    cut = np.zeros(len(kind) + 1, np.bool_)
    cut[0] = True
    cut[_mark_cuts(kind)] = True
    cut[_contrast_cuts(points)] = True
    start, end = _trimmed(kind, cut)
    if len(start) and int((end - start).max()) > LONGEST:
        cut[_length_cuts(kind, start, end)] = True
        start, end = _trimmed(kind, cut)
    return start, end


@cache
def _classes() -> NDArray[np.uint8]:
    table = letters.kinds().copy()
    for point in range(0x3001):
        if chr(point).isspace():
            table[point] = _SPACE
    for marks, name in ((_HARD_MARKS, _HARD), (_SOFT_MARKS, _SOFT), ("\n", _BREAK)):
        table[[ord(c) for c in marks]] = name
    return table


def _mark_cuts(kind: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return where a clause begins because of the mark before it."""
    at = np.flatnonzero(kind >= _SOFT)
    here, before, after = kind[at], kind[np.maximum(at - 1, 0)], kind[np.minimum(at + 1, len(kind) - 1)]
    # 3.5 and 1,000 stay whole; a space between two Chinese letters stands for a comma; "?!..." is cut once, at its end
    soft = (here == _SOFT) & ((after != SPACED) | (before == UNSPACED))
    ends = ((here == _HARD) | soft) & (after < _SOFT)
    spaces = np.flatnonzero((kind[1:-1] == _SPACE) & (kind[:-2] == UNSPACED) & (kind[2:] == UNSPACED)) + 1
    return np.concatenate([at[ends | (here == _BREAK)], spaces]) + 1


@cache
def _contrast() -> tuple[Trie, NDArray[np.int64]]:
    """Return the contrast words, and per word how far from its start the cut is; -1 for none."""
    patterns: dict[str, int] = {}
    for key in ("contrast", "no_contrast"):
        for phrases in words("text", key).values():
            for phrase in phrases:
                spaced = letters.kinds()[ord(phrase[0])] == SPACED
                if key == "no_contrast":
                    patterns[f"{phrase} " if spaced else phrase] = -1
                else:
                    patterns[f" {phrase} " if spaced else phrase] = int(spaced)
    return Trie(list(patterns), leftmost=True), np.fromiter(patterns.values(), np.int64, len(patterns))


def _contrast_cuts(points: NDArray[np.uint32]) -> NDArray[np.int64]:
    trie, shift = _contrast()
    hits = trie.find(points)
    moved = shift[hits[:, 0]]
    return (hits[:, 1] + moved)[moved >= 0]


def _trimmed(kind: NDArray[np.uint8], cut: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return start and end of what lies between cuts, without space around, where there is something to read."""
    cuts = np.flatnonzero(cut[:-1])
    keep = np.logical_or.reduceat((kind != NOTHING) & (kind < _SPACE), cuts)
    start, end = cuts[keep], np.append(cuts[1:], len(kind))[keep]
    blank = (kind == _SPACE) | (kind == _BREAK)
    for _ in range(3):  # nearly all that is to be left out; wider gaps are searched for
        start += blank[start]
        end -= blank[end - 1]
    leads, trails = blank[start], blank[end - 1]
    if leads.any() or trails.any():
        edges = np.flatnonzero(blank[1:] != blank[:-1]) + 1  # where blank begins or ends
        start[leads] = edges[np.searchsorted(edges, start[leads], side="right")]
        end[trails] = edges[np.searchsorted(edges, end[trails], side="left") - 1]
    return start, end


def _length_cuts(kind: NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return cuts inside clauses that are too long: at the last space in reach, else at the limit."""
    spaces = np.flatnonzero(kind == _SPACE)
    cuts = []
    for at, stop in zip(*((s[end - start > LONGEST]).tolist() for s in (start, end)), strict=True):
        while stop - at > LONGEST:
            reach = int(np.searchsorted(spaces, at + LONGEST + 1)) - 1
            space = int(spaces[reach]) + 1 if reach >= 0 else 0
            at = space if at + LONGEST // 2 < space <= at + LONGEST else at + LONGEST
            cuts.append(at)
    return np.array(cuts, np.int64)
