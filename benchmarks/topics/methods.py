"""The methods: each learns topics from some texts and then gives every text of all one topic or none."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.topics.measure import Tokenizer

TOP = 10


@dataclass(frozen=True)
class Fitted:
    """Leading cues of each topic; the topic of each text, shape (n_texts,), -1 for none.

    `most` is the topic with most mentions in each text, the first mentioned of several, where topics have mentions.
    """

    topics: list[list[str]]
    topic: np.ndarray
    most: np.ndarray | None = None


def ours(learn: Sequence[str], texts: Sequence[str], n_topics: int, seed: int, tokenize: Tokenizer) -> Fitted:
    """Return the themes of reviewlens; a review's topic is the theme with most weight in it."""
    from reviewlens.discovery import discover_themes

    themes = discover_themes(list(learn), n_themes=n_topics, seed=seed)
    leading = [[cue.text for cue in t.cues][:TOP] for t in themes.themes]
    return Fitted(leading, dominant(themes, texts), dominant(themes, texts, by_mentions=True))


def dominant(themes, texts: Sequence[str], *, by_mentions: bool = False) -> np.ndarray:
    """Return the theme with most weight, or most mentions, in each text, -1 where none is mentioned."""
    from reviewlens.text import normalize, segments

    said = [normalize(text) for text in texts]
    owner, bounds = segments(said)
    found = themes.find(said, owner, bounds)
    weight = np.zeros((len(texts), len(themes.themes)))
    where = (owner[found.segment], found.theme)
    np.add.at(weight, where, 1.0 if by_mentions else found.weight)
    if by_mentions:  # of as many mentions, those of the theme that is mentioned first
        first = np.full(weight.shape, len(found.theme), dtype=float)
        np.minimum.at(first, where, np.arange(len(found.theme)))
        weight = np.where(weight > 0, weight - first / (len(found.theme) + 1), 0)
    return np.where(weight.max(1) > 0, weight.argmax(1), -1)


def _matrix(learn: Sequence[str], tokenize: Tokenizer, weigh: bool):
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer, TfidfVectorizer

    kind = TfidfVectorizer if weigh else CountVectorizer
    stops = list(ENGLISH_STOP_WORDS)
    vectorizer = kind(tokenizer=tokenize, token_pattern=None, lowercase=False, stop_words=stops, min_df=5, max_df=0.5)
    return vectorizer, vectorizer.fit_transform(learn)


def _leading(parts: np.ndarray, names: np.ndarray) -> list[list[str]]:
    return [[str(names[i]) for i in np.argsort(-row, kind="stable")[:TOP]] for row in parts]


def nmf(learn: Sequence[str], texts: Sequence[str], n_topics: int, seed: int, tokenize: Tokenizer) -> Fitted:
    """Return NMF (Lee and Seung, 1999) of TF-IDF, started at random."""
    from sklearn.decomposition import NMF

    vectorizer, counts = _matrix(learn, tokenize, weigh=True)
    model = NMF(n_topics, init="nndsvdar", random_state=seed, max_iter=400).fit(counts)
    shares = model.transform(vectorizer.transform(texts))
    topic = np.where(shares.max(1) > 0, shares.argmax(1), -1)
    return Fitted(_leading(model.components_, vectorizer.get_feature_names_out()), topic)


def lda(learn: Sequence[str], texts: Sequence[str], n_topics: int, seed: int, tokenize: Tokenizer) -> Fitted:
    """Return latent Dirichlet allocation (Blei et al., 2003; online variational Bayes)."""
    from sklearn.decomposition import LatentDirichletAllocation

    vectorizer, counts = _matrix(learn, tokenize, weigh=False)
    model = LatentDirichletAllocation(n_topics, learning_method="online", random_state=seed).fit(counts)
    topic = model.transform(vectorizer.transform(texts)).argmax(1)
    return Fitted(_leading(model.components_, vectorizer.get_feature_names_out()), topic)


def bertopic(learn: Sequence[str], texts: Sequence[str], n_topics: int, seed: int, tokenize: Tokenizer) -> Fitted:
    """Return BERTopic (Grootendorst, 2022) in the environment whose interpreter `REVIEWLENS_PEERS` names."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "given.json", Path(folder) / "made.json"
        given.write_text(json.dumps({"learn": list(learn), "texts": list(texts), "n": n_topics, "seed": seed}))
        script = Path(__file__).with_name("peer.py")
        subprocess.run([os.environ["REVIEWLENS_PEERS"], str(script), str(given), str(made)], check=True)
        said = json.loads(made.read_text())
    return Fitted(said["topics"], np.array(said["topic"]))


METHODS = {"reviewlens": ours, "NMF": nmf, "LDA": lda, "BERTopic": bertopic}
