"""The fit loop of the networks, in named steps; needs torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention

from reviewlens.models.runtime import NETWORK_HEAD, NETWORK_TAIL, TOKEN_WIDTHS
from reviewlens.tokenizer import Encoded

_POOL = 32  # batches that are sorted by length together


@dataclass(frozen=True)
class FitSettings:
    """How a network is fitted."""

    epochs: int = 8
    patience: int = 2
    batch_size: int = 64
    learning_rate: float = 1e-3
    embedding_rate: float = 1e-3
    weight_decay: float = 0.01
    dropout: float = 0.3
    token_dropout: float = 0.1
    soft_share: float = 0.7
    """Weight of a teacher's answer where a review has both an answer and a label."""


@dataclass(frozen=True)
class Examples:
    """Encoded reviews with what is known of them; all arrays have n rows."""

    encoded: Encoded
    polarity: NDArray[np.int64]
    """0, 1, 2, or -1."""
    stars: NDArray[np.int64]
    """1 to 5, or 0."""
    weight: NDArray[np.float32]
    soft: NDArray[np.float32] | None = None
    """A teacher's probabilities of 1-5 stars, NaN where it was not asked, shape (n, 5)."""

    def __len__(self) -> int:
        return len(self.polarity)

    def subset(self, rows: NDArray[np.int64]) -> Examples:
        """Return some of the examples; `rows` are positions."""
        soft = None if self.soft is None else self.soft[rows]
        return Examples(self.encoded.take(rows), self.polarity[rows], self.stars[rows], self.weight[rows], soft)


