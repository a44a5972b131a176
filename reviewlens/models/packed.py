"""Scores reviews with the LSTM without padding: their subwords stand end to end, each text in whole groups of `STRIDE`.

Reviews of about the same length are read together, `BATCH_ROWS` at a time. Every sum has the order of the text's own
subwords, and rows of a matrix product do not see each other, so a text gets the same answer whatever stands beside it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens.models.packed_graph import packed_graph, tap_tables
from reviewlens.models.runtime import BATCH_ROWS, N_STARS, STRIDE, Network, session_of
from reviewlens.threads import Threads
from reviewlens.tokenizer import Encoded

BLOCK_ROWS = 8 * BATCH_ROWS  # reviews laid out at once
Ints = NDArray[np.int64]


class Block(NamedTuple):
    """Some reviews end to end, longest first."""

    first: Ints
    """Group of `STRIDE` places at which each review begins, and the end of all, shape (n + 1,)."""
    lengths: Ints
    """Subwords of each review, shape (n,)."""
    clauses: Ints
    """Where the clauses of each review begin among those of all, and the end, shape (n + 1,)."""
    ids: dict[str, NDArray[np.int32]]
    """The subwords before, at and after each place, shape (t,) each; 0 beyond the ends of a review."""
    review: Ints
    """The sum that each place belongs to, shape (t, 1): that of its review in the batch, or one that is not read."""
    clause: Ints
    """The same for clauses, whose sums stand behind those of the reviews."""
    shares: NDArray[np.int64]
    """Sum, group and subwords of each part of a clause within a group, shape (m, 3), ascending by group."""


class PackedLstm(Network):
    """The network of `LstmNetwork`, frozen."""

    def __init__(
        self,
        weights: dict[str, NDArray[Any]],
        heads: int,
        table: NDArray[np.int8],
        scale: NDArray[np.float32],
        threads: Threads | None = None,
    ) -> None:
        self._session: Any = session_of(packed_graph(weights, heads, STRIDE))
        self._taps = tap_tables(weights, table, scale, heads)
        channels, states = weights["conv.weight"].shape[0], 2 * weights["lstm.weight_hh_l0"].shape[1]
        self._widths = channels + heads, states + heads
        self._threads = threads or Threads(1)

    def logits(self, encoded: Encoded, clause: Ints, counts: Ints) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return star logits of the reviews, (n, 5), and of their clauses, (sum(counts), 5); see `Network.logits`."""
        reviews = np.zeros((len(counts), N_STARS), np.float32)
        clauses = np.zeros((int(counts.sum()), N_STARS), np.float32)
        begins = np.cumsum(counts) - counts
        order = np.argsort(-_groups(np.diff(encoded.offsets)), kind="stable")

        def run(rows: Ints) -> None:
            block = lay_out(encoded, clause, counts, rows)
            reviews[rows], found = self._run(block)
            clauses[np.repeat(begins[rows] - block.clauses[:-1], counts[rows]) + np.arange(len(found))] = found

        self._threads.map(run, [order[at : at + BLOCK_ROWS] for at in range(0, len(order), BLOCK_ROWS)])
        return reviews, clauses

    def _run(self, block: Block) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        found = [
            self._batch(block, at, min(at + BATCH_ROWS, len(block.lengths)))
            for at in range(0, len(block.lengths), BATCH_ROWS)
        ]
        return np.concatenate([part[0] for part in found]), np.concatenate([part[1] for part in found])

    def _batch(self, block: Block, begin: int, end: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the logits of the reviews begin to end of a block, and of their clauses."""
        first = block.first[begin : end + 1]
        places = slice(int(first[0]) * STRIDE, int(first[-1]) * STRIDE)
        steps = np.ones(BATCH_ROWS, np.int32)
        steps[: end - begin] = np.diff(first)
        last = int(first[-1] - first[0]) - 1
        groups = np.full((int(steps[0]), BATCH_ROWS), last, np.int32)
        groups[:, : end - begin] = np.minimum(np.arange(steps[0])[:, None] + (first[:-1] - first[0]), last)
        n_clauses = int(block.clauses[end] - block.clauses[begin])
        n_sums = BATCH_ROWS + n_clauses + 1
        feed: dict[str, NDArray[Any]] = {f"ids.{name}": ids[places] for name, ids in block.ids.items()} | self._taps
        feed |= {"groups": groups, "steps": steps, "review": block.review[places], "clause": block.clause[places]}
        feed |= self._shares(block, begin, end)
        feed |= {"sums": np.zeros((n_sums, self._widths[0]), np.float32)}
        feed |= {"far.sums": np.zeros((n_sums, self._widths[1]), np.float32)}
        logits = self._session.run(None, feed)[0]
        return logits[: end - begin], logits[BATCH_ROWS : BATCH_ROWS + n_clauses]

    def _shares(self, block: Block, begin: int, end: int) -> dict[str, NDArray[Any]]:
        """Return how much of each group of the LSTM belongs to each review and to each clause."""
        first, lengths = block.first[begin : end + 1], block.lengths[begin:end]
        steps = np.diff(first)
        row = np.repeat(np.arange(end - begin), steps)
        place = np.arange(len(row)) + first[0]
        place = (place - first[row]) * BATCH_ROWS + row
        weight = np.full(len(row), STRIDE, np.float32)
        weight[first[1:] - first[0] - 1] = lengths - (steps - 1) * STRIDE
        parts = block.shares[slice(*np.searchsorted(block.shares[:, 1], [first[0], first[-1]]))]
        owner = row[parts[:, 1] - first[0]]
        return {
            "share.place": np.concatenate([place, (parts[:, 1] - first[owner]) * BATCH_ROWS + owner]),
            "share.weight": np.concatenate([weight, parts[:, 2].astype(np.float32)])[:, None] / np.float32(STRIDE),
            "share.sum": np.concatenate([row, parts[:, 0]])[:, None],
        }


def lay_out(encoded: Encoded, clause: Ints, counts: Ints, rows: Ints) -> Block:
    """Return the reviews `rows` end to end; `clause` and `counts` as `Network.logits` takes them."""
    starts, lengths = encoded.offsets[rows], encoded.offsets[rows + 1] - encoded.offsets[rows]
    first, clauses = _sums(_groups(lengths)), _sums(counts[rows])
    rank = np.repeat(np.arange(len(rows)), lengths)
    nth = np.arange(len(rank)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    place, source = first[rank] * STRIDE + nth, starts[rank] + nth
    padded = np.zeros(int(first[-1]) * STRIDE + 2, np.int32)
    padded[place + 1] = encoded.ids[source]
    before, here, after = padded[:-2].copy(), padded[1:-1], padded[2:].copy()
    before[first[:-1] * STRIDE] = 0
    after[first[1:] * STRIDE - 1] = 0
    batch = np.arange(len(rows)) // BATCH_ROWS * BATCH_ROWS  # first review of the batch of each
    unread = BATCH_ROWS + clauses[np.minimum(batch + BATCH_ROWS, len(rows))] - clauses[batch]
    review = np.repeat(unread, np.diff(first) * STRIDE)
    of_clause = review.copy()
    review[place] = rank % BATCH_ROWS
    inside = np.flatnonzero(clause[source] >= 0)
    owner, place = rank[inside], place[inside]
    of_clause[place] = BATCH_ROWS + clauses[owner] - clauses[batch[owner]] + clause[source[inside]]
    ids = {"before": before, "here": here, "after": after}
    shares = _parts(of_clause[place], place // STRIDE)
    return Block(first, lengths, clauses, ids, review[:, None], of_clause[:, None], shares)


def _parts(of_sum: Ints, group: Ints) -> NDArray[np.int64]:
    """Return sum, group and number of neighboring subwords that have both in common, shape (m, 3)."""
    changes = np.ones(len(group), np.bool_)
    changes[1:] = (of_sum[1:] != of_sum[:-1]) | (group[1:] != group[:-1])
    begins = np.flatnonzero(changes)
    return np.stack([of_sum[begins], group[begins], np.diff(begins, append=len(group))], axis=1)


def _groups(lengths: Ints) -> Ints:
    """Return the groups of `STRIDE` that texts of so many subwords take: at least one."""
    groups: Ints = np.maximum(1, -(-lengths // STRIDE))
    return groups


def _sums(counts: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
