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
from numpy.typing import NDArray

from reviewlens.needs import SURE, review_polarity
from reviewlens.schemas import ABSTAINED, LABELS, MIXED
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
    polarity: str = ""
    """What `score` says of the text, mixed among it; `label` is what `Classifier.predict` says."""
    why: str = ""
    """Why the polarity is not the label, or the text was abstained from; else empty."""

    def __str__(self) -> str:
        lines = [f"{self.polarity} ({self.score:+.2f})", *([f"  {self.why}"] if self.why else [])]
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
        head = f"<b>{html.escape(self.polarity)}</b> {self.score:+.2f} {html.escape(self.why)}"
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
    below = classifier.abstain_below
    label = str(classifier.predict([said])[0])
    polarity = str(review_polarity(scores.proba, owner, scores.segment_proba, [said], bounds, below)[0])
    why = _why(label, polarity, scores.proba[0], scores.segment_proba, below)
    return Explanation(text, label, whole, words, clauses, polarity, why)


def _why(
    label: str, polarity: str, proba: NDArray[np.float32], clauses: NDArray[np.float32], abstain_below: float
) -> str:
    likely, most = LABELS[int(proba.argmax())], float(proba.max())
    whole = f"the whole is {most:.0%} {likely}"
    if polarity == MIXED:
        sure = (clauses >= SURE).sum(axis=0)
        return f"clauses disagree: {sure[2]} for, {sure[0]} against; {whole}"
    if polarity == ABSTAINED:
        return f"{whole}, less sure than the {abstain_below:.0%} asked for"
    return f"{whole}, but the words of its clauses say {polarity}" if polarity != label else ""
