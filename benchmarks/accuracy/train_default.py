"""Trains the bundled model: `make default-model DATA=folder`.

    python -m benchmarks.accuracy.train_default --data folder [--answers work/answers.npz] [--elder folder of a model]
    python -m benchmarks.accuracy.train_default --data folder --weigh folder of a model

Steps: reviews -> vocabulary with pretrained vectors -> a teacher's answers (`answers.py`) -> network -> n-grams beside
it -> how much each counts, on development reviews -> folder. What is trained on and measured on is in `sources.py` and
`spans.py`.

Twice: the first model, `--elder` of the second, gives it vocabulary, vectors and n-grams, and answers more spans than
the teacher has time for; where both were asked, their mean teaches. A network of two thirds of the cost learns as much.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from benchmarks.accuracy import answers, sources, vocabulary
from benchmarks.accuracy.card import default_card
from benchmarks.accuracy.spans import REPEATED, expressions, more_spans, spans
from benchmarks.accuracy.table import measure_all
from reviewlens.artefact import Artefact, quantize, read, write
from reviewlens.calibration import Calibration
from reviewlens.classifier import HEAD, TAIL, Classifier
from reviewlens.fitting import Examples, FitSettings, Fitter, network_view
from reviewlens.mixing import fit_mixture
from reviewlens.models.graph import network_graph
from reviewlens.models.linear import NgramModel
from reviewlens.models.lstm import LstmNetwork, LstmSettings
from reviewlens.models.ngram_fit import fit_ngrams
from reviewlens.models.runtime import OnnxNetwork
from reviewlens.starting import LEARNED
from reviewlens.text import normalize_all
from reviewlens.tokenizer import FIRST_PIECE, Encoded, Tokenizer

EMBEDDING, BITS = 96, 19
FIRST = LstmSettings(2, EMBEDDING, channels=64, hidden=48, dropout=0.1)
SECOND = LstmSettings(2, EMBEDDING, channels=48, hidden=32, dropout=0.1, pooled=2, stride=2)
SPAN, EXPRESSION = "span", "expression"  # names of short texts as sources
NEUTRAL_PRIOR = 0.15  # shops have 5 to 20%; the development reviews have fewer, most files being two-class
TRUST = {"pros_cons": 0.6, "flipkart": 0.7, "zh_cars": 0.5, "apps": 0.7, SPAN: 0.7}
"""Weight of a source's examples: fragments and noisy stars count less."""
POLARITY_STARS = np.array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 1]], dtype=np.float32)


class ProjectedEmbedding(nn.Module):
    """The pretrained vectors, fixed, under a projection that is learned."""

    def __init__(self, table: np.ndarray, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding.from_pretrained(torch.from_numpy(table), freeze=True)
        self.project = nn.Linear(table.shape[1], width)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return vectors (b, t, width); padding is 0."""
        result: torch.Tensor = self.project(self.table(ids)) * (ids > 0).unsqueeze(-1)
        return result

    def fold(self) -> np.ndarray:
        """Return the projected table of the whole vocabulary."""
        with torch.no_grad():
            folded = self.project(self.table.weight).numpy()
        folded[0] = 0.0
        return folded


def main() -> None:
    """Run all steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("reviewlens/data/default_model"))
    parser.add_argument("--answers", type=Path, help="a teacher's answers, from answers.py; none: no distillation")
    parser.add_argument("--elder", type=Path, help="a model that teaches the second one")
    parser.add_argument("--work", type=Path, help="folder to keep epochs in: killed, the same command goes on")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rows", type=int, help="train on so many reviews only: a rehearsal")
    parser.add_argument("--weigh", type=Path, help="train nothing, only weigh the two sides of this model anew")
    options = parser.parse_args()
    torch.manual_seed(0)
    table = sources.load(options.data)
    develop = pd.concat(sources.development_sets(table).values())
    if options.weigh:
        weigh(read(options.weigh), develop, options.out)
        return
    elder = None if options.elder is None else Classifier.load(options.elder)
    rows, soft = lessons(table, options.answers, options.rows, elder)
    if elder is None:
        texts = table.text[~table.dev].sample(frac=1, random_state=0).tolist()[: options.rows]
        tokenizer, vectors = vocabulary.build(texts)
    else:
        tokenizer, vectors = elder.tokenizer, vectors_of(elder.parts)
    encoded = tokenizer.encode(rows.text.tolist(), head=HEAD, tail=TAIL)
    train = examples(encoded, rows, soft)
    valid = examples(tokenizer.encode(develop.text.tolist(), head=HEAD, tail=TAIL), develop, None)
    if elder is None:
        network, vectors = project(vectors, train, valid)
    else:
        network = LstmNetwork(SECOND)
    network, embedding = fit_network(network, vectors, train, valid, options.epochs, options.work)
    state = {name: value.detach().numpy() for name, value in network.state_dict().items() if name != "embedding.weight"}
    if elder is not None:
        kept = NgramModel.from_arrays(elder.parts.weights)
        freeze(tokenizer, network.settings, state, embedding, kept, develop, options.out)
        return
    polarity = rows.polarity.fillna(-1).to_numpy(dtype=np.int64)
    trust = train.weight.astype(np.float64)
    ngrams = fit_ngrams(encoded, polarity, POLARITY_STARS, strength=4.0, weights=trust, bits=BITS, soft=soft)
    freeze(tokenizer, network.settings, state, embedding, ngrams, develop, options.out)


