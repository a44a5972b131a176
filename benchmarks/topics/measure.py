"""What is measured of topics: lists of leading cues, and one topic for each review (-1 for none)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import scipy.sparse as sp
from ahocorasick_rs import AhoCorasick
from sklearn.metrics import adjusted_mutual_info_score

WINDOW = 10
Tokenizer = Callable[[str], list[str]]


def words(text: str) -> list[str]:
    """Return the words of a text in a script with spaces, in lower case."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower())


def jieba_words(text: str) -> list[str]:
    """Return the words of a Chinese text; jieba is used here and nowhere else."""
    import jieba

    jieba.setLogLevel(60)
    return [word for word in jieba.cut(text.lower()) if word.strip()]


def coherence(topics: Sequence[Sequence[str]], texts: Sequence[str], tokenize: Tokenizer, *, spaced: bool) -> float:
    """Return the mean normalized pointwise mutual information of all pairs of cues of a topic, in [-1, 1].

    Probabilities are shares of boolean windows of ten words (Röder et al., 2015; Lau et al., 2014). A cue of several
    words is in a window that holds all of it. A pair that is never together counts -1.
    """
    cues = sorted({cue for topic in topics for cue in topic})
    number = {cue: i for i, cue in enumerate(cues)}
    held = _windows(cues, texts, tokenize, spaced)
    together = (held.T @ held).toarray() / held.shape[0]
    alone = np.diag(together)
    means = []
    for topic in topics:
        pairs = [(number[a], number[b]) for a, b in combinations(topic, 2)]
        if pairs:
            means.append(np.mean([_information(together[i, j], alone[i], alone[j]) for i, j in pairs]))
    return float(np.mean(means))


def _information(both: float, one: float, two: float) -> float:
    if both <= 0:
        return -1.0
    return float(np.log(both / (one * two)) / -np.log(both)) if both < 1 else 1.0


def _windows(cues: list[str], texts: Sequence[str], tokenize: Tokenizer, spaced: bool) -> sp.csr_matrix:
    """Return which window holds which cue, shape (n_windows, n_cues)."""
    joint = " " if spaced else ""
    automaton = AhoCorasick([f"{joint}{joint.join(cue.split())}{joint}" for cue in cues])
    rows, columns, base = [], [], 0
    for text in texts:
        parts = tokenize(text)
        line = joint + joint.join(parts) + joint
        starts = np.cumsum([len(joint), *(len(part) + len(joint) for part in parts)])
        count = max(1, len(parts) - WINDOW + 1)
        for cue, first, last in automaton.find_matches_as_indexes(line, overlapping=True):
            a = int(np.searchsorted(starts, first + len(joint), side="right")) - 1
            b = int(np.searchsorted(starts, last - len(joint), side="left")) - 1
            windows = range(max(0, b - WINDOW + 1), min(a, count - 1) + 1)
            rows += [base + w for w in windows]
            columns += [cue] * len(windows)
        base += count
    held = sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(base, len(cues)))
    held.data[:] = 1.0
    return held


def diversity(topics: Sequence[Sequence[str]]) -> float:
    """Return the share of different cues among all leading cues."""
    listed = [cue for topic in topics for cue in topic]
    return len(set(listed)) / len(listed)


def agreement(assignments: Sequence[np.ndarray]) -> list[float]:
    """Return the adjusted mutual information (Vinh et al., 2010) of each pair of assignments of the same reviews."""
    return [float(adjusted_mutual_info_score(a, b)) for a, b in combinations(assignments, 2)]


def unassigned(topic: np.ndarray) -> float:
    """Return the share of reviews without a topic."""
    return float((topic < 0).mean())


def biggest(topic: np.ndarray) -> float:
    """Return the share of all reviews that the biggest topic has."""
    return float(np.bincount(topic[topic >= 0]).max() / len(topic)) if (topic >= 0).any() else 0.0
