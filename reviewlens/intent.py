"""Wishes: clauses that state an unmet need or suggest something.

The grammar is data: `[[wish]]` rules in `data/languages/*.toml`. A rule is tried on a clause that holds one of its
words, and the weights of the rules that hold add up. A small model of whole passages (`wish_model.py`) agrees or not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.languages import languages
from reviewlens.phrases import Phrases
from reviewlens.text import fold, fold_all
from reviewlens.wish_model import WishModel, bundled

ENOUGH = 1.0
PASSAGE = 800  # characters that the model judges at once
LEAST, MOST = -1.0, 1.5  # bounds of the rules
TRUST, IN_FAVOR = 0.9, 1.5  # weight of the model, and its upper bound
AGAINST = (-0.6, -4.0)  # its lower bound where it knows little of what is said, and where it knows much
KNOWN = (0.36, 0.5)  # share of a passage's phrases that the model knows: little, and much
ENOUGH_TOGETHER = 0.0
EARLY = 60  # characters into a clause within which it still begins
REJECTED = -0.5  # weight up to which a clause is left out of its passage
WORTH_A_LOOK = 0.5  # weight from which a clause of a long text is judged
_SENTENCE_ENDS = ".!?。！？…\n-:"
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
    next: bool  # reads the clause and the one after it
    opens: bool  # holds only where the clause begins its sentence


class Grammar(NamedTuple):
    """The rules of all languages together: a review may mix them."""

    words: Phrases
    fan: NDArray[np.int64]  # per word: how many rules it calls
    called: NDArray[np.int64]  # those of all words, word by word
    rules: list[Rule]
    early: NDArray[np.bool_]  # per rule: it is of how a clause begins


@cache
def grammar() -> Grammar:
    """Return the compiled `[[wish]]` rules."""
    rules: list[Rule] = []
    rules_of: dict[str, list[int]] = {}
    for data in languages().values():
        for rule in data.get("wish", []):
            for word in rule["words"]:
                rules_of.setdefault(fold(word), []).append(len(rules))
            flags = bool(rule.get("next", False)), bool(rule.get("opens", False))
            rules.append(Rule(re.compile(rule["pattern"]), float(rule["weight"]), *flags))
    early = np.array([rule.pattern.pattern.startswith("^") for rule in rules], np.bool_)
    fan = np.array([len(numbers) for numbers in rules_of.values()], np.int64)
    called = np.array([number for numbers in rules_of.values() for number in numbers], np.int64)
    return Grammar(Phrases(list(rules_of)), fan, called, rules, early)


def find_wishes(
    texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32], *, model: WishModel | None = None
) -> Wishes:
    """Return the clauses that are wishes, each with the span of what is wished for.

    A clause is weighed by the rules, its passage by the model; the two add up. The strongest clause of a passage
    answers for it, and any other that the rules alone call a wish. A passage of too few Latin words is left to the
    rules.

    Args:
        texts: n normalized texts.
        owner: Index of the text of each clause, shape (m,), ascending.
        bounds: First and past-the-last character of each clause, shape (m, 2).
        model: Judge of passages; the bundled one if None.
    """
    model = model or bundled()
    folded = fold_all(texts)
    clauses, weight, after = _graded(texts, folded, owner, bounds)
    if not len(clauses):
        return Wishes(*np.zeros((3, 0), np.int32))
    is_wish = _judged(folded, owner, bounds, clauses, weight, model)
    rows = []
    for clause, end_of_cue in zip(clauses[is_wish].tolist(), after[is_wish].tolist(), strict=True):
        begin, end = bounds[clause].tolist()
        start, stop = _content(texts[owner[clause]][begin:end], end_of_cue)
        rows.append((clause, begin + start, begin + stop))
    table = np.array(rows, np.int32).reshape(-1, 3)
    return Wishes(table[:, 0], table[:, 1], table[:, 2])


def _graded(
    texts: Sequence[str], folded: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the clauses to be judged, ascending, the weight of their rules, and where the strongest cue ends.

    These are the clauses that the grammar finds worth a look, and every clause of a text that is one passage.
    """
    rules = grammar().rules
    short = np.fromiter((len(t) <= PASSAGE for t in texts), np.bool_, len(texts))
    weight, after = np.zeros(len(owner)), np.zeros(len(owner), np.int64)
    tried, number = np.divmod(_called(texts, owner, bounds), len(rules))
    distinct, first = np.unique(tried, return_index=True)
    after_it = np.minimum(distinct + 1, len(owner) - 1)
    reach = np.where(
        owner[after_it] == owner[distinct], bounds[after_it, 1], bounds[distinct, 1]
    )  # with the next clause
    said = map(folded.__getitem__, owner[distinct].tolist())
    calls = [rules[i] for i in number.tolist()]
    likely = (calls[a:b] for a, b in pairwise([*first.tolist(), len(number)]))
    begins, ends = bounds[distinct].T.tolist()
    read = [_read(*span) for span in zip(said, begins, ends, reach.tolist(), likely, strict=True)]
    weight[distinct], after[distinct] = zip(*read, strict=True) if read else ((), ())
    clauses = np.flatnonzero((weight >= WORTH_A_LOOK) | short[owner])
    return clauses, weight[clauses], after[clauses]


