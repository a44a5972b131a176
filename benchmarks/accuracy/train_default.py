"""Trains the bundled model: `make default-model DATA=folder`.

    python -m benchmarks.accuracy.train_default --data folder [--teacher e5-small-q4.bin] [--minutes 30]

Steps: reviews -> vocabulary with pretrained vectors -> teacher's answers (optional) -> network -> n-grams beside it ->
how much each counts, on development reviews -> folder. What is trained on and measured on is in `sources.py`.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from benchmarks.accuracy import sources, vocabulary
from benchmarks.accuracy.card import default_card
from benchmarks.accuracy.table import measure_all
from reviewlens.artefact import Artefact, quantize, write
from reviewlens.classifier import HEAD, TAIL, Classifier
from reviewlens.fitting import Examples, FitSettings, Fitter, network_view
from reviewlens.mixing import fit_mixture
from reviewlens.models.graph import lstm_graph
from reviewlens.models.linear import NgramModel
from reviewlens.models.lstm import STRIDE, LstmNetwork, LstmSettings
from reviewlens.models.ngram_fit import fit_ngrams
from reviewlens.models.runtime import OnnxNetwork
from reviewlens.tokenizer import FIRST_PIECE, Encoded, Tokenizer

EMBEDDING, HEADS = 96, 4
NEUTRAL_PRIOR = 0.12  # about what shops have; the development reviews have fewer, most files being two-class
ASKED = {
    "sst5": 7_832,
    "products": 5_900,
    "domains": 13_200,
    "domains_unlabelled": 12_400,
    "zh_shopping": 10_000,
    "instruments": 1_200,
    "features": 1_500,
    "zh_cars": 800,
}
"""Reviews of each source that the teacher is asked about."""
TRUST = {"pros_cons": 0.6, "flipkart": 0.7, "zh_cars": 0.5, "apps": 0.7}
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
    parser.add_argument("--teacher", type=Path, help="the packed encoder, see teacher.py; none: no distillation")
    parser.add_argument("--minutes", type=float, default=30, help="of fine-tuning the teacher")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rows", type=int, help="train on so many reviews only: a rehearsal")
    options = parser.parse_args()
    torch.manual_seed(0)
    table = sources.load(options.data)
    rows = sources.training_rows(table)[: options.rows]
    soft = teach(table, rows, options.teacher, options.minutes) if options.teacher else None
    tokenizer, vectors = vocabulary.build(
        table.text[~table.dev].sample(frac=1, random_state=0).tolist()[: options.rows]
    )
    if soft is not None:
        unlabelled = table.loc[soft.index.difference(rows.index)]
        rows = pd.concat([rows, unlabelled])
    encoded = tokenizer.encode(rows.text.tolist(), head=HEAD, tail=TAIL)
    develop = pd.concat(sources.development_sets(table).values())
    network, embedding = fit_network(tokenizer, vectors, encoded, rows, soft, develop, options.epochs)
    ngrams = fit_ngrams(encoded, rows.polarity.fillna(-1).to_numpy(dtype=np.int64), POLARITY_STARS, strength=6.0)
    state = {name: value.detach().numpy() for name, value in network.state_dict().items() if name != "embedding.weight"}
    freeze(tokenizer, state, embedding, ngrams, develop, options.out)


def teach(table: pd.DataFrame, rows: pd.DataFrame, path: Path, minutes: float) -> pd.DataFrame:
    """Fine-tune the teacher and return its answers, indexed as `table`."""
    from benchmarks.accuracy import teacher as teachers

    teacher = teachers.Teacher(path)
    stars = rows.star.fillna(0).to_numpy(dtype=np.int64)
    teachers.fine_tune(teacher, rows.text.tolist(), stars, rows.polarity.to_numpy(dtype=np.int64), minutes)
    train = table[~table.dev]
    parts = [p.sample(min(len(p), ASKED[str(n)]), random_state=5) for n, p in train.groupby("source") if n in ASKED]
    asked = pd.concat(parts)
    return pd.DataFrame(teachers.answers(teacher, asked.text.tolist()), index=asked.index)


def fit_network(
    tokenizer: Tokenizer,
    vectors: np.ndarray,
    encoded: Encoded,
    rows: pd.DataFrame,
    soft: pd.DataFrame | None,
    develop: pd.DataFrame,
    epochs: int,
) -> tuple[LstmNetwork, np.ndarray]:
    """Fit first under fixed vectors, which finds the projection, then vectors and all; return network and table."""
    train = examples(encoded, rows, soft)
    valid = examples(tokenizer.encode(develop.text.tolist(), head=HEAD, tail=TAIL), develop, None)
    network = LstmNetwork(LstmSettings(2, EMBEDDING, heads=HEADS))
    projected = ProjectedEmbedding(vectors, EMBEDDING)
    network.embedding = projected  # type: ignore[assignment]
    Fitter(network, FitSettings(epochs=3, batch_size=128, learning_rate=2e-3)).fit_loop(
        train, valid, checkpoint=None, report=print
    )
    table = projected.fold()
    used = np.unique(np.concatenate([np.arange(FIRST_PIECE), train.encoded.ids, valid.encoded.ids]))
    state = {name: value for name, value in network.state_dict().items() if not name.startswith("embedding.")}
    network = LstmNetwork(LstmSettings(len(used), EMBEDDING, heads=HEADS, dropout=0.1))
    network.load_state_dict(state | {"embedding.weight": torch.from_numpy(table[used])})
    settings = FitSettings(epochs=epochs, learning_rate=2e-3, embedding_rate=3e-3, dropout=0.1, token_dropout=0.08)
    Fitter(network, settings).fit_loop(compact(train, used), compact(valid, used), checkpoint=None, report=print)
    table[used] = network.embedding.weight.detach().numpy()
    return network, table


def examples(encoded: Encoded, rows: pd.DataFrame, soft: pd.DataFrame | None) -> Examples:
    """Return what is known of the rows, as the fit loop takes it."""
    polarity, stars = rows.polarity.fillna(-1).to_numpy(dtype=np.int64), rows.star.fillna(0).to_numpy(dtype=np.int64)
    weight = rows.source.map(TRUST).fillna(1.0).to_numpy(dtype=np.float32)
    answers = None if soft is None else soft.reindex(rows.index).to_numpy(dtype=np.float32)
    return Examples(network_view(encoded), polarity, stars, weight, answers)


def compact(given: Examples, used: np.ndarray) -> Examples:
    """Renumber subwords so that the table holds those in use only."""
    e = given.encoded
    ids = np.searchsorted(used, e.ids).astype(np.int32)
    return Examples(
        Encoded(ids, e.starts, e.offsets, e.truncated), given.polarity, given.stars, given.weight, given.soft
    )


def freeze(
    tokenizer: Tokenizer,
    state: dict[str, np.ndarray],
    embedding: np.ndarray,
    ngrams: NgramModel,
    develop: pd.DataFrame,
    out: Path,
) -> None:
    """Weigh network and n-grams on the development reviews and write the folder."""
    codes, scale = quantize(embedding)
    hidden, channels = state["lstm.weight_hh_l0"].shape[1], state["conv.weight"].shape[0]
    sizes = LstmSettings(len(codes), codes.shape[1], channels, hidden, HEADS)
    weights = state | {"embedding.int8": codes, "embedding.scale": scale} | dict(ngrams.arrays())
    graph = lstm_graph(state, HEADS, STRIDE)
    encoded = tokenizer.encode(develop.text.tolist(), head=HEAD, tail=TAIL)
    network = OnnxNetwork(graph, codes, scale)
    polarity, stars = develop.polarity.to_numpy(dtype=np.int64), develop.star.to_numpy(dtype=np.float64)
    calibration = fit_mixture(
        network.review_logits(network_view(encoded)), ngrams.logits(encoded), np.diff(encoded.offsets), polarity, stars
    )
    calibration = calibration.with_prior(NEUTRAL_PRIOR)
    parts = Artefact("lstm", asdict(sizes), tokenizer, weights, graph, calibration)
    measured = measure_all(Classifier(parts), develop)
    parts.metrics = {"development": measured, "neutral_prior": calibration.neutral_prior}
    parts.card = default_card(calibration, measured)
    if out.exists():
        shutil.rmtree(out)
    write(parts, out)


if __name__ == "__main__":
    main()
