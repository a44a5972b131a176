"""A small transformer encoder: two pre-norm layers of self-attention (Vaswani et al. 2017) over subwords.

Attention pools them per review and per clause, as in the LSTM.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reviewlens.models.lstm import AttentionPool
from reviewlens.models.runtime import N_STARS

LONGEST = 256  # subwords that have a position: as many as a network reads of a review


@dataclass(frozen=True)
class TransformerSettings:
    """Sizes of the network."""

    vocab_size: int
    embedding: int = 96
    width: int = 64
    layers: int = 2
    heads: int = 4
    dropout: float = 0.2


class EncoderLayer(nn.Module):
    """Self-attention and a dense layer, each added to what went in."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.join = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, blocked: Tensor) -> Tensor:
        """Encode `x` (b, t, width); `blocked` (b, 1, 1, t) is 0 for subwords and very low for padding."""
        b, t, width = x.shape
        normal = self.norm1(x)
        query, key, value = (
            layer(normal).view(b, t, self.heads, -1).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        weights = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(width / self.heads) + blocked, dim=-1)
        x = x + self.dropout(self.join((weights @ value).transpose(1, 2).reshape(b, t, width)))
        dense: Tensor = self.down(torch.relu(self.up(self.norm2(x))))
        return x + self.dropout(dense)


class TransformerNetwork(nn.Module):
    """Star logits of reviews and of their clauses."""

    def __init__(self, settings: TransformerSettings) -> None:
        super().__init__()
        s = self.settings = settings
        self.embedding = nn.Embedding(s.vocab_size, s.embedding, padding_idx=0)
        self.entry = nn.Linear(s.embedding, s.width)
        self.position = nn.Parameter(torch.randn(LONGEST, s.width) * 0.02)
        self.layers = nn.ModuleList(EncoderLayer(s.width, s.heads, s.dropout) for _ in range(s.layers))
        self.norm = nn.LayerNorm(s.width)
        self.pool = AttentionPool(s.width, s.heads)
        self.dense = nn.Linear(s.width, 64)
        self.out = nn.Linear(64, N_STARS)
        self.dropout = nn.Dropout(s.dropout)

    def forward(self, ids: Tensor, member: Tensor) -> Tensor:
        """Return star logits (b, s, 5) for token `ids` (b, t) and membership (b, s, t); row 0 marks all."""
        blocked = (member[:, 0] - 1.0)[:, None, None] * 1e4
        x = self.entry(self.dropout(self.embedding(ids))) + self.position[: ids.shape[1]]
        for layer in self.layers:
            x = layer(x, blocked)
        pooled = self.pool(self.norm(x), member)
        logits: Tensor = self.out(self.dropout(torch.relu(self.dense(pooled))))
        return logits