def _called(texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rules to be tried on each clause, as clause * rules + rule, ascending.

    A rule of how a clause begins is called by a word near its beginning only.
    """
    words, fan, called, rules, early = grammar()
    found = words.find(texts, owner, bounds)
    wide = fan[found.phrase]
    nth = np.arange(wide.sum()) - np.repeat(np.cumsum(wide) - wide, wide)
    rule = called[np.repeat((np.cumsum(fan) - fan)[found.phrase], wide) + nth]
    into = found.start - letters.offsets(texts)[owner[found.segment]] - bounds[found.segment, 0]
    keep = ~early[rule] | (np.repeat(into, wide) <= EARLY)
    return np.unique((np.repeat(found.segment, wide) * len(rules) + rule)[keep])


def _judged(
    folded: Sequence[str],
    owner: NDArray[np.int32],
    bounds: NDArray[np.int32],
    clauses: NDArray[np.int64],
    weight: NDArray[np.float64],
    model: WishModel,
) -> NDArray[np.bool_]:
    """Return which of `clauses` are wishes, by their weight and by the passage that each stands in.

    A model may object as far as it knows what is said: where most phrases are new to it, the grammar decides.
    """
    many = int(bounds[:, 0].max(initial=0)) // PASSAGE + 1
    passage_of = owner.astype(np.int64) * many + bounds[:, 0] // PASSAGE
    passages, inverse = np.unique(passage_of[clauses], return_inverse=True)
    first = np.searchsorted(passage_of, passages)
    last = np.searchsorted(passage_of, passages, side="right") - 1
    spans = zip(owner[first].tolist(), bounds[first, 0].tolist(), bounds[last, 1].tolist(), strict=True)
    said, opens = [folded[o][a:b] for o, a, b in spans], bounds[first, 0].tolist()
    rejected = np.flatnonzero(weight <= REJECTED)  # "works as it should" says nothing for its neighbors
    for passage, clause in zip(inverse[rejected].tolist(), clauses[rejected].tolist(), strict=True):
        begin, end = (bounds[clause] - opens[passage]).tolist()
        said[passage] = said[passage][:begin] + " " * (end - begin) + said[passage][end:]
    asked, known = model.judged(said).T
    at_home = np.clip((known - KNOWN[0]) / (KNOWN[1] - KNOWN[0]), 0, 1)
    says = np.clip(asked, AGAINST[0] + (AGAINST[1] - AGAINST[0]) * at_home, IN_FAVOR)
    total = np.clip(weight, LEAST, MOST) + TRUST * says[inverse]
    likely = total >= ENOUGH_TOGETHER
    best = np.zeros(len(weight), np.bool_)
    order = np.flatnonzero(likely)
    own = np.zeros(len(weight))
    own[order] = model.scores([folded[owner[c]][slice(*bounds[c])] for c in clauses[order]])
    order = order[np.lexsort((clauses[order], -own[order], -weight[order], inverse[order]))]
    best[order[np.unique(inverse[order], return_index=True)[1]]] = True
    alone = weight >= ENOUGH - 1e-9
    result: NDArray[np.bool_] = np.where(np.isnan(asked[inverse]), alone, likely & (best | alone))
    return result


def _read(text: str, begin: int, end: int, far: int, rules: Sequence[Rule]) -> tuple[float, int]:
    """Return the weight of the rules that hold for a clause, and where in it the strongest ends.

    `far` is the end of the next clause.
    """
    total, best, after = 0.0, 0.0, 0
    said = text[begin:end]
    for pattern, weight, beyond, opening in rules:
        if opening and not _opens(text, begin):
            continue
        hit = pattern.search(text[begin:far] if beyond else said)
        if hit is None or hit.end() > len(said):
            continue
        total += weight
        if weight > best or (weight == best and hit.end() < after):
            best, after = weight, hit.end()
    return total, after


def _opens(text: str, begin: int) -> bool:
    """Return whether a sentence begins here."""
    before = text[max(0, begin - 4) : begin].rstrip(" \"'([")
    return before[-1] in _SENTENCE_ENDS if before else begin < 4


def _content(said: str, after: int) -> tuple[int, int]:
    """Return the span of what is wished for: what follows the cue, or the whole clause if nothing does."""
    rest = said[after:].strip(_BLANK)
    start = after if sum(map(str.isalnum, rest)) > 1 else 0
    rest = said[start:]
    left, right = len(rest) - len(rest.lstrip(_BLANK)), len(rest.rstrip(_BLANK))
    return (start + left, start + right) if left < right else (0, len(said))
