"""What a user would pick instead, each as one function from texts to nothing; run by the Python that has the peers.

`python -m benchmarks.speed.peers NAME TEXTS.parquet ROUNDS` prints the seconds and the processor seconds a review
of each round as JSON. Loading and training are not timed; each round scores texts that the process has not seen.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import pyarrow.parquet as pq

Predict = Callable[[list[str]], object]


def tfidf(train: list[str], labels: list[int], chinese: bool) -> Predict:
    """TF-IDF of words 1-2 (Chinese: characters 1-3) with logistic regression, as scikit-learn has them."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    kind = {"analyzer": "char", "ngram_range": (1, 3)} if chinese else {"ngram_range": (1, 2)}
    model = make_pipeline(TfidfVectorizer(min_df=2, sublinear_tf=True, **kind), LogisticRegression(max_iter=200))
    return model.fit(train, labels).predict


def vader(*_: object) -> Predict:
    """VADER's lexicon and rules."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return lambda texts: [analyzer.polarity_scores(text) for text in texts]


def textblob(*_: object) -> Predict:
    """TextBlob's pattern analyzer."""
    from textblob import TextBlob

    return lambda texts: [TextBlob(text).sentiment.polarity for text in texts]


def snownlp(*_: object) -> Predict:
    """SnowNLP's Naive Bayes."""
    from snownlp import SnowNLP

    return lambda texts: [SnowNLP(text).sentiments for text in texts if text.strip()]


def _encoder(layers: int, width: int, heads: int, inner: int) -> Predict:
    """An encoder of a given size with random weights, 128 tokens a text: speed does not ask what it says."""
    import torch

    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(width, heads, inner, batch_first=True, activation="gelu")
    model = torch.nn.Sequential(torch.nn.Embedding(30_522, width), torch.nn.TransformerEncoder(layer, layers)).eval()

    def predict(texts: list[str]) -> None:
        with torch.inference_mode():
            ordered = sorted(texts, key=len)
            for at in range(0, len(ordered), 32):
                batch = ordered[at : at + 32]
                tokens = min(128, max(8, max(map(len, batch)) // 5))
                model(torch.randint(0, 30_522, (len(batch), tokens))).mean(1)

    return predict


def minilm_size(*_: object) -> Predict:
    """Six layers of width 384: as large as MiniLM-L6; its tokenizer is not timed."""
    return _encoder(6, 384, 12, 1536)


def distilbert_size(*_: object) -> Predict:
    """Six layers of width 768: as large as DistilBERT; its tokenizer is not timed."""
    return _encoder(6, 768, 12, 3072)


PEERS = {f.__name__: f for f in (tfidf, vader, textblob, snownlp, minilm_size, distilbert_size)}


def main(name: str, path: str, rounds: int) -> None:
    """Print the seconds of each round."""
    table = pq.read_table(path).to_pydict()
    texts, labels, chinese = table["text"], table["label"], any("\u4e00" <= c <= "\u9fff" for c in table["text"][0])
    fresh = len(texts) // (rounds + 2)
    predict = PEERS[name](texts[: 2 * fresh], labels[: 2 * fresh], chinese)
    predict(texts[:16])
    seconds, busy = [], []
    for k in range(rounds):
        batch = texts[(k + 2) * fresh : (k + 3) * fresh]
        if name not in {"tfidf"}:
            batch = batch[: max(32, fresh // 20)]  # slow ones: fewer texts, the rate is what counts
        started, before = time.perf_counter(), time.process_time()
        predict(batch)
        seconds.append((time.perf_counter() - started) / len(batch))
        busy.append((time.process_time() - before) / len(batch))
    print(json.dumps({"seconds": seconds, "processor": busy}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
