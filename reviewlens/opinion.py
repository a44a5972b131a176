"""What a clause's words say beside the classifier: "not expensive", "没有想象中好", and "油耗高" against "配置高".

The words are data in `data/languages/*.toml`: `[opinion]` lists fixed expressions and plain words; `[[quality]]` says
which words are good and which bad of which things, for the same word praises one and blames another. A negation right
before a word turns it, and a word of `trouble` across a few words ("no compatibility problems"); a phrase of `less`
turns the word after it ("没有想象中那么差"). A word within a longer listed one does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from reviewlens.languages import languages
from reviewlens.phrases import Phrases, Places, longest
from reviewlens.text import fold

T = TypeVar("T", bound=np.generic)

STRENGTH = 3.0  # change of the log-odds per expression
WHOLE = 4.0  # expressions' worth of one that makes up most of a clause
WORD = 0.5  # expressions' worth of a plain word of praise or blame
QUALITY = 1.0  # expressions' worth of a word that is good or bad of what it is said of
TURNED = 3.0  # times as much says a plain word that is denied, or one of trouble, or one with `less` before it
CONTEXT = 0.5  # weight of the whole review's log-odds beside the clause's own
_LEAST = 0.005  # a probability below this says no more


class _Words(NamedTuple):
    """All listed words of all languages: a review may mix them."""

    phrases: Phrases
    side: NDArray[np.float64]  # per word: what it adds by itself
    fixed: NDArray[np.bool_]  # is a fixed expression, which no negation turns
    negator: NDArray[np.bool_]
    compared: NDArray[np.bool_]  # negates what is said of a thing, across words: "没有他的大"
    less: NDArray[np.bool_]  # says that there is less of the word right after it than was thought
    trouble: NDArray[np.bool_]  # is turned by a negation across words
    listed: NDArray[np.bool_]  # is a word, and not only a thing
    groups: NDArray[np.bool_]  # shape (words, qualities): is a thing of that kind
    quality: NDArray[np.float64]  # shape (words, qualities): what the word says of a thing of that kind
    reach: NDArray[np.int64]  # characters that may stand between the word and the thing


@cache
def _words() -> _Words:
    kinds = [(code, kind) for code, data in languages().items() for kind in data.get("quality", [])]
    side: dict[str, float] = {}
    reach: dict[str, int] = {}
    marked = {key: set[str]() for key in ("positive", "negative", "negators", "compared", "less", "trouble")}
    for data in languages().values():
        given = data.get("opinion", {})
        nothing = ((key, 0.0) for key in ("nothing", "negators", "compared", "less", "trouble"))
        listed = (*nothing, ("good", WORD), ("bad", -WORD), ("positive", 1.0), ("negative", -1.0))
        for key, value in listed:
            side.update((fold(word), value) for word in given.get(key, []))
        for key, kept in marked.items():
            kept.update(map(fold, given.get(key, [])))
        reach.update((fold(word), int(given["reach"])) for word in given.get("trouble", []))
    said: dict[tuple[str, int], float] = {}
    groups: dict[tuple[str, int], bool] = {}
    for number, (code, kind) in enumerate(kinds):
        for key, value in (("good", QUALITY), ("bad", -QUALITY)):
            for word in map(fold, kind.get(key, [])):
                said[word, number] = value
                side.setdefault(word, 0.0)
                reach[word] = int(languages()[code]["opinion"]["reach"])
        groups.update(((fold(thing), number), True) for thing in kind["of"])
    words = list(dict.fromkeys([*side, *(thing for thing, _ in groups)]))
    return _Words(
        Phrases(words),
        np.array([side.get(w, 0.0) for w in words]),
        np.array([w in marked["positive"] | marked["negative"] for w in words], np.bool_),
        np.array([w in marked["negators"] | marked["less"] for w in words], np.bool_),
        np.array([w in marked["compared"] for w in words], np.bool_),
        np.array([w in marked["less"] for w in words], np.bool_),
        np.array([w in marked["trouble"] for w in words], np.bool_),
        np.array([w in side for w in words], np.bool_),
        _matrix(words, groups, len(kinds), np.bool_),
        _matrix(words, said, len(kinds), np.float64),
        np.array([reach.get(w, 0) for w in words], np.int64),
    )


def _matrix(words: Sequence[str], cells: Mapping[tuple[str, int], float], kinds: int, dtype: type[T]) -> NDArray[T]:
    """Return the cells by word and quality as a matrix, 0 elsewhere."""
    rows = {word: row for row, word in enumerate(words)}
    matrix = np.zeros((len(words), kinds), dtype)
    for (word, number), value in cells.items():
        matrix[rows[word], number] = value
    return matrix


def lean(texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return for each clause what its words say, positive above 0, in fixed expressions' worth, shape (m,).

    An expression that makes up half of a clause or more is what the clause says, and counts `WHOLE` times.
    """
    words = _words()
    places = words.phrases.find(texts, owner, bounds)
    found = longest(_only(places, words.listed))
    length = (bounds[:, 1] - bounds[:, 0])[found.segment]
    whole = words.fixed[found.phrase] & (2 * (found.end - found.start) >= length)
    weight = words.side[found.phrase] * np.where(whole, WHOLE, 1.0)
    of_thing = _said_of_things(found, _only(places, np.asarray(words.groups.any(axis=1), np.bool_)))
    weight = np.where(of_thing != 0, of_thing, weight) * _turned(found, of_thing != 0)
    return np.bincount(found.segment, weights=weight, minlength=len(owner)).astype(np.float64)


