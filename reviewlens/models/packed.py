"""Scores reviews with the LSTM without padding: their subwords stand end to end, each text in whole groups.

A place is `pooled` neighboring subwords, a group `STRIDE` places. Reviews of about the same length are read together,
`BATCH_ROWS` at a time. Every sum has the order of the text's own subwords, and rows of a matrix product do not see each
other, so a text gets the same answer whatever stands beside it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens.forms import places
from reviewlens.models.packed_graph import packed_graph, tap_tables
from reviewlens.models.runtime import N_STARS, STRIDE, Network, last_of, places_of, session_of
from reviewlens.tokenizer import Encoded

BATCH_ROWS = 32  # short reviews share what a call costs; the activations of more no longer stay in a core's cache
BLOCK_ROWS = 16 * BATCH_ROWS  # reviews laid out at once
Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]


class Block(NamedTuple):
    """Some reviews end to end, longest first, in batches of `BATCH_ROWS`: all that the batches are slices of.

    Many short calls would take turns at the interpreter's lock, so nothing but slicing is left to a batch.
    """

    clauses: Ints
    """Where the clauses of each review begin among those of all, and the end, shape (n + 1,)."""
    places: list[int]
    """First place of each batch, and the end."""
    ids: dict[str, NDArray[np.int32]]
    """Each subword and those before and after it, shape (p * pooled,) each; 0 beyond the ends of a review."""
    review: Ints
    """The sum that each place belongs to, shape (p, 1): that of its review in the batch, or one that is not read."""
    clause: Ints
    """The same for clauses, whose sums stand behind those of the reviews."""
    steps: NDArray[np.int32]
    """Groups of `STRIDE` places of each review, shape (batches, `BATCH_ROWS`)."""
    groups: NDArray[np.int32]
    """The group of its batch that each review reads at each step, shape (batches, most steps, `BATCH_ROWS`)."""
    parts: list[int]
    """First of the shares below of each batch, and the end."""
    share: dict[str, NDArray[Any]]
    """How much of each group of the LSTM belongs to a review or to a clause: `place`, `weight` and `sum`."""


class PackedLstm(Network):
    """The network of `LstmNetwork`, frozen."""

    def __init__(
        self,
        weights: dict[str, NDArray[Any]],
        heads: int,
        table: NDArray[np.int8],
        scale: NDArray[np.float32],
        pooled: int = 1,
    ) -> None:
        self._session: Any = session_of(packed_graph(weights, heads, STRIDE, pooled))
        self._pooled = pooled
        self._taps = tap_tables(weights, table, scale, heads)
        channels, states = weights["conv.weight"].shape[0], 2 * weights["lstm.weight_hh_l0"].shape[1]
        self._widths = channels + heads, states + heads

    def logits(self, encoded: Encoded, clause: Ints, counts: Ints) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return star logits of the reviews, (n, 5), and of their clauses, (sum(counts), 5); see `Network.logits`."""
        reviews = np.zeros((len(counts), N_STARS), np.float32)
        clauses = np.zeros((int(counts.sum()), N_STARS), np.float32)
        begins = np.cumsum(counts) - counts
        order = np.argsort(-_groups(places_of(np.diff(encoded.offsets), self._pooled)), kind="stable")
        encoded, clause = encoded._replace(ids=np.append(encoded.ids, np.int32(0))), np.append(clause, -1)
        for at in range(0, len(order), BLOCK_ROWS):
            rows = order[at : at + BLOCK_ROWS]
            block = lay_out(encoded, clause, counts, rows, self._pooled)
            reviews[rows], found = self._run(block)
            clauses[np.repeat(begins[rows] - block.clauses[:-1], counts[rows]) + np.arange(len(found))] = found
        return reviews, clauses

    def _run(self, block: Block) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the logits of the reviews of a block, and of their clauses."""
        rows, found = len(block.clauses) - 1, []
        for batch in range(len(block.steps)):
            begin, end = batch * BATCH_ROWS, min((batch + 1) * BATCH_ROWS, rows)
            logits = self._batch(block, batch, int(block.clauses[end] - block.clauses[begin]))
            found.append((logits[: end - begin], logits[BATCH_ROWS:-1]))
        return np.concatenate([part[0] for part in found]), np.concatenate([part[1] for part in found])

    def _batch(self, block: Block, batch: int, n_clauses: int) -> NDArray[np.float32]:
        """Return the logits of the sums of a batch: those of its reviews, of its clauses, and of what is not read."""
        own, parts = slice(*block.places[batch : batch + 2]), slice(*block.parts[batch : batch + 2])
        n_sums = BATCH_ROWS + n_clauses + 1
        steps = block.steps[batch]
        read = slice(own.start * self._pooled, own.stop * self._pooled)
        feed: dict[str, NDArray[Any]] = {f"ids.{name}": ids[read] for name, ids in block.ids.items()}
        feed |= {f"share.{name}": values[parts] for name, values in block.share.items()}
        feed |= {"step.groups": block.groups[batch, : steps[0]], "steps": steps}
        feed |= {"review": block.review[own], "clause": block.clause[own]}
        feed |= {"sums": np.zeros((n_sums, self._widths[0]), np.float32)}
        feed |= {"far.sums": np.zeros((n_sums, self._widths[1]), np.float32)}
        logits: NDArray[np.float32] = self._session.run(None, feed | self._taps)[0]
        return logits


def lay_out(encoded: Encoded, clause: Ints, counts: Ints, rows: Ints, pooled: int) -> Block:
    """Return the reviews `rows` end to end; `clause` and `counts` as `Network.logits` takes them.

    Behind the last subword stands one more, which pads: its id is 0 and its clause -1.
    """
    starts, lengths = encoded.offsets[rows], encoded.offsets[rows + 1] - encoded.offsets[rows]
    in_places = places_of(lengths, pooled)
    groups = _groups(in_places)
    first, clauses = _sums(groups), _sums(counts[rows])
    ids = _neighbors(encoded.ids, starts, lengths, first * (STRIDE * pooled))
    sizes, begins = groups * STRIDE, first[:-1] * STRIDE
    blank = places(begins + in_places, sizes - in_places)
    nth = np.arange(int(first[-1]) * STRIDE) - np.repeat(begins, sizes)
    source = np.repeat(starts, sizes) + last_of(nth, np.repeat(lengths, sizes), pooled)
    source[blank] = len(encoded.ids) - 1
    opens = np.append(np.arange(0, len(rows), BATCH_ROWS), len(rows))  # first review of each batch
    row = np.arange(len(rows))
    batch = row // BATCH_ROWS
    unread = np.repeat((BATCH_ROWS + np.diff(clauses[opens]))[batch], sizes)
    review = np.repeat(row % BATCH_ROWS, sizes)
    review[blank] = unread[blank]
    own = clause.take(source)
    of_clause = np.where(own < 0, unread, own + np.repeat(BATCH_ROWS + clauses[:-1] - clauses[opens[batch]], sizes))
    steps = np.ones((len(opens) - 1) * BATCH_ROWS, np.int32)
    steps[: len(rows)] = groups
    ends = first[opens]
    at = np.full(len(steps), ends[-1])
    at[: len(rows)] = first[:-1] - ends[batch]
    step = np.arange(int(steps[0]))[None, :, None]
    read = np.minimum(step + at.reshape(-1, 1, BATCH_ROWS), (np.diff(ends) - 1)[:, None, None]).astype(np.int32)
    parts, share = _shares(first, in_places, _parts(of_clause, own), len(opens) - 1)
    by_batch = steps.reshape(-1, BATCH_ROWS), read
    return Block(clauses, (ends * STRIDE).tolist(), ids, review[:, None], of_clause[:, None], *by_batch, parts, share)


def _neighbors(ids: Ints32, starts: Ints, lengths: Ints, first: Ints) -> dict[str, Ints32]:
    """Return the subwords of reviews laid out from `first`, and those before and after each of them."""
    begins, sizes = first[:-1], np.diff(first)
    source = np.repeat(starts - begins, sizes) + np.arange(int(first[-1]))
    source[places(begins + lengths, sizes - lengths)] = len(ids) - 1
    padded = np.zeros(len(source) + 2, np.int32)
    np.take(ids, source, out=padded[1:-1])
    before, here, after = padded[:-2].copy(), padded[1:-1], padded[2:].copy()
    before[begins] = 0
    after[first[1:] - 1] = 0
    return {"before": before, "here": here, "after": after}


def _shares(first: Ints, lengths: Ints, of_clauses: Ints, batches: int) -> tuple[list[int], dict[str, NDArray[Any]]]:
    """Return where the shares of each batch begin, and the shares, first those of reviews and then those of clauses."""
    steps = np.diff(first)
    row = np.repeat(np.arange(len(steps)), steps)
    weight = np.full(len(row), STRIDE, np.float32)
    weight[first[1:] - 1] = lengths - (steps - 1) * STRIDE
    owner = np.concatenate([row, row[of_clauses[:, 1]]])
    group = np.concatenate([np.arange(len(row)), of_clauses[:, 1]])
    batch = owner // BATCH_ROWS
    order = np.argsort(batch, kind="stable")
    share = {
        "place": (group - first[owner]) * BATCH_ROWS + owner % BATCH_ROWS,
        "weight": np.concatenate([weight, of_clauses[:, 2].astype(np.float32)])[:, None] / np.float32(STRIDE),
        "sum": np.concatenate([row % BATCH_ROWS, of_clauses[:, 0]])[:, None],
    }
    ends: list[int] = np.searchsorted(batch[order], np.arange(batches + 1)).tolist()
    return ends, {name: values[order] for name, values in share.items()}


def _parts(of_clause: Ints, own: Ints) -> Ints:
    """Return sum, group and number of neighboring places of a clause that have both in common, shape (m, 3)."""
    changes = np.ones(len(own), np.bool_)
    np.not_equal(of_clause[1:], of_clause[:-1], out=changes[1:])
    changes[::STRIDE] = True
    begins = np.flatnonzero(changes)
    parts: Ints = np.stack([of_clause[begins], begins // STRIDE, np.diff(begins, append=len(own))], axis=1)
    return parts[own[begins] >= 0]


def _groups(lengths: Ints) -> Ints:
    """Return the groups of `STRIDE` that texts of so many places take: at least one."""
    groups: Ints = np.maximum(1, -(-lengths // STRIDE))
    return groups


def _sums(counts: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
