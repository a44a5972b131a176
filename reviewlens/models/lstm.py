"""The default network: convolution over subwords, a bidirectional LSTM over groups of four, attention per clause.

A token's meaning comes from a table of pretrained subword vectors. A width-3 convolution reads phrases ("not good"); of
`pooled` neighbors, a place, the greatest is kept. An LSTM over groups of `stride` places reads the clause around them.
Attention pools both, once over the review and once over each clause with the same weights, so one pass answers for the
review and its clauses although only reviews have labels (multiple-instance learning: Angelidis and Lapata 2018). The
output is a distribution over 1-5 stars.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reviewlens.models.runtime import N_STARS, STRIDE


@dataclass(frozen=True)
class LstmSettings:
    """Sizes of the network."""

    vocab_size: int
    embedding: int = 96
    channels: int = 64
    hidden: int = 48
    heads: int = 4
    dropout: float = 0.2
    pooled: int = 1
    """Neighboring tokens that make a place; 1 in artefacts before format 3, which do not say it."""
    stride: int = STRIDE
    """Places that a step of the LSTM reads; `STRIDE` in artefacts that do not say it."""


class AttentionPool(nn.Module):
    """Softmax attention with several heads, each weighing its own share of the features."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.score = nn.Linear(width, heads)

    def forward(self, features: Tensor, weight: Tensor) -> Tensor:
        """Pool `features` (b, t, width) with membership `weight` (b, s, t) in [0, 1] into (b, s, width)."""
        b, t, width = features.shape
        power = torch.exp(self.score(features).clamp(-10.0, 10.0))
        parts = features.view(b, t, self.heads, width // self.heads) * power.unsqueeze(-1)
        total = weight @ parts.reshape(b, t, width)
        norm = weight @ power + 1e-6
        return (total.view(b, -1, self.heads, width // self.heads) / norm.unsqueeze(-1)).reshape(b, -1, width)


class LstmNetwork(nn.Module):
    """Star logits of reviews and of their clauses."""

    def __init__(self, settings: LstmSettings) -> None:
        super().__init__()
        s = self.settings = settings
        self.embedding = nn.Embedding(s.vocab_size, s.embedding, padding_idx=0)
        self.conv = nn.Conv1d(s.embedding, s.channels, 3, padding=1)
        self.lstm = nn.LSTM(s.channels, s.hidden, batch_first=True, bidirectional=True)
        self.pool_near = AttentionPool(s.channels, s.heads)
        self.pool_far = AttentionPool(2 * s.hidden, s.heads)
        self.dense = nn.Linear(s.channels + 2 * s.hidden, 64)
        self.out = nn.Linear(64, N_STARS)
        self.dropout = nn.Dropout(s.dropout)

    def forward(self, ids: Tensor, member: Tensor) -> Tensor:
        """Return star logits (b, s, 5) for token `ids` (b, t) and membership (b, s, t) in {0, 1}; t is whole groups.

        Row 0 of `member` marks all tokens of the review; the others mark one clause each.
        """
        x = self.dropout(self.embedding(ids))
        near = torch.relu(torch.nn.functional.max_pool1d(self.conv(x.transpose(1, 2)), self.settings.pooled))
        member = self.places(member)
        (b, _, t), stride = member.shape, self.settings.stride
        grouped = torch.nn.functional.max_pool1d(near, stride).transpose(1, 2)
        near = near.transpose(1, 2)
        coarse = member.view(b, -1, t // stride, stride).mean(-1)
        steps = (member[:, 0].sum(1) / stride).ceil().clamp(min=1).long()
        packed = nn.utils.rnn.pack_padded_sequence(grouped, steps.cpu(), batch_first=True, enforce_sorted=False)
        far, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=t // stride)
        pooled = torch.cat([self.pool_near(near, member), self.pool_far(far, coarse)], -1)
        logits: Tensor = self.out(self.dropout(torch.relu(self.dense(self.dropout(pooled)))))
        return logits

    def places(self, member: Tensor) -> Tensor:
        """Return the membership of places, (b, s, t / pooled): that of the last token that the review has in them."""
        pooled = self.settings.pooled
        found = member[..., pooled - 1 :: pooled]
        for nth in range(pooled - 2, -1, -1):
            found = torch.where(member[:, :1, nth + 1 :: pooled] > 0, found, member[..., nth::pooled])
        return found