@dataclass
class Fitter:
    """Fits one network; `history` holds one row per epoch."""

    network: nn.Module
    settings: FitSettings
    seed: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network.to(self.device)
        table = [p for name, p in self.network.named_parameters() if name == "embedding.weight"]
        rest = [p for name, p in self.network.named_parameters() if name != "embedding.weight"]
        s = self.settings
        self.optimizer = torch.optim.AdamW(
            [
                {"params": rest, "lr": s.learning_rate, "weight_decay": s.weight_decay},
                {"params": table, "lr": s.embedding_rate, "weight_decay": 0.0},
            ],
            betas=(0.9, 0.98),
        )
        self._rates = [group["lr"] for group in self.optimizer.param_groups]
        self._best: dict[str, Tensor] = {}
        self._best_loss = float("inf")
        self._stale = 0

    def fit_loop(
        self, train: Examples, valid: Examples, *, checkpoint: Path | None, report: Callable[[str], None]
    ) -> None:
        """Fit until the validation loss stops falling, and keep the best weights."""
        total = self.settings.epochs
        if checkpoint is not None and checkpoint.exists():
            self.load_checkpoint(checkpoint)
            report(f"resuming after epoch {len(self.history)}")
        while len(self.history) < total and self._stale < self.settings.patience:
            row = self.run_epoch(train, valid, epoch=len(self.history), total=total)
            self.history.append(row)
            shown = " ".join(f"{name} {value:.4g}" for name, value in row.items())
            report(f"epoch {len(self.history)}/{total}: {shown}")
            if checkpoint is not None:
                self.save_checkpoint(checkpoint)
        self.network.load_state_dict(self._best)

    def run_epoch(self, train: Examples, valid: Examples, *, epoch: int, total: int) -> dict[str, float]:
        """Run one pass over the training examples and validate."""
        begin = time.perf_counter()
        losses = []
        chunks = list(self.batches(train, seed=self.seed + 1000 * epoch))
        for step, rows in enumerate(chunks):
            self.set_rate((epoch + step / len(chunks)) / total, warm=epoch == 0 and step < 50, step=step)
            losses.append(self.train_step(train, rows))
        loss, right = self.validation_step(valid)
        if loss < self._best_loss:
            self._best_loss, self._stale = loss, 0
            self._best = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        else:
            self._stale += 1
        seconds = time.perf_counter() - begin
        return {"loss": float(np.mean(losses)), "valid_loss": loss, "valid_accuracy": right, "seconds": seconds}

    def set_rate(self, progress: float, *, warm: bool, step: int) -> None:
        """Let the learning rate rise for 50 steps, then fall linearly to a fiftieth."""
        factor = (step + 1) / 50 if warm else max(0.02, 1.0 - progress)
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor

    def train_step(self, examples: Examples, rows: NDArray[np.int64]) -> float:
        """Take one step on the examples at `rows` and return the loss."""
        self.network.train()
        ids, mask = self.pad(examples.encoded, rows)
        if self.settings.token_dropout:
            ids = ids * (torch.rand(ids.shape, device=ids.device) >= self.settings.token_dropout)
        loss = self.loss(self.network(ids, mask)[:, 0], examples, rows)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        return float(loss.detach())

    def validation_step(self, examples: Examples) -> tuple[float, float]:
        """Return the loss and the share of right polarities on `examples`."""
        logits = torch.from_numpy(self.logits(examples.encoded))
        loss = float(self.loss(logits.to(self.device), examples, np.arange(len(examples))))
        proba = torch.softmax(logits, 1).numpy()
        three = np.stack([proba[:, :2].sum(1), proba[:, 2], proba[:, 3:].sum(1)], axis=1)
        known = examples.polarity >= 0
        classes = sorted(set(examples.polarity[known].tolist()))
        guess = np.array(classes)[three[known][:, classes].argmax(1)]
        return loss, float(np.mean(guess == examples.polarity[known]))

    def loss(self, logits: Tensor, examples: Examples, rows: NDArray[np.int64]) -> Tensor:
        """Return the weighted mean loss: stars where they are known, else polarity, and the teacher's answer."""
        log = F.log_softmax(logits, dim=1)
        three = torch.stack([log[:, :2].logsumexp(1), log[:, 2], log[:, 3:].logsumexp(1)], dim=1)
        stars = torch.from_numpy(examples.stars[rows]).to(logits.device)
        polarity = torch.from_numpy(examples.polarity[rows]).to(logits.device)
        by_star = F.nll_loss(log, (stars - 1).clamp(min=0), reduction="none")
        by_polarity = F.nll_loss(three, polarity.clamp(min=0), reduction="none")
        hard = torch.where(stars > 0, by_star, by_polarity)
        has_label = (polarity >= 0).float()
        weight = torch.from_numpy(examples.weight[rows]).to(logits.device)
        if examples.soft is None:
            return (hard * has_label * weight).sum() / weight.sum().clamp(min=1e-6)
        answer = torch.from_numpy(examples.soft[rows]).to(logits.device)
        asked = (~answer.isnan().any(dim=1)).float()
        by_teacher = -(torch.nan_to_num(answer) * log).sum(1)
        share = self.settings.soft_share * asked * has_label + asked * (1 - has_label)
        total = hard * has_label * (1 - share) + by_teacher * share
        return (total * weight).sum() / weight.sum().clamp(min=1e-6)

    def logits(self, encoded: Encoded) -> NDArray[np.float32]:
        """Return star logits, shape (n, 5)."""
        self.network.eval()
        n = len(encoded.offsets) - 1
        out = np.zeros((n, 5), dtype=np.float32)
        order = np.argsort(np.diff(encoded.offsets), kind="stable")
        with torch.no_grad():
            for at in range(0, n, 256):
                rows = order[at : at + 256]
                out[rows] = self.network(*self.pad(encoded, rows))[:, 0].cpu().numpy()
        return out

    def pad(self, encoded: Encoded, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return subword ids (b, t) and their mask (b, 1, t)."""
        lengths = np.diff(encoded.offsets)[rows]
        width = int(TOKEN_WIDTHS[np.searchsorted(TOKEN_WIDTHS, max(1, lengths.max(initial=1)))])
        real = np.arange(width) < lengths[:, None]
        ids = np.zeros((len(rows), width), dtype=np.int64)
        ids[real] = encoded.ids[(encoded.offsets[rows][:, None] + np.arange(width))[real]]
        mask = real.astype(np.float32)[:, None]
        return torch.from_numpy(ids).to(self.device), torch.from_numpy(mask).to(self.device)

    def batches(self, examples: Examples, *, seed: int) -> Iterator[NDArray[np.int64]]:
        """Yield rows of similar length, in an order that the seed decides."""
        generator = np.random.default_rng(seed)
        order = generator.permutation(len(examples))
        lengths = np.diff(examples.encoded.offsets)
        size = self.settings.batch_size
        found = []
        for at in range(0, len(order), size * _POOL):
            pool = order[at : at + size * _POOL]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            found += [pool[i : i + size] for i in range(0, len(pool), size)]
        for position in generator.permutation(len(found)):
            yield found[position]

    def seconds_per_epoch(self, examples: Examples, *, tries: int = 12) -> float:
        """Time a few steps and say how long an epoch will about take; the weights are put back."""
        kept = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        state = self.optimizer.state_dict()
        chunks = list(self.batches(examples, seed=self.seed))
        spent = []
        for rows in chunks[: tries + 2]:
            begin = time.perf_counter()
            self.train_step(examples, rows)
            spent.append(time.perf_counter() - begin)
        self.network.load_state_dict(kept)
        self.optimizer.load_state_dict(state)
        return float(np.median(spent[2:] or spent)) * len(chunks)  # the first steps allocate

    def save_checkpoint(self, path: Path) -> None:
        """Keep all that is needed to go on after a kill, in one file that appears whole."""
        from safetensors.torch import save

        tensors = {f"network.{k}": v.contiguous() for k, v in self.network.state_dict().items()}
        tensors |= {f"best.{k}": v.contiguous() for k, v in self._best.items()}
        state: dict[str, Any] = self.optimizer.state_dict()["state"]
        tensors |= {f"moment.{i}.{k}": v.clone() for i, moments in state.items() for k, v in moments.items()}
        columns = sorted(self.history[0]) if self.history else []
        rows = [[row[name] for name in columns] for row in self.history]
        tensors["history"] = torch.tensor(rows, dtype=torch.float64)
        tensors["random"] = torch.get_rng_state()
        meta = {"columns": ",".join(columns), "best_loss": repr(self._best_loss), "stale": str(self._stale)}
        partial = path.with_suffix(".partial")
        partial.write_bytes(save(tensors, metadata=meta))  # `save_file` leaves a file of another name after a kill
        partial.replace(path)

    def load_checkpoint(self, path: Path) -> None:
        """Go on where `save_checkpoint` stopped."""
        from safetensors import safe_open

        with safe_open(path, framework="pt") as opened:
            meta = opened.metadata()
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no mapping
        self.network.load_state_dict(_below(tensors, "network."))
        self._best = _below(tensors, "best.")
        state = self.optimizer.state_dict()
        for name, value in _below(tensors, "moment.").items():
            index, moment = name.split(".")
            state["state"].setdefault(int(index), {})[moment] = value
        self.optimizer.load_state_dict(state)
        columns = meta["columns"].split(",")
        self.history = [dict(zip(columns, row, strict=True)) for row in tensors["history"].tolist()]
        self._best_loss, self._stale = float(meta["best_loss"]), int(meta["stale"])
        torch.set_rng_state(tensors["random"])


def network_view(encoded: Encoded) -> Encoded:
    """Return what a network reads of encoded texts."""
    return encoded.clip(NETWORK_HEAD, NETWORK_TAIL)


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