def lessons(
    table: pd.DataFrame, answers_file: Path | None, most: int | None, elder: Classifier | None = None
) -> tuple[pd.DataFrame, np.ndarray | None]:
    """Return the texts to learn from, with what is known of them, and the answers of a teacher or of two (n, 5)."""
    rows = sources.training_rows(table)[:most]
    own = expressions()
    own["polarity"] = np.select([own.star < 3, own.star > 3], [0.0, 2.0], default=1.0)
    rows = pd.concat([rows, *[own.assign(source=EXPRESSION)] * REPEATED])
    if answers_file is None and elder is None:
        return rows, None
    kept = answers.load(answers_file) if answers_file else answers.NONE
    unlabelled = table[~table.dev & table.polarity.isna()]
    drawn = spans(table) if elder is None else pd.concat([spans(table), more_spans(table)]).drop_duplicates("text")
    more = pd.concat([unlabelled, drawn.assign(source=SPAN)])[:most]
    if elder is None:
        more = more[~np.isnan(answers.look_up(more.text.tolist(), kept)[:, 0])]
    rows = pd.concat([rows, more], ignore_index=True)
    soft = answers.look_up(rows.text.tolist(), kept)
    if elder is not None:
        own_answers = elder.star_probabilities(rows.text.tolist()).astype(np.float32)
        soft = np.where(np.isnan(soft), own_answers, (soft + own_answers) / 2)
    return rows, soft


def vectors_of(parts: Artefact) -> np.ndarray:
    """Return the table of vectors of a model."""
    table: np.ndarray = parts.weights["embedding.int8"] * parts.weights["embedding.scale"][:, None]
    return table.astype(np.float32)


def project(vectors: np.ndarray, train: Examples, valid: Examples) -> tuple[LstmNetwork, np.ndarray]:
    """Fit under fixed vectors, which finds their projection; return the network and the projected table."""
    network = LstmNetwork(FIRST)
    projected = ProjectedEmbedding(vectors, EMBEDDING)
    network.embedding = projected  # type: ignore[assignment]
    Fitter(network, FitSettings(epochs=3, batch_size=128, learning_rate=2e-3)).fit_loop(
        train, valid, checkpoint=None, report=print
    )
    return network, projected.fold()


