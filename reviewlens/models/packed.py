"""Scores reviews with the LSTM without padding: their subwords stand end to end, each text in whole groups.

A place is `pooled` neighboring subwords, a group `stride` places. Reviews of about the same length are read together,
`BATCH_ROWS` at a time. Every sum has the order of the text's own subwords, and rows of a matrix product do not see each
other, so a text gets the same answer whatever stands beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewlens.models.laying_out import BATCH_ROWS, Block, Sizes, lay_out
from reviewlens.models.packed_graph import packed_graph, tap_table
from reviewlens.models.runtime import N_STARS, Network, session_of
from reviewlens.native import kernel
from reviewlens.tokenizer import Encoded

BLOCK_ROWS = 16 * BATCH_ROWS  # reviews laid out at once
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class PackedLstm(Network):
    """The network of `LstmNetwork`, frozen."""

    def __init__(
        self, weights: dict[str, NDArray[Any]], heads: int, table: NDArray[np.int8], scale: Floats, sizes: Sizes
    ) -> None:
        self._session: Any = session_of(packed_graph(weights, heads))
        self._sizes, self._heads = sizes, heads
        self._taps = tap_table(weights, table, scale)
        channels, states = weights["conv.weight"].shape[0], 2 * weights["lstm.weight_hh_l0"].shape[1]
        self._widths = channels + heads, states + heads

    def logits(self, encoded: Encoded, clause: Ints, counts: Ints) -> tuple[Floats, Floats]:
        """Return star logits of the reviews, (n, 5), and of their clauses, (sum(counts), 5); see `Network.logits`."""
        reviews = np.zeros((len(counts), N_STARS), np.float32)
        clauses = np.zeros((int(counts.sum()), N_STARS), np.float32)
        begins = np.cumsum(counts) - counts
        order = np.argsort(-self._sizes.groups_of(np.diff(encoded.offsets)), kind="stable")
        for at in range(0, len(order), BLOCK_ROWS):
            rows = order[at : at + BLOCK_ROWS]
            block = lay_out(encoded, clause, counts, rows, self._sizes)
            reviews[rows], found = self._run(encoded.ids, block)
            clauses[np.repeat(begins[rows] - block.clauses[:-1], counts[rows]) + np.arange(len(found))] = found
        return reviews, clauses

    def _run(self, ids: NDArray[np.int32], block: Block) -> tuple[Floats, Floats]:
        """Return the logits of the reviews of a block, and of their clauses."""
        rows, found = len(block.clauses) - 1, []
        for batch in range(len(block.steps)):
            begin, end = batch * BATCH_ROWS, min((batch + 1) * BATCH_ROWS, rows)
            logits = self._batch(ids, block, batch, int(block.clauses[end] - block.clauses[begin]))
            found.append((logits[: end - begin], logits[BATCH_ROWS:-1]))
        return np.concatenate([part[0] for part in found]), np.concatenate([part[1] for part in found])

    def _batch(self, ids: NDArray[np.int32], block: Block, batch: int, n_clauses: int) -> Floats:
        """Return the logits of the sums of a batch: those of its reviews, of its clauses, and of what is not read."""
        own, parts = slice(*block.places[batch : batch + 2]), slice(*block.parts[batch : batch + 2])
        n_sums, steps = BATCH_ROWS + n_clauses + 1, block.steps[batch]
        near, by_step = convolve(ids, self._taps, self._sizes, self._heads, *block.rows_of(batch))
        feed: dict[str, NDArray[Any]] = {f"share.{name}": values[parts] for name, values in block.share.items()}
        feed |= {"near": near, "by_step": by_step, "steps": steps}
        feed |= {"review": block.review[own], "clause": block.clause[own]}
        feed |= {"sums": np.zeros((n_sums, self._widths[0]), np.float32)}
        feed |= {"far.sums": np.zeros((n_sums, self._widths[1]), np.float32)}
        logits: Floats = self._session.run(None, feed)[0]
        return logits


def convolve(
    ids: NDArray[np.int32], taps: Floats, sizes: Sizes, ones: int, starts: Ints, lengths: Ints, groups: Ints
) -> tuple[Floats, Floats]:
    """Return the features of the places of n reviews, (p, c + ones), and the strongest of groups, (steps, batch, c).

    Args:
        ids: Subwords of all texts.
        taps: What a subword adds before, at and after its place, (v, 3, c).
        sizes: Of places and groups.
        ones: How many features are 1, behind the others.
        starts: Where each review begins in `ids`, shape (n,), n at most `BATCH_ROWS`.
        lengths: Subwords of each.
        groups: Groups of each, descending.
    """
    width, total = taps.shape[2], int(groups.sum())
    near = np.empty((total * sizes.stride, width + ones), np.float32)
    by_step = np.zeros((int(groups[0]), BATCH_ROWS, width), np.float32)
    look_up = kernel("convolve")
    if look_up is not None:
        rows = starts, lengths, groups, len(groups)
        if look_up(ids, *rows, taps, width, sizes.pooled, sizes.stride, ones, BATCH_ROWS, near, by_step) == 0:
            return near, by_step
    row = np.repeat(np.arange(len(groups)), groups)
    step = np.arange(total) - np.repeat(np.cumsum(groups) - groups, groups)
    tokens = sizes.pooled * sizes.stride
    nth = (step[:, None] * tokens + np.arange(-1, tokens + 1)).ravel()
    text = np.repeat(row, tokens + 2)
    inside = (nth >= 0) & (nth < lengths[text])
    read = np.zeros(len(nth), np.int32)
    read[inside] = ids[(starts[text] + nth)[inside]]
    by_group = read.reshape(total, tokens + 2)
    three = taps[by_group[:, :-2], 0] + taps[by_group[:, 1:-1], 1] + taps[by_group[:, 2:], 2]
    pooled = np.maximum(three.reshape(-1, sizes.pooled, width).max(axis=1), 0.0)
    near[:, :width], near[:, width:] = pooled, 1.0
    by_step[step, row] = pooled.reshape(total, sizes.stride, width).max(axis=1)
    return near, by_step
