"""Which of the user's columns is which of ours: by name, or as the user says."""

from __future__ import annotations

import difflib
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from reviewlens.errors import ColumnError
from reviewlens.schemas import REVIEWS

CANONICAL = tuple(name for name in REVIEWS.names if name not in {"row", "reason"})


@cache
def data(name: str) -> dict[str, Any]:
    """Return one of the TOML files beside this module."""
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))


def check_mapping(columns: Mapping[str, str] | None) -> dict[str, str]:
    """Return the user's mapping, ours -> theirs.

    Raises `ColumnError` for a name that is not ours and for one column that stands for two of ours.
    """
    if columns is not None and not isinstance(columns, Mapping):
        what = f"columns cannot be of type {type(columns).__name__}"
        raise ColumnError(what, where="columns", hint='give ours and yours, like {"text": "review_body"}')
    columns = dict(columns or {})
    for ours, theirs in columns.items():
        if ours not in CANONICAL:
            near = difflib.get_close_matches(str(ours), CANONICAL, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"we know {', '.join(CANONICAL)}"
            raise ColumnError(
                f"{ours!r} is not a column that we know", where=f"columns[{ours!r}] = {theirs!r}", hint=hint
            )
        others = [name for name, column in columns.items() if column == theirs and name != ours]
        if others:
            raise ColumnError(
                f"the column {theirs!r} is mapped to both {ours!r} and {others[0]!r}", hint="map it to one of them"
            )
    return columns


def find_columns(names: Sequence[str], given: Mapping[str, str], *, where: str) -> dict[str, str]:
    """Return ours -> theirs for the columns `names` of the source `where`.

    What the user gave comes first, if it is there; the rest is known by name. Raises `ColumnError` when two columns
    could be one of ours, and when there is no text.
    """
    found = {ours: theirs for ours, theirs in given.items() if theirs in names}
    for theirs in found.values():
        if list(names).count(theirs) > 1:
            raise ColumnError(f"there are two columns {theirs!r}", where=where, hint="rename one of them")
    free: dict[str, list[str]] = {}
    made = _made_by_score(names)
    for name in names:
        if name not in found.values() and name not in made:
            free.setdefault(_squash(name), []).append(name)
    for ours, spellings in _spellings().items():
        if ours in given:
            continue
        for known in spellings:
            candidates = [name for spelling in known for name in free.get(spelling, ())]
            if len(candidates) > 1:
                raise _two_candidates(ours, candidates, where)
            if candidates:
                found[ours] = candidates[0]
                break
    if "text" not in found:
        raise no_text(names, given, where)
    return {ours: found[ours] for ours in CANONICAL if ours in found}


PREDICTED = "_predicted"  # at the end of our columns where the data has one of that name


def _made_by_score(names: Collection[str]) -> set[str]:
    """Return which of the columns that look like a rating are the estimates of an earlier `score`."""
    once, twice = "p_negative" in names, f"p_negative{PREDICTED}" in names
    return {name for name in ("score", "stars") if once and (twice or f"{name}{PREDICTED}" not in names)}


def no_such_column(ours: str, theirs: str, names: Iterable[str], where: str) -> ColumnError:
    """Return the error for a mapping to a column that is not there."""
    names = list(dict.fromkeys(names))
    near = difflib.get_close_matches(theirs, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    return ColumnError(
        f"there is no column {theirs!r}, which columns[{ours!r}] names",
        where=where,
        hint=f"{hint}there are: {_listed(names)}",
    )


def no_text(names: Sequence[str], given: Mapping[str, str], where: str) -> ColumnError:
    """Return the error for a source without text, naming the columns that are there and the likely ones."""
    if "text" in given:
        return no_such_column("text", given["text"], names, where)
    near = [name for name in names if any(word in _squash(name) for word in _LIKELY)]
    first = (near or list(names) or ["review_body"])[0]
    say = f"say which one it is, e.g. columns={{'text': {first!r}}} or --column text={first}"
    likely = f" (likely: {_listed(near)})" if near else ""
    return ColumnError(
        f"no column with the text of the reviews; there are: {_listed(names)}{likely}", where=where, hint=say
    )


_LIKELY = ("text", "body", "comment", "review", "content", "feedback", "message", "opinion", "评", "内容", "文本")


def _two_candidates(ours: str, candidates: Sequence[str], where: str) -> ColumnError:
    if len(set(candidates)) == 1:
        return ColumnError(f"there are two columns {candidates[0]!r}", where=where, hint="rename one of them")
    named = " and ".join(map(repr, candidates))
    hint = f"say which one it is: columns={{{ours!r}: {candidates[0]!r}}} or --column {ours}={candidates[0]}"
    return ColumnError(f"{named} could both be the column {ours!r}", where=where, hint=hint)


@cache
def _spellings() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {
        ours: (
            tuple(dict.fromkeys(map(_squash, known["names"]))),
            tuple(dict.fromkeys(map(_squash, known.get("fallback", ())))),
        )
        for ours, known in data("columns.toml").items()
    }


def _squash(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def _listed(names: Sequence[str], most: int = 30) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "none"
