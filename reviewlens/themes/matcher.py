"""Finding cues: one automaton over the cues of all themes, then arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.phrases import Phrases, Places, longest
from reviewlens.text import fold
from reviewlens.themes.inflect import forms, unquoted
from reviewlens.themes.theme import Theme

ABOUT = 1.5  # weight of distinct cues of a theme from which a review is about it


class Found(NamedTuple):
    """Themes found in clauses, sorted by clause and place: at most one row per clause and theme."""

    segment: NDArray[np.int32]
    """Index of the clause."""
    theme: NDArray[np.int32]
    """Index of the theme."""
    cue: NDArray[np.object_]
    """The best cue as the theme set spells it, without the quotes that keep it from being inflected."""
    start: NDArray[np.int32]
    """First character of the cue in its text."""
    end: NDArray[np.int32]
    """One past its last character."""
    weight: NDArray[np.float32]
    """Weights of all cues of the theme in the clause, added."""


class Hits(NamedTuple):
    """Cues found: one row per place, those within an exclude or within a longer cue left out."""

    segment: NDArray[np.int64]
    cue: NDArray[np.int64]  # index in `Matcher.cues`
    start: NDArray[np.int64]  # in the text
    end: NDArray[np.int64]


class Matcher:
    """Finds the cues of themes in clauses; the answer for a clause depends on its text and the cues alone."""

    def __init__(self, themes: Sequence[Theme], *, scope: str = "clause") -> None:
        self.scope = scope
        ids = {theme.theme_id: index for index, theme in enumerate(themes)}
        self._yields_to = np.array([ids.get(theme.yields_to, -1) for theme in themes], np.int64)
        self.threshold = np.array([t.threshold for t in themes], np.float64)
        self.cues: list[str] = []
        theme_of, weight, patterns = [], [], dict[str, list[int]]()
        for index, theme in enumerate(themes):
            for cue in () if theme.retired else theme.cues:
                for form in dict.fromkeys(forms(_folded(cue.text))):
                    patterns.setdefault(form, []).append(len(self.cues))
                self.cues.append(cue.text)
                theme_of.append(index)
                weight.append(cue.weight)
        self._n_cues = len(self.cues)
        plain = len(patterns)
        ends = []
        for listed in ([theme.excludes for theme in themes], [theme.witnesses for theme in themes]):
            for index, (theme, said) in enumerate(zip(themes, listed, strict=True)):
                for phrase in () if theme.retired else said:
                    for form in dict.fromkeys(forms(_folded(phrase))):
                        patterns.setdefault(form, []).append(len(theme_of))
                    theme_of.append(index)
                    weight.append(0.0)
            ends.append(len(theme_of))
        self._n_barring = ends[0]  # items are cues, then excludes, then witnesses
        self._is_cue = np.arange(len(patterns)) < plain
        self.theme_of, self.weight = np.array(theme_of, np.int64), np.array(weight, np.float64)
        self._spelled = np.array([unquoted(cue) for cue in self.cues], dtype=object)
        self._one_word = np.array([" " not in cue for cue in self.cues], np.bool_)
        self._phrases = Phrases(list(patterns))
        self._fan = np.array([len(v) for v in patterns.values()], np.int64)
        self._first = np.concatenate([[0], np.cumsum(self._fan)])
        self._items = np.array([i for v in patterns.values() for i in v], np.int64)

    def hits(self, texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> Hits:
        """Return the cues in the clauses of `texts`, sorted by clause, place and cue."""
        return self._search(texts, owner, bounds)[0]

    def _search(
        self, texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]
    ) -> tuple[Hits, NDArray[np.int64]]:
        """Return the cues, and a number for each pair of review and theme with a witness: review * themes + theme."""
        places = self._phrases.find(texts, owner, bounds)
        rows = np.column_stack(places)
        is_cue = self._is_cue[places.phrase]
        cues = np.column_stack(longest(Places(*(column[is_cue] for column in places))))
        items = self._items_of(rows)
        rows = self._allowed(self._items_of(cues), items)
        begin = letters.offsets(texts)[owner[rows[:, 0]]]
        seen = items[items[:, 1] >= self._n_barring]
        witnessed = owner[seen[:, 0]].astype(np.int64) * len(self.threshold) + self.theme_of[seen[:, 1]]
        return Hits(rows[:, 0], rows[:, 1], rows[:, 2] - begin, rows[:, 3] - begin), np.unique(witnessed)

    def _items_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Replace each pattern by the cues and excludes that it spells."""
        fan = self._fan[rows[:, 1]]
        wide = np.repeat(rows, fan, axis=0)
        nth = np.arange(len(wide)) - np.repeat(np.cumsum(fan) - fan, fan)
        wide[:, 1] = self._items[self._first[wide[:, 1]] + nth]
        return wide

    def _allowed(self, cues: NDArray[np.int64], everything: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the cues that lie within no exclude of their theme."""
        cues = cues[cues[:, 1] < self._n_cues]
        barred = everything[(everything[:, 1] >= self._n_cues) & (everything[:, 1] < self._n_barring)]
        if not len(barred):
            return cues
        wide = int(everything[:, 3].max()) + 1
        theme = self.theme_of[barred[:, 1]] * wide
        order = np.argsort(theme + barred[:, 2], kind="stable")
        opens, reach = (theme + barred[:, 2])[order], np.maximum.accumulate((theme + barred[:, 3])[order])
        theme = self.theme_of[cues[:, 1]] * wide
        before = np.searchsorted(opens, theme + cues[:, 2], side="right") - 1
        allowed: NDArray[np.int64] = cues[(before < 0) | (reach[before] < theme + cues[:, 3])]
        return allowed

    def find(self, texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> Found:
        """Return the themes whose cues reach their threshold, one row per clause and theme with its best cue.

        Where a witness of the theme stands in the review, cues of any weight above 0 will do.
        """
        hits, witnessed = self._search(texts, owner, bounds)
        hits = self._unyielding(hits, owner)
        theme, weight = self.theme_of[hits.cue], self.weight[hits.cue]
        many = max(len(self.threshold), 1)
        place = hits.segment * many + theme
        scope = place if self.scope == "clause" else owner[hits.segment].astype(np.int64) * many + theme
        total = self._sums(scope, hits.cue, weight)
        spoken_of = np.isin(owner[hits.segment].astype(np.int64) * many + theme, witnessed)
        enough = np.where(spoken_of, 0.0, self.threshold[theme] - 1e-9)
        keep = (total > 0) & (total >= enough) & (weight > 0)
        hits, theme, total = Hits(*(column[keep] for column in hits)), theme[keep], total[keep]
        order = np.lexsort((hits.start, hits.start - hits.end, -weight[keep], place[keep]))
        best = order[np.unique(place[keep][order], return_index=True)[1]]
        best = best[np.lexsort((theme[best], hits.start[best], hits.segment[best]))]
        return Found(
            hits.segment[best].astype(np.int32),
            theme[best].astype(np.int32),
            self._spelled[hits.cue[best]],
            hits.start[best].astype(np.int32),
            hits.end[best].astype(np.int32),
            total[best].astype(np.float32),
        )

    def _unyielding(self, hits: Hits, owner: NDArray[np.int32]) -> Hits:
        """Return the hits without the cues that yield to what their review is about."""
        if not (self._yields_to >= 0).any() or not len(hits.cue):
            return hits
        many = len(self.threshold)
        review, other = owner[hits.segment].astype(np.int64) * many, self._yields_to[self.theme_of[hits.cue]]
        scope = review + self.theme_of[hits.cue]
        spoken_of = np.unique(scope[self._sums(scope, hits.cue, self.weight[hits.cue]) >= ABOUT - 1e-9])
        yields = (other >= 0) & np.isin(review + other, spoken_of)
        keep = ~(yields & self._one_word[hits.cue])
        return Hits(*(column[keep] for column in hits))

    @staticmethod
    def _sums(scope: NDArray[np.int64], cue: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return for each hit the weights of the distinct cues in its scope."""
        order = np.lexsort((cue, scope))
        fresh = np.ones(len(order), np.bool_)
        fresh[1:] = (np.diff(scope[order]) != 0) | (np.diff(cue[order]) != 0)
        groups, inverse = np.unique(scope, return_inverse=True)
        sums = np.bincount(inverse[order][fresh], weights=weight[order][fresh], minlength=len(groups))
        return np.asarray(sums[inverse], np.float64)


def _folded(text: str) -> str:
    return " ".join(fold(text).split())
