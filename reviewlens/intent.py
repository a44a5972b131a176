"""Wishes: clauses that state an unmet need or suggest something.

The grammar is data: `[[wish]]` rules in `data/languages/*.toml`. A rule is tried on a clause that holds one of its
words; the weights of the rules that hold add up, and a clause whose sum reaches `ENOUGH` is a wish.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens.languages import languages
from reviewlens.phrases import Phrases
from reviewlens.text import fold

ENOUGH = 1.0
_BLANK = " \t\n.,;:!?。，；：！？…~～、\"'()[]"


class Wishes(NamedTuple):
    """What is wished for, per wish clause."""

    segment: NDArray[np.int32]
    """Index of the clause, ascending."""
    start: NDArray[np.int32]
    """First character, in the text, of what is wished for."""
    end: NDArray[np.int32]
    """One past its last character."""


class Rule(NamedTuple):
    """One line of grammar."""

    pattern: re.Pattern[str]
    weight: float


class Grammar(NamedTuple):
    """The rules of all languages together: a review may mix them."""

    words: Phrases
    rules_of: list[list[int]]  # per word
    rules: list[Rule]


@cache
def grammar() -> Grammar:
    """Return the compiled `[[wish]]` rules."""
    rules, rules_of = [], dict[str, list[int]]()
    for data in languages().values():
        for rule in data.get("wish", []):
            for word in rule["words"]:
                rules_of.setdefault(fold(word), []).append(len(rules))
            rules.append(Rule(re.compile(rule["pattern"]), float(rule["weight"])))
    return Grammar(Phrases(list(rules_of)), list(rules_of.values()), rules)


def find_wishes(texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> Wishes:
    """Return the clauses that are wishes, each with the span of what is wished for.

    Args:
        texts: n normalized texts.
        owner: Index of the text of each clause, shape (m,), ascending.
        bounds: First and past-the-last character of each clause, shape (m, 2).
    """
    words, rules_of, rules = grammar()
    found = words.find(texts, owner, bounds)
    tries: dict[int, set[int]] = {}
    for clause, word in zip(found.segment.tolist(), found.phrase.tolist(), strict=True):
        tries.setdefault(clause, set()).update(rules_of[word])
    rows = []
    for clause in sorted(tries):
        begin, end = bounds[clause].tolist()
        said = fold(texts[owner[clause]][begin:end])
        weight, after = _read(said, [rules[i] for i in tries[clause]])
        if weight >= ENOUGH - 1e-9:
            start, stop = _content(said, after)
            rows.append((clause, begin + start, begin + stop))
    table = np.array(rows, np.int32).reshape(-1, 3)
    return Wishes(table[:, 0], table[:, 1], table[:, 2])


def _read(said: str, rules: Sequence[Rule]) -> tuple[float, int]:
    """Return the weight of the rules that hold and where the strongest ends."""
    total, best, after = 0.0, 0.0, 0
    for pattern, weight in rules:
        hit = pattern.search(said)
        if hit is None:
            continue
        total += weight
        if weight > best or weight == best and hit.end() < after:
            best, after = weight, hit.end()
    return total, after


def _content(said: str, after: int) -> tuple[int, int]:
    """Return the span of what is wished for: what follows the cue, or the whole clause if nothing does."""
    rest = said[after:].strip(_BLANK)
    start = after if sum(map(str.isalnum, rest)) > 1 else 0
    rest = said[start:]
    left, right = len(rest) - len(rest.lstrip(_BLANK)), len(rest.rstrip(_BLANK))
    return (start + left, start + right) if left < right else (0, len(said))
