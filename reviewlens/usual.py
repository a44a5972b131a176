"""What a user would else have: TF-IDF with logistic regression; and whether held-out reviews can tell ours from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

_NAME = "TF-IDF with logistic regression, the usual linear model"
_SPACED = 0.05  # share of spaces from which a script has them
_READ = 4000  # characters of a review
_STRENGTHS = (1.0, 4.0)  # scikit-learn's C: our own is chosen on held-out reviews too, and so is theirs
_DRAWS = 400
_NOTHING = 1e-9
_FEWEST = 10  # held-out reviews of each side, to say anything


@dataclass(frozen=True)
class Comparison:
    """Macro-F1 of telling bad reviews from good ones, on the same held-out reviews."""

    reviews: int
    ours: float
    usual: float
    spread: float
    """Standard deviation of the difference, by the chance of which reviews were held out."""

    @property
    def verdict(self) -> str:
        """Say better, worse, level where every answer is the same, or open: within one standard deviation."""
        difference = self.ours - self.usual
        if abs(difference) + self.spread < _NOTHING:
            return "level"
        if difference < 0:
            return "worse"
        return "open" if difference < self.spread else "better"

    def warning(self) -> str:
        """Say what a user should know; empty where ours is better or the same."""
        figures = f"macro-F1 of bad against good {self.ours:.3f}, theirs {self.usual:.3f}"
        if self.verdict == "worse":
            return f"{_NAME}, does better on the held-out reviews: {figures}"
        if self.verdict == "open":
            return (
                f"{self.reviews} held-out reviews cannot tell whether this is better than {_NAME}: {figures}, "
                f"and chance moves the difference by {self.spread:.3f}; more labelled reviews would"
            )
        return ""

    def to_dict(self) -> dict[str, float | str]:
        """Return the figures and the verdict."""
        return asdict(self) | {"verdict": self.verdict}


def usual_answers(texts: Sequence[str], good: NDArray[np.bool_], asked: Sequence[str]) -> NDArray[np.bool_]:
    """Train the usual model on texts that are good or bad, shape (n,), and return whether the m asked are good.

    It reads words and pairs of words, or one to three characters of a script without spaces. There is a row for each of
    two strengths, shape (2, m).
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts, asked = ([text[:_READ] for text in part] for part in (texts, asked))
    spaces = sum(text.count(" ") for text in texts) / max(sum(map(len, texts)), 1)
    words = {"token_pattern": r"\w+|[^\w\s]", "ngram_range": (1, 2)}  # marks too: no text is empty then
    units = words if spaces > _SPACED else {"analyzer": "char", "ngram_range": (1, 3)}
    vectorizer = TfidfVectorizer(sublinear_tf=True, **units)
    seen, new = vectorizer.fit_transform(texts), vectorizer.transform(asked)
    models = (LogisticRegression(C=strength, max_iter=200).fit(seen, good) for strength in _STRENGTHS)
    return np.stack([model.predict(new) for model in models])


def compared(truth: NDArray[np.bool_], ours: NDArray[np.bool_], usual: NDArray[np.bool_]) -> Comparison | None:
    """Compare our answers, shape (n,), with the best of theirs, (k, n); None where too few reviews are good or bad."""
    if min(truth.sum(), (~truth).sum()) < _FEWEST:
        return None
    return min((_compared(truth, ours, row) for row in usual), key=lambda found: found.ours - found.usual)


def _compared(truth: NDArray[np.bool_], ours: NDArray[np.bool_], usual: NDArray[np.bool_]) -> Comparison:
    cells = np.bincount(4 * truth + 2 * ours + usual, minlength=8)
    draws = np.random.default_rng(0).multinomial(len(truth), cells / len(truth), size=_DRAWS)
    table = np.concatenate([cells[None], draws]).reshape(-1, 2, 2, 2)  # truth, ours, usual
    of_ours, of_usual = _macro_f1(table.sum(3)), _macro_f1(table.sum(2))
    spread = float(np.std((of_ours - of_usual)[1:]))
    return Comparison(len(truth), float(of_ours[0]), float(of_usual[0]), spread)


def _macro_f1(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean F1 of both sides for confusions of shape (draws, 2, 2)."""
    hits = confusion[:, [0, 1], [0, 1]].astype(np.float64)
    both = confusion.sum(1) + confusion.sum(2)
    result: NDArray[np.float64] = (2 * hits / np.maximum(both, 1)).mean(1)
    return result
