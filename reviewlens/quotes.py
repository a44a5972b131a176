"""Quotes: what a clause says, cut from its review so that it reads as something a person said, and masked.

A quote is the whole sentence of the clause where that is short enough; else the clause, with as many of its neighbours
as fit, and an ellipsis where the sentence goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.privacy import clean_many, mask_many
from reviewlens.privacy.excerpts import unveil

QUOTE_CHARS = 240  # a quote is read in a table cell
SENTENCE_BYTES = 180  # a sentence up to this length is quoted whole
BEST_QUOTE_BYTES = 90
SHORTEST_QUOTE = 9  # bytes
UNQUOTABLE = 99
CUT = 3  # ranks that a quote loses by an ellipsis
ELLIPSIS = "…"
_ELLIPSIS_BYTES = len(ELLIPSIS.encode())

_SENTENCE_MARKS = ".!?。！？…⋯｡．"
_DANGLING = " \t,;:，；：、·~～-–—"  # does not end what was said
_LEFT_OVER = _DANGLING + ".!?。！？)]}）】」』”’"  # does not begin it


class Quotes(NamedTuple):
    """Masked quotes, None where there is nothing worth quoting, and how badly each reads: 0 is best."""

    text: list[str | None]
    rank: NDArray[np.int64]


def sentences(texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the first and the last clause of the sentence of each clause, shape (m, 2).

    A sentence ends with a mark or a line. Args as for `reviewlens.text.segments`, whose clauses these are.
    """
    if not len(owner):
        return np.zeros((0, 2), np.int64)
    codes, base = letters.codes("\n".join(texts)), letters.offsets(texts)[owner]
    begin, end = base + bounds[:, 0], base + bounds[:, 1]
    breaks = np.flatnonzero(codes == ord("\n"))
    ends = np.ones(len(owner), np.bool_)
    ends[:-1] = np.isin(codes[end[:-1] - 1], list(map(ord, _SENTENCE_MARKS)))
    ends[:-1] |= np.searchsorted(breaks, end[:-1]) < np.searchsorted(breaks, begin[1:])
    number = np.concatenate([[0], np.cumsum(ends[:-1])])
    last = np.flatnonzero(ends)
    first = np.concatenate([[0], last[:-1] + 1])
    return np.column_stack([first[number], last[number]])


def quotes(
    texts: Sequence[str],
    owner: NDArray[np.int32],
    bounds: NDArray[np.int32],
    clauses: NDArray[np.integer],
    cues: Sequence[str] = (),
) -> Quotes:
    """Return a quote for each of k clauses.

    Args:
        texts: n texts, veiled (`reviewlens.privacy.excerpts`), for a sentence alone may not give away what it holds.
        owner: Index of the text of each clause, shape (m,), ascending.
        bounds: First and past-the-last character of each clause, shape (m, 2).
        clauses: Which clauses to quote, shape (k,).
        cues: What a quote that must be shortened shows, k texts; the beginning without them.
    """
    asked = np.asarray(clauses, np.int64)
    around = sentences(texts, owner, bounds)[asked]
    from_, to = _stretches(texts, owner, bounds, asked, around)
    _, first, which = np.unique(from_ * len(owner) + to, return_index=True, return_inverse=True)
    spans = zip(
        owner[from_[first]].tolist(), bounds[from_[first], 0].tolist(), bounds[to[first], 1].tolist(), strict=True
    )
    masked = _masked([texts[o][begin:end] for o, begin, end in spans])
    cut = np.column_stack([from_ > around[:, 0], to < around[:, 1]])[first].tolist()
    shown = [_finished(said, before, after) for said, (before, after) in zip(masked, cut, strict=True)]
    ranks = _ranks(shown)[which]
    found: list[str | None] = [shown[stretch] for stretch in which.tolist()]
    if len(cues):  # only what must be shortened is cut around its cue
        long = np.fromiter((len(said) > QUOTE_CHARS for said in masked), np.bool_, len(masked))
        for place in np.flatnonzero(long[which]).tolist():
            (before, after), said = cut[which[place]], masked[which[place]]
            quote = _finished(said, before, after, cues[place])
            found[place], ranks[place] = quote, _ranks([quote])[0]
    for place in np.flatnonzero(ranks == UNQUOTABLE).tolist():
        found[place] = None
    return Quotes(found, ranks)


