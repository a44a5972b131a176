"""From prepared reviews to a fitted network and its ONNX graph; needs torch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from reviewlens.artefact import Artefact, quantize
from reviewlens.budget import parse_budget
from reviewlens.fitting import Examples, FitSettings, Fitter, network_view
from reviewlens.models import NETWORKS
from reviewlens.models.graph import network_graph
from reviewlens.tokenizer import FIRST_PIECE, Encoded

if TYPE_CHECKING:
    from reviewlens.training import Prepared

# Vectors of words that were never trained have far to go.
_NEW_LANGUAGE = FitSettings(learning_rate=2e-3, embedding_rate=5e-3)
_SPACE = {
    "learning_rate": (3e-4, 3e-3),
    "embedding_rate": (1e-4, 3e-3),
    "dropout": (0.1, 0.5),
    "token_dropout": (0.0, 0.2),
}


@dataclass(frozen=True)
class Fitted:
    """A fitted network, ready for an artefact."""

    settings: dict[str, Any]
    weights: dict[str, NDArray[Any]]
    graph: bytes
    logits: NDArray[np.float32]
    """Star logits of all reviews given, shape (n, 5)."""
    history: list[dict[str, float]]


def fit(
    prepared: Prepared,
    model: str,
    *,
    search: int | str | None,
    epochs: int | None,
    target: Path | None,
    seed: int,
    report: Callable[[str], None],
) -> Fitted:
    """Fit one network, or the best of a search."""
    examples, used = _examples(prepared)
    valid = examples.subset(np.flatnonzero(prepared.valid))
    train = examples.subset(np.flatnonzero(~prepared.valid))
    settings = FitSettings() if prepared.start.learned else _NEW_LANGUAGE
    settings = settings if epochs is None else replace(settings, epochs=epochs)
    if search is not None:
        settings = _search(prepared, model, used, train, valid, search, settings, seed, report)
    fitter = Fitter(_build(prepared, model, used, settings, seed), settings, seed)
    seconds = fitter.seconds_per_epoch(train)
    report(
        f"about {seconds * settings.epochs / 60:.1f} minutes for at most {settings.epochs} epochs "
        f"of {len(train)} reviews"
    )
    if target is not None:
        target.mkdir(parents=True, exist_ok=True)
    checkpoint = (
        None if target is None else target / f"checkpoint.{_fit_key(prepared, model, settings, seed)}.safetensors"
    )
    fitter.fit_loop(train, valid, checkpoint=checkpoint, report=report)
    logits = fitter.logits(examples.encoded)
    return _freeze(prepared, model, fitter.network, used, logits, fitter.history)


def _examples(prepared: Prepared) -> tuple[Examples, NDArray[np.int64]]:
    """Encode for the network over the subwords in use only: a small table trains fast, the rest keeps its vectors."""
    view = network_view(prepared.encoded)
    used = np.unique(np.concatenate([np.arange(FIRST_PIECE), view.ids])).astype(np.int64)
    compact = Encoded(np.searchsorted(used, view.ids).astype(np.int32), view.starts, view.offsets, view.truncated)
    labels = prepared.reviews.labels
    stars = np.rint(np.nan_to_num(labels.stars, nan=0.0)).astype(np.int64)
    return Examples(compact, labels.polarity, stars, prepared.weight, prepared.soft), used


def _build(prepared: Prepared, model: str, used: NDArray[np.int64], settings: FitSettings, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    entry = NETWORKS[model]
    module = import_module(entry.module)
    warm = prepared.start.warm
    same = warm is not None and warm.model == model
    sizes = dict(warm.settings) if warm is not None and same else {}
    if warm is not None:
        sizes["embedding"] = warm.weights["embedding.int8"].shape[1]
    sizes |= {"vocab_size": len(used), "dropout": settings.dropout}
    network: nn.Module = getattr(module, entry.network)(getattr(module, entry.settings)(**sizes))
    if warm is not None:
        table = warm.weights["embedding.int8"][used] * warm.weights["embedding.scale"][used][:, None]
        state = network.state_dict() | {"embedding.weight": torch.from_numpy(table.astype(np.float32))}
        if same:
            state |= {name: torch.from_numpy(np.array(warm.weights[name])) for name in state if name in warm.weights}
        network.load_state_dict(state)
    return network


def _search(
    prepared: Prepared,
    model: str,
    used: NDArray[np.int64],
    train: Examples,
    valid: Examples,
    search: int | str,
    settings: FitSettings,
    seed: int,
    report: Callable[[str], None],
) -> FitSettings:
    """Random search (Bergstra and Bengio 2012); the first trial is the default, so that it never ends worse."""
    trials, budget = parse_budget(search)
    generator = np.random.default_rng(seed)
    begin, best, best_loss = time.monotonic(), settings, float("inf")
    for trial in range(trials):
        if trial and time.monotonic() - begin > budget:
            break
        tried = settings if trial == 0 else _draw(generator, settings)
        fitter = Fitter(_build(prepared, model, used, tried, seed), tried, seed)
        fitter.fit_loop(train, valid, checkpoint=None, report=lambda line: None)
        loss = min(row["valid_loss"] for row in fitter.history)
        report(f"trial {trial + 1}: validation loss {loss:.4f} with {asdict(tried)}")
        if loss < best_loss:
            best, best_loss = tried, loss
    return best


def _draw(generator: np.random.Generator, settings: FitSettings) -> FitSettings:
    drawn: dict[str, Any] = {}
    for name, (low, high) in _SPACE.items():
        spread = low > 0 and high / low >= 9  # orders of magnitude are drawn evenly
        value = np.exp(generator.uniform(np.log(low), np.log(high))) if spread else generator.uniform(low, high)
        drawn[name] = float(value)
    return replace(settings, **drawn)


def _fit_key(prepared: Prepared, model: str, settings: FitSettings, seed: int) -> str:
    """Name a checkpoint after what it belongs to, so that other data never resumes it."""
    import hashlib

    digest = hashlib.blake2b(digest_size=8)
    warm = prepared.start.warm
    digest.update(repr((model, settings, seed, warm.fingerprint if warm else "")).encode())
    for array in (prepared.encoded.ids, prepared.encoded.offsets, prepared.reviews.labels.polarity, prepared.valid):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _freeze(
    prepared: Prepared,
    model: str,
    network: nn.Module,
    used: NDArray[np.int64],
    logits: NDArray[np.float32],
    history: list[dict[str, float]],
) -> Fitted:
    state = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
    trained = state.pop("embedding.weight")
    table = _full_table(prepared.start.warm, prepared.start.tokenizer.size, trained, used)
    codes, scale = quantize(table)
    settings = asdict(network.settings) | {"vocab_size": len(table)}
    graph = network_graph(model, state, settings)
    weights: dict[str, NDArray[Any]] = {**state, "embedding.int8": codes, "embedding.scale": scale}
    return Fitted(settings, weights, graph, logits, history)


def leaned(fitted: Fitted, model: str, matrix: NDArray[np.float32]) -> Fitted:
    """Return the network with its star logits multiplied by `matrix`, (5, 5), which its last layer takes in."""
    out = {"out.weight": matrix.T @ fitted.weights["out.weight"], "out.bias": matrix.T @ fitted.weights["out.bias"]}
    weights = fitted.weights | out
    graph = network_graph(model, weights, fitted.settings)
    return replace(fitted, weights=weights, graph=graph, logits=fitted.logits @ matrix)


def _full_table(
    warm: Artefact | None, size: int, trained: NDArray[np.float32], used: NDArray[np.int64]
) -> NDArray[np.float32]:
    table = np.zeros((size, trained.shape[1]), dtype=np.float32)
    if warm is not None:
        table = (warm.weights["embedding.int8"] * warm.weights["embedding.scale"][:, None]).astype(np.float32)
    table[used] = trained
    return table