def fit_network(
    start: LstmNetwork, table: np.ndarray, train: Examples, valid: Examples, epochs: int, work: Path | None
) -> tuple[LstmNetwork, np.ndarray]:
    """Fit network and table together; only the rows of the table that are in use take part."""
    used = np.unique(np.concatenate([np.arange(FIRST_PIECE), train.encoded.ids, valid.encoded.ids]))
    state = {name: value for name, value in start.state_dict().items() if not name.startswith("embedding.")}
    network = LstmNetwork(replace(start.settings, vocab_size=len(used)))
    network.load_state_dict(state | {"embedding.weight": torch.from_numpy(table[used])})
    settings = FitSettings(
        epochs=epochs,
        patience=epochs,
        batch_size=256,
        learning_rate=3e-3,
        embedding_rate=2e-3,
        dropout=0.1,
        token_dropout=0.1,
    )
    fitter, checkpoint = Fitter(network, settings), None if work is None else work / "network.safetensors"
    if checkpoint is not None:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
    fitter.fit_loop(compact(train, used), compact(valid, used), checkpoint=checkpoint, report=say)
    table = table.copy()
    table[used] = network.embedding.weight.detach().numpy()
    return network, table


def say(line: str) -> None:
    """Print at once: a log is read while it grows."""
    print(line, flush=True)


def examples(encoded: Encoded, rows: pd.DataFrame, soft: np.ndarray | None) -> Examples:
    """Return what is known of the rows, as the fit loop takes it."""
    polarity, stars = rows.polarity.fillna(-1).to_numpy(dtype=np.int64), rows.star.fillna(0).to_numpy(dtype=np.int64)
    weight = rows.source.map(TRUST).fillna(1.0).to_numpy(dtype=np.float32)
    return Examples(network_view(encoded), polarity, stars, weight, soft)


def compact(given: Examples, used: np.ndarray) -> Examples:
    """Renumber subwords so that the table holds those in use only."""
    e = given.encoded
    ids = np.searchsorted(used, e.ids).astype(np.int32)
    return Examples(
        Encoded(ids, e.starts, e.offsets, e.truncated), given.polarity, given.stars, given.weight, given.soft
    )


def freeze(
    tokenizer: Tokenizer,
    settings: LstmSettings,
    state: dict[str, np.ndarray],
    embedding: np.ndarray,
    ngrams: NgramModel,
    develop: pd.DataFrame,
    out: Path,
) -> None:
    """Make the artefact, weigh its two sides, and write the folder."""
    codes, scale = quantize(embedding)
    sizes = asdict(replace(settings, vocab_size=len(codes)))
    weights = state | {"embedding.int8": codes, "embedding.scale": scale} | dict(ngrams.arrays())
    weigh(Artefact("lstm", sizes, tokenizer, weights, network_graph("lstm", state, sizes), Calibration()), develop, out)


def weigh(parts: Artefact, develop: pd.DataFrame, out: Path) -> None:
    """Weigh network and n-grams on the development reviews, measure, and write the folder."""
    encoded = parts.tokenizer.encode(normalize_all(develop.text.tolist()), head=HEAD, tail=TAIL)
    assert parts.graph is not None, "the bundled model has a network"
    table, scale = parts.weights["embedding.int8"], parts.weights["embedding.scale"]
    sizes = {name: parts.settings[name] for name in ("pooled", "stride")}
    network = OnnxNetwork(parts.graph, table, scale, **sizes)
    ngrams = NgramModel.from_arrays(parts.weights)
    polarity, stars = develop.polarity.to_numpy(dtype=np.int64), develop.star.to_numpy(dtype=np.float64)
    calibration = fit_mixture(
        network.review_logits(network_view(encoded)), ngrams.logits(encoded), np.diff(encoded.offsets), polarity, stars
    )
    parts.calibration = calibration.with_prior(NEUTRAL_PRIOR)
    measured = measure_all(Classifier(parts), develop)
    parts.metrics = {"development": measured, "neutral_prior": parts.calibration.neutral_prior}
    parts.extra = {"languages": sorted(LEARNED)}
    parts.card = default_card(parts.calibration, measured)
    if out.exists():
        shutil.rmtree(out)
    write(parts, out)


if __name__ == "__main__":
    main()
