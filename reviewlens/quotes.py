"""Quotes: what a clause says, cut from its review so that it reads as something a person said, and masked.

A quote is the whole sentence of the clause where that is short enough; else the clause, with as many of its neighbours
as fit, and an ellipsis where the sentence goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
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

_SENTENCE_MARKS = ".!?。！？…⋯｡．"
_DANGLING = " \t,;:，；：、·~～-–—"  # does not end what was said
_LEFT_OVER = _DANGLING + ".!?。！？)]}）】」』”’"  # does not begin it


class Quotes(NamedTuple):
    """Masked quotes, None where there is nothing worth quoting, and how badly each reads: 0 is best."""

    text: list[str | None]
    rank: NDArray[np.int64]


class _Cutting(NamedTuple):
    """A stretch of a review, and whether its sentence begins before it and goes on after it."""

    said: str
    cut_before: bool
    cut_after: bool


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
    around = sentences(texts, owner, bounds).tolist()
    ends, of_text = bounds.tolist(), owner.tolist()
    asked = np.asarray(clauses).tolist()
    found = {clause: _cutting(texts[of_text[clause]], ends, clause, *around[clause]) for clause in set(asked)}
    masked = _masked([cutting.said for cutting in found.values()])
    shown: dict[tuple[int, str], tuple[str, int]] = {}
    keys = []
    for clause, cue in zip(asked, [*cues] or [""] * len(asked), strict=True):
        said = masked[found[clause].said]
        key = clause, cue if len(said) > QUOTE_CHARS else ""  # only what must be shortened is cut around its cue
        keys.append(key)
        if key not in shown:
            quote = _finished(said, found[clause], cue)
            shown[key] = quote, _rank(quote)
    quoted = [shown[key] for key in keys]
    return Quotes([q if rank < UNQUOTABLE else None for q, rank in quoted], np.array([r for _, r in quoted], np.int64))


def safe_quotes(said: Sequence[str | None]) -> list[str | None]:
    """Return texts as they may leave the job: masked, without control characters, one line, shortened.

    What is cut out of a text is to be cut out of the veiled one.
    """
    masked = _masked([text for text in said if text])
    safe: dict[str | None, str | None] = {text: kept[:QUOTE_CHARS] for text, kept in masked.items()}
    safe[""] = ""
    return [safe.get(text) for text in said]


def _masked(said: Sequence[str]) -> dict[str, str]:
    """Return each distinct text masked, in one line."""
    distinct = list(dict.fromkeys(said))
    masked = mask_many(clean_many(unveil(distinct)))
    return {text: _in_one_line(kept) for text, kept in zip(distinct, masked, strict=True)}


def _in_one_line(text: str) -> str:
    """Return `text` with one space for each white space; what is printable has no other white space than spaces."""
    return text.strip() if text.isprintable() and "  " not in text else " ".join(text.split())


def _size(text: str) -> int:
    """Return the bytes of `text` in UTF-8: a Chinese character weighs three Latin ones, about what both say."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _cutting(text: str, ends: Sequence[Sequence[int]], clause: int, first: int, last: int) -> _Cutting:
    """Return the sentence from clause `first` to clause `last`, or what fits of it around `clause`."""
    whole = text[ends[first][0] : ends[last][1]]
    if _size(whole) <= SENTENCE_BYTES:
        return _Cutting(whole, False, False)
    from_, to = clause, clause
    for step_from, step_to in ((0, 1), (-1, 0)):  # what follows says more of a clause than what came before
        while first <= from_ + step_from and to + step_to <= last:
            wider = text[ends[from_ + step_from][0] : ends[to + step_to][1]]
            if _size(wider) > BEST_QUOTE_BYTES:
                break
            from_, to = from_ + step_from, to + step_to
    return _Cutting(text[ends[from_][0] : ends[to][1]], from_ > first, to < last)


def _finished(masked: str, cutting: _Cutting, cue: str) -> str:
    """Return a masked stretch without marks that hang, with an ellipsis where the sentence goes on."""
    said, before, after = masked, cutting.cut_before, cutting.cut_after
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


def _rank(quote: str) -> int:
    """Return how badly a quote reads: 0 is best, `UNQUOTABLE` is not shown."""
    cuts = quote.startswith(ELLIPSIS) + quote.endswith(ELLIPSIS)
    length = _size(quote) - cuts * _size(ELLIPSIS)
    if length < SHORTEST_QUOTE:
        return UNQUOTABLE
    return min(UNQUOTABLE - 1, abs(length - BEST_QUOTE_BYTES) // 10 + CUT * min(cuts, 1))