def _only(places: Places, wanted: NDArray[np.bool_]) -> Places:
    keep = wanted[places.phrase]
    return Places(*(column[keep] for column in places))


def _turned(found: Places, of_thing: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return what the weight of each word is multiplied by: below 0 after a negation, else 1.

    The negation stands right before the word, or in reach if the word is said of a thing or is of trouble.
    """
    words = _words()
    before = np.zeros(len(found.phrase), np.bool_)
    gap = found.start[1:] - found.end[:-1]
    near = words.negator[found.phrase[:-1]] & (gap >= 0) & (gap <= 1)
    within = gap < words.reach[found.phrase[1:]]
    compared = words.compared[found.phrase[:-1]] & of_thing[1:] & within
    denied = words.negator[found.phrase[:-1]] & words.trouble[found.phrase[1:]] & within
    turns = (near | compared | denied) & (found.segment[1:] == found.segment[:-1]) & ~words.fixed[found.phrase[1:]]
    before[1:] = turns
    plain = near & (np.abs(words.side[found.phrase[1:]]) == WORD) & ~of_thing[1:]
    more = np.zeros(len(before), np.bool_)
    more[1:] = plain | words.less[found.phrase[:-1]] | words.trouble[found.phrase[1:]]
    return np.where(before, np.where(more, -TURNED, -1.0), 1.0)


def _said_of_things(found: Places, things: Places) -> NDArray[np.float64]:
    """Return for each word what it says of the nearest thing in reach that it is good or bad of, else 0.

    A thing before the word is preferred: the one after belongs to what follows, unless little stands between.
    """
    words = _words()
    result, distance = np.zeros(len(found.phrase)), np.full(len(found.phrase), np.inf)
    rows = np.flatnonzero(words.reach[found.phrase] > 0)
    order = np.argsort(things.start, kind="stable")
    starts, segment = things.start[order], things.segment[order]
    if not len(starts):
        return result
    at = np.searchsorted(starts, found.start[rows])
    for step in (-1, -2, -3, 0, 1):
        index = np.clip(at + step, 0, len(starts) - 1)
        thing = order[index]
        before = things.end[thing] <= found.start[rows]
        gap = np.where(before, found.start[rows] - things.end[thing], things.start[thing] - found.end[rows])
        far = np.where(before, gap, 6 * gap + 1)
        value = (words.quality[found.phrase[rows]] * words.groups[things.phrase[thing]]).sum(axis=1)
        good = (segment[index] == found.segment[rows]) & (gap >= 0) & (value != 0)
        good &= (far <= words.reach[found.phrase[rows]]) & (far < distance[rows])
        result[rows[good]], distance[rows[good]] = np.clip(value[good], -QUALITY, QUALITY), far[good]
    return result


def leaned(proba: NDArray[np.float32], lean: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return probabilities of negative, neutral and positive, shape (m, 3), moved by `lean`; rows still sum to 1.

    The side that the words speak for grows, and the two others shrink alike.
    """
    shift = np.exp(np.clip(np.abs(lean), 0, WHOLE) * STRENGTH)
    moved = proba.astype(np.float64) + 0.0
    moved[:, 2] *= np.where(lean > 0, shift, 1.0)
    moved[:, 0] *= np.where(lean < 0, shift, 1.0)
    result: NDArray[np.float32] = (moved / moved.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


def in_context(
    clauses: NDArray[np.float32], owner: NDArray[np.int32], reviews: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the probabilities of clauses, shape (m, 3), each moved towards the opinion of its review.

    The share of neutral stays; `CONTEXT` times the review's log-odds are added to those of the clause.

    Args:
        clauses: Probabilities of negative, neutral and positive per clause, shape (m, 3).
        owner: Index of the review of each clause, shape (m,).
        reviews: The same probabilities per review, shape (n, 3).
    """
    odds = np.log(np.maximum(reviews[:, 2], _LEAST)) - np.log(np.maximum(reviews[:, 0], _LEAST))
    pull = np.exp(CONTEXT * odds[owner])
    polar = clauses[:, 0] + clauses[:, 2]
    for_it = np.maximum(clauses[:, 2], 1e-9) * pull
    share = for_it / (for_it + np.maximum(clauses[:, 0], 1e-9))
    result: NDArray[np.float32] = np.column_stack([polar * (1 - share), clauses[:, 1], polar * share]).astype(
        np.float32
    )
    return result
