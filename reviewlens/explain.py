"""Which words and which clauses decided a text's polarity.

A word's contribution is how much the score falls when the word is left out (occlusion: Zeiler and Fergus 2014; Li,
Monroe and Jurafsky 2016). A clause's is the score of the clause itself, as the network pools it in the same pass.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reviewlens.schemas import LABELS
from reviewlens.text import normalize, segments

if TYPE_CHECKING:
    from reviewlens.classifier import Classifier

_WORD = re.compile(r"[぀-ヿ㐀-鿿豈-﫿]{1,2}|[^\W぀-ヿ㐀-鿿豈-﫿]+(?:['’]\w+)?|[^\w\s]")
_MOST_WORDS = 400


@dataclass(frozen=True)
class Span:
    """A word or clause: characters `start` to `end`, and its signed weight in [-2, 2]; above 0 speaks for positive."""

    start: int
    end: int
    text: str
    weight: float


@dataclass(frozen=True)
class Explanation:
    """Why a text got its label; shows itself in a notebook."""

    text: str
    label: str
    score: float
    """Probability of positive less that of negative, in [-1, 1]."""
    words: tuple[Span, ...]
    """Fall of the score when the word is left out, in reading order; only the first 400 words are tried."""
    clauses: tuple[Span, ...]
    """Score of each clause, in reading order."""

    def __str__(self) -> str:
        lines = [f"{self.label} ({self.score:+.2f})"]
        lines += [f"  {clause.weight:+.2f}  {clause.text}" for clause in self.clauses]
        strongest = sorted(self.words, key=lambda word: -abs(word.weight))[:8]
        lines.append("  words: " + ", ".join(f"{word.text} {word.weight:+.2f}" for word in strongest))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        top = max((abs(word.weight) for word in self.words), default=0.0) or 1.0
        out, at = [], 0
        for word in self.words:
            hue = 140 if word.weight > 0 else 10
            strength = abs(word.weight) / top
            out.append(html.escape(self.text[at : word.start]))
            out.append(
                f'<span title="{word.weight:+.3f}" style="background:hsla({hue},80%,50%,{0.6 * strength:.2f})">'
                f"{html.escape(word.text)}</span>"
            )
            at = word.end
        out.append(html.escape(self.text[at:]))
        rows = "".join(
            f"<tr><td>{clause.weight:+.2f}</td><td>{html.escape(clause.text)}</td></tr>" for clause in self.clauses
        )
        head = f"<b>{html.escape(self.label)}</b> {self.score:+.2f}"
        return f"<div>{head}<p>{''.join(out)}</p><table>{rows}</table></div>"


def explain(classifier: Classifier, text: str) -> Explanation:
    """Explain one text."""
    said = normalize(text)  # as long as the text
    owner, bounds = segments([said])
    scores = classifier.score_segments([said], owner, bounds)
    whole = float(scores.proba[0, 2] - scores.proba[0, 0])
    places = [match.span() for match in _WORD.finditer(said)][:_MOST_WORDS]
    without = classifier.predict_proba([said[:start] + said[end:] for start, end in places])
    words = tuple(
        Span(start, end, text[start:end], whole - float(p[2] - p[0]))
        for (start, end), p in zip(places, without, strict=True)
    )
    clauses = tuple(
        Span(int(start), int(end), text[start:end], float(p[2] - p[0]))
        for (start, end), p in zip(bounds, scores.segment_proba, strict=True)
    )
    return Explanation(text, LABELS[int(np.argmax(scores.proba[0]))], whole, words, clauses)