def safe_quotes(said: Sequence[str | None]) -> list[str | None]:
    """Return texts as they may leave the job: masked, without control characters, one line, shortened.

    What is cut out of a text is to be cut out of the veiled one.
    """
    masked = iter(_masked([text for text in said if text]))
    return [next(masked)[:QUOTE_CHARS] if text else text for text in said]


def _masked(said: Sequence[str]) -> list[str]:
    """Return each text masked, in one line."""
    distinct = list(dict.fromkeys(said))
    masked = map(_in_one_line, mask_many(clean_many(unveil(distinct))))
    kept = dict(zip(distinct, masked, strict=True))
    return [kept[text] for text in said]


def _in_one_line(text: str) -> str:
    """Return `text` with one space for each white space; what is printable has no other white space than spaces."""
    return text.strip() if text.isprintable() and "  " not in text else " ".join(text.split())


def _stretches(
    texts: Sequence[str],
    owner: NDArray[np.int32],
    bounds: NDArray[np.int32],
    asked: NDArray[np.int64],
    around: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last clause of the sentence of each clause, or of what fits of it around the clause."""
    base, bytes_until = letters.offsets(texts)[owner], _bytes("\n".join(texts))
    begins, ends = bytes_until[base + bounds[:, 0]], bytes_until[base + bounds[:, 1]]
    first, last = around.T
    long = np.flatnonzero(ends[last] - begins[first] > SENTENCE_BYTES)
    from_, to = first.copy(), last.copy()
    from_[long] = to[long] = asked[long]
    for step_from, step_to in ((0, 1), (-1, 0)):  # what follows says more of a clause than what came before
        grows = long
        while len(grows):
            wider_from, wider_to = from_[grows] + step_from, to[grows] + step_to
            inside = (first[grows] <= wider_from) & (wider_to <= last[grows])
            grows, wider_from, wider_to = grows[inside], wider_from[inside], wider_to[inside]
            fits = ends[wider_to] - begins[wider_from] <= BEST_QUOTE_BYTES
            grows = grows[fits]
            from_[grows], to[grows] = wider_from[fits], wider_to[fits]
    return from_, to


def _bytes(text: str) -> NDArray[np.int64]:
    """Return the bytes in UTF-8 before each character of `text`, and of all of it: shape (len(text) + 1,)."""
    said = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.int8)
    begins = np.flatnonzero(said >= -64)  # what is below goes on with a character
    return np.append(begins, len(said))


def _finished(masked: str, before: bool, after: bool, cue: str = "") -> str:
    """Return a masked stretch without marks that hang, with an ellipsis where its sentence begins before or goes on."""
    said = masked
    if len(said) > QUOTE_CHARS:
        at = max(said.casefold().find(cue.casefold()), 0)
        begin = max(0, min(at - QUOTE_CHARS // 3, len(said) - QUOTE_CHARS))
        begin = said.rfind(" ", 0, begin) + 1 if begin and " " in said[:begin] else begin
        end = begin + QUOTE_CHARS - 2
        if end < len(said):
            end = max(said.rfind(" ", at + len(cue), end), 0) or end
        before, after = before or begin > 0, after or end < len(said)
        said = said[begin:end]
    said = said.lstrip(_LEFT_OVER).rstrip(_DANGLING)
    if said.count('"') == 1:
        said = said.strip('"').strip()
    return f"{ELLIPSIS if before and said else ''}{said}{ELLIPSIS if after and said else ''}"


def _ranks(quotes: Sequence[str]) -> NDArray[np.int64]:
    """Return how badly each masked quote reads: 0 is best, `UNQUOTABLE` is not shown."""
    array = pa.array(quotes, pa.string())
    ends = (test(array, pattern=ELLIPSIS).cast(pa.int64()).to_numpy() for test in (pc.starts_with, pc.ends_with))
    cuts: NDArray[np.int64] = sum(ends, np.zeros(len(array), np.int64))
    length = pc.binary_length(array).to_numpy() - cuts * _ELLIPSIS_BYTES  # a Chinese character weighs three Latin ones
    ranks = np.minimum(UNQUOTABLE - 1, np.abs(length - BEST_QUOTE_BYTES) // 10 + CUT * np.minimum(cuts, 1))
    result: NDArray[np.int64] = np.where(length < SHORTEST_QUOTE, UNQUOTABLE, ranks)
    return result
