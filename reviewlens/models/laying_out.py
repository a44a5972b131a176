"""Lays reviews out for the packed network: which sums each place and each group belongs to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens.forms import places
from reviewlens.models.runtime import last_of, places_of
from reviewlens.native import kernel
from reviewlens.tokenizer import Encoded

BATCH_ROWS = 32  # short reviews share what a call costs; the activations of more no longer stay in a core's cache
Ints = NDArray[np.int64]


class Sizes(NamedTuple):
    """How many neighbors are read as one."""

    pooled: int
    """Subwords of a place."""
    stride: int
    """Places of a group."""

    def groups_of(self, subwords: Ints) -> Ints:
        """Return the groups that texts of so many subwords take: at least one."""
        groups: Ints = np.maximum(1, -(-subwords // (self.pooled * self.stride)))
        return groups


class Block(NamedTuple):
    """Some reviews end to end, longest first, in batches of `BATCH_ROWS`: all that the batches are slices of.

    Many short calls would take turns at the interpreter's lock, so nothing but slicing is left to a batch.
    """

    rows: tuple[Ints, Ints, Ints]
    """Where each review begins, its subwords, and its groups, shape (n,) each."""
    clauses: Ints
    """Where the clauses of each review begin among those of all, and the end, shape (n + 1,)."""
    places: list[int]
    """First place of each batch, and the end."""
    review: Ints
    """The sum that each place belongs to, shape (p, 1): that of its review in the batch, or one that is not read."""
    clause: Ints
    """The same for clauses, whose sums stand behind those of the reviews."""
    steps: NDArray[np.int32]
    """Groups of each review, shape (batches, `BATCH_ROWS`)."""
    parts: list[int]
    """First of the shares below of each batch, and the end."""
    share: dict[str, NDArray[Any]]
    """How much of each group of the LSTM belongs to a review or to a clause: `place`, `weight` and `sum`."""

    def rows_of(self, batch: int) -> list[Ints]:
        """Return where the reviews of a batch begin, their subwords and groups."""
        return [values[batch * BATCH_ROWS : (batch + 1) * BATCH_ROWS] for values in self.rows]


class _Laid(NamedTuple):
    review: Ints
    clause: Ints
    place: Ints
    weight: NDArray[np.float32]
    sum: Ints
    parts: Ints


def lay_out(encoded: Encoded, clause: Ints, counts: Ints, rows: Ints, sizes: Sizes) -> Block:
    """Return the reviews `rows` end to end; `clause` and `counts` as `Network.logits` takes them."""
    starts, lengths = encoded.offsets[rows], encoded.offsets[rows + 1] - encoded.offsets[rows]
    groups, first = sizes.groups_of(lengths), _sums(counts[rows])
    opens = np.append(np.arange(0, len(rows), BATCH_ROWS), len(rows))  # first review of each batch
    steps = np.ones((len(opens) - 1) * BATCH_ROWS, np.int32)
    steps[: len(rows)] = groups
    lay = kernel("lay_out_places")
    if lay is not None:
        laid = _nothing(int(groups.sum()) * sizes.stride, int(groups.sum()), len(opens))
        reviews = starts, lengths, groups, first, len(rows)
        shares = lay(clause, *reviews, *sizes, BATCH_ROWS, *laid)
        laid = laid._replace(**{name: getattr(laid, name)[:shares] for name in ("place", "weight", "sum")})
    else:
        laid = _as_arrays(clause, starts, lengths, groups, first, sizes)
    share: dict[str, NDArray[Any]] = {"place": laid.place, "weight": laid.weight[:, None], "sum": laid.sum[:, None]}
    ends = _sums(groups)[opens] * sizes.stride
    by_batch = laid.review[:, None], laid.clause[:, None], steps.reshape(-1, BATCH_ROWS)
    return Block((starts, lengths, groups), first, ends.tolist(), *by_batch, laid.parts.tolist(), share)


def _nothing(n_places: int, n_groups: int, n_parts: int) -> _Laid:
    most = n_groups + n_places  # shares
    ends = np.empty(n_places, np.int64), np.empty(n_places, np.int64), np.empty(most, np.int64)
    return _Laid(*ends, np.empty(most, np.float32), np.empty(most, np.int64), np.empty(n_parts, np.int64))


def _as_arrays(clause: Ints, starts: Ints, lengths: Ints, groups: Ints, clauses: Ints, sizes: Sizes) -> _Laid:
    stride, in_places, first = sizes.stride, places_of(lengths, sizes.pooled), _sums(groups)
    per_row, begins = groups * stride, first[:-1] * stride
    blank = places(begins + in_places, per_row - in_places)
    nth = np.arange(int(first[-1]) * stride) - np.repeat(begins, per_row)
    source = np.repeat(starts, per_row) + last_of(nth, np.repeat(lengths, per_row), sizes.pooled)
    source[blank] = len(clause)
    opens = np.append(np.arange(0, len(starts), BATCH_ROWS), len(starts))
    row = np.arange(len(starts))
    batch = row // BATCH_ROWS
    unread = np.repeat((BATCH_ROWS + np.diff(clauses[opens]))[batch], per_row)
    review = np.repeat(row % BATCH_ROWS, per_row)
    review[blank] = unread[blank]
    own = np.append(clause, -1).take(source)
    of_clause = np.where(own < 0, unread, own + np.repeat(BATCH_ROWS + clauses[:-1] - clauses[opens[batch]], per_row))
    found = _parts(of_clause, own, stride)
    group_row = np.repeat(row, groups)
    weight = np.full(len(group_row), stride)
    weight[first[1:] - 1] = in_places - (groups - 1) * stride
    owner = np.concatenate([group_row, group_row[found[:, 1]]])
    group = np.concatenate([np.arange(len(group_row)), found[:, 1]])
    by_batch = owner // BATCH_ROWS
    order = np.argsort(by_batch, kind="stable")
    place = (group - first[owner]) * BATCH_ROWS + owner % BATCH_ROWS
    share = np.concatenate([weight, found[:, 2]]).astype(np.float32) / np.float32(stride)
    of_sum = np.concatenate([group_row % BATCH_ROWS, found[:, 0]])
    parts = np.searchsorted(by_batch[order], np.arange(len(opens)))
    return _Laid(review, of_clause, place[order], share[order], of_sum[order], parts)


def _parts(of_clause: Ints, own: Ints, stride: int) -> Ints:
    """Return sum, group and number of neighboring places of a clause that have both in common, shape (m, 3)."""
    changes = np.ones(len(own), np.bool_)
    np.not_equal(of_clause[1:], of_clause[:-1], out=changes[1:])
    changes[::stride] = True
    begins = np.flatnonzero(changes)
    parts: Ints = np.stack([of_clause[begins], begins // stride, np.diff(begins, append=len(own))], axis=1)
    return parts[own[begins] >= 0]


def _sums(counts: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
