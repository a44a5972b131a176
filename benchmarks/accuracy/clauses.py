"""What an elder model says of clauses, for a network to learn where they stand in their review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own convention

from reviewlens.classifier import Classifier
from reviewlens.fitting import Examples, Fitter, network_view
from reviewlens.models.mixture import clause_of
from reviewlens.text import segments

SHARE = 0.5  # weight of the clauses beside the review
_CLAUSES = 3  # drawn of each review in each step
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Clauses:
    """The clauses of n texts and what is said of them."""

    place: NDArray[np.int16]
    """Of each subword that the network reads, which clause of its text it belongs to; -1: none."""
    first: NDArray[np.int64]
    """Where the clauses of each text begin among those of all, and the end, shape (n + 1,)."""
    proba: NDArray[np.float16]
    """Probabilities of 1-5 stars of all clauses, shape (m, 5)."""


def ask(texts: Sequence[str], elder: Classifier) -> Clauses:
    """Return the clauses of texts, and what a model says of each in its text."""
    places, counts, proba = [], [], []
    for at in range(0, len(texts), _AT_ONCE):
        part = texts[at : at + _AT_ONCE]
        owner, bounds = segments(part)
        owner, bounds = owner.astype(np.int64), bounds.astype(np.int64)
        encoded = elder._encode(part)
        near = network_view(encoded)
        clause, count = clause_of(near, owner, bounds), np.bincount(owner, minlength=len(part))
        first = np.repeat(np.cumsum(count) - count, np.diff(near.offsets))
        places.append(np.where(clause >= 0, clause - first, -1).astype(np.int16))
        counts.append(count)
        logits = elder._model.segment_logits(encoded, owner, bounds)[1]
        proba.append(elder.calibration.star_proba(logits).astype(np.float16))
    ends = np.cumsum(np.concatenate(counts))
    return Clauses(np.concatenate(places), np.concatenate([[0], ends]), np.concatenate(proba))


class ClauseFitter(Fitter):
    """Learns some clauses of each review beside it."""

    clauses: Clauses

    def step_loss(self, ids: Tensor, mask: Tensor, examples: Examples, rows: NDArray[np.int64]) -> Tensor:
        """Return the loss of the reviews, and for `SHARE` that of the clauses drawn."""
        member, target, drawn = self._draw(examples, rows, mask.shape[2])
        logits = self.network(ids, torch.cat([mask, member.to(mask.device)], 1))
        by_clause = -(target.to(mask.device) * F.log_softmax(logits[:, 1:], dim=2)).sum(2) * drawn.to(mask.device)
        loss: Tensor = self.loss(logits[:, 0], examples, rows) + SHARE * by_clause.sum() / drawn.sum().clamp(min=1.0)
        return loss

    def _draw(self, examples: Examples, rows: NDArray[np.int64], width: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return membership (b, k, t), answers (b, k, 5), and which of the k clauses there are (b, k)."""
        known, offsets = self.clauses, examples.encoded.offsets
        member = np.zeros((len(rows), _CLAUSES, width), np.float32)
        target = np.zeros((len(rows), _CLAUSES, 5), np.float32)
        drawn = np.zeros((len(rows), _CLAUSES), np.float32)
        generator = np.random.default_rng(int(torch.randint(1 << 31, ())))  # its state is kept with a checkpoint
        for i, row in enumerate(rows):
            place = known.place[offsets[row] : offsets[row + 1]]
            if known.first[row + 1] - known.first[row] < 2 or place.max(initial=-1) < 0:
                continue
            read = int(place.max()) + 1
            for k, clause in enumerate(generator.choice(read, min(_CLAUSES, read), replace=False)):
                member[i, k, : len(place)] = place == clause
                target[i, k] = known.proba[known.first[row] + clause]
                drawn[i, k] = member[i, k].any()
        return torch.from_numpy(member), torch.from_numpy(target), torch.from_numpy(drawn)
