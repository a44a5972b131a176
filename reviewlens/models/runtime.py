"""Scores encoded texts with a frozen network in ONNX Runtime.

Every batch has the same number of rows, and every row the width of its own bucket, so a text meets the same shapes,
hence the same sums, whatever stands beside it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewlens.tokenizer import Encoded, Source

TOKEN_WIDTHS = np.array([16, 32, 48, 64, 96, 128, 192, 256])
CLAUSE_WIDTHS = np.array([1, 4, 8, 16, 32, 64, 128])
MOST_CLAUSES = int(CLAUSE_WIDTHS[-1])
BATCH_ROWS = 16  # activations stay in a core's cache
STRIDE = 4  # places that a step of an LSTM reads, where its settings do not say it
N_STARS = 5
NETWORK_HEAD, NETWORK_TAIL = 160, 95  # subwords that a network reads of a long review; the n-grams read all


class Network(ABC):
    """A frozen network that reads reviews and their clauses in one pass."""

    head, tail = NETWORK_HEAD, NETWORK_TAIL
    """Subwords of the beginning and of the end of a long review that it reads."""

    def ends_of(self, encoded: Encoded) -> tuple[Encoded, Source]:
        """Return what it reads of long reviews, and where each subword of that stands in `encoded`."""
        return encoded.clipped(self.head, self.tail)

    def review_logits(self, encoded: Encoded) -> NDArray[np.float32]:
        """Return star logits of shape (n, 5)."""
        nothing = np.full(len(encoded.ids), -1, dtype=np.int64)
        return self.logits(encoded, nothing, np.zeros(len(encoded.offsets) - 1, dtype=np.int64))[0]

    @abstractmethod
    def logits(
        self, encoded: Encoded, clause: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return star logits of the reviews, (n, 5), and of their clauses, (sum(counts), 5).

        `clause[t]` is the place among the clauses of its own review that token t belongs to, -1 for none; `counts[i]`
        is how many clauses review i has. A clause without tokens gets logits that mean nothing.
        """


def places_of(lengths: NDArray[np.int64], pooled: int) -> NDArray[np.int64]:
    """Return how many places texts of so many subwords have, the last one perhaps not full."""
    return -(-lengths // pooled)


def last_of(nth: NDArray[np.int64], lengths: NDArray[np.int64], pooled: int) -> NDArray[np.int64]:
    """Return the last subword of the n-th place of a text, which tells the clause that the place belongs to."""
    return np.minimum(nth * pooled + (pooled - 1), lengths - 1)


def session_of(graph: bytes) -> Any:
    """Return a session of ONNX Runtime that uses the thread that asks."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # shares of the reviews run side by side instead
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


class OnnxNetwork(Network):
    """Any graph with the inputs of `reviewlens.models.graph.signature`, and its eight-bit embeddings."""

    def __init__(
        self,
        graph: bytes,
        table: NDArray[np.int8],
        scale: NDArray[np.float32],
        *,
        positions: int | None = None,
        pooled: int = 1,
        stride: int = STRIDE,
    ) -> None:
        """Build it; `positions` is how many subwords have one, where the network counts them."""
        self._pooled, self._stride = pooled, stride
        if positions is not None and positions <= NETWORK_HEAD + NETWORK_TAIL:
            self.head, self.tail = 5 * positions // 8, 3 * positions // 8 - 1
        self._session = session_of(graph)
        self._takes_steps = any(value.name == "steps" for value in self._session.get_inputs())
        self._tables: dict[str, NDArray[Any]] = {"table": table, "scale": scale.reshape(-1, 1)}

    def logits(
        self, encoded: Encoded, clause: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return star logits of the reviews, (n, 5), and of their clauses, (sum(counts), 5); see `Network.logits`."""
        lengths = np.diff(encoded.offsets)
        width = TOKEN_WIDTHS[np.searchsorted(TOKEN_WIDTHS, lengths)]
        held = np.minimum(counts, MOST_CLAUSES)
        slots = CLAUSE_WIDTHS[np.searchsorted(CLAUSE_WIDTHS, held)]
        reviews = np.zeros((len(lengths), N_STARS), dtype=np.float32)
        clauses = np.zeros((int(counts.sum()), N_STARS), dtype=np.float32)
        first = np.concatenate([[0], np.cumsum(counts)])
        shape = width * 1000 + slots
        order = np.argsort(shape, kind="stable")
        bounds = [0, *(np.flatnonzero(np.diff(shape[order])) + 1).tolist(), len(order)]
        groups = [
            order[at : min(at + BATCH_ROWS, end)] for b, end in pairwise(bounds) for at in range(b, end, BATCH_ROWS)
        ]
        for rows in groups:
            slot = np.arange(int(slots[rows[0]]))
            reviews[rows], of_clauses = self._run(encoded, clause, rows, int(width[rows[0]]), len(slot))
            own = slot < held[rows][:, None]
            clauses[(first[rows][:, None] + slot)[own]] = of_clauses[own]
        return reviews, clauses

    def _run(
        self, encoded: Encoded, clause: NDArray[np.int64], rows: NDArray[np.int64], width: int, slots: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        starts, lengths = encoded.offsets[rows], np.diff(encoded.offsets)[rows]
        column = np.arange(width)
        real = column < lengths[:, None]
        source = (starts[:, None] + column)[real]
        ids = np.zeros((BATCH_ROWS, width), dtype=np.int32)
        ids[: len(rows)][real] = encoded.ids[source]
        in_places = places_of(lengths, self._pooled)
        mask = np.zeros((BATCH_ROWS, 1, width // self._pooled), dtype=np.float32)
        mask[: len(rows), 0] = np.arange(mask.shape[2]) < in_places[:, None]
        member = np.zeros((BATCH_ROWS, slots, mask.shape[2]), dtype=np.float32)
        row, place = np.nonzero(mask[: len(rows), 0])
        owner = clause[starts[row] + last_of(place, lengths[row], self._pooled)]
        inside = owner >= 0
        member[row[inside], owner[inside], place[inside]] = 1.0
        steps = np.ones(BATCH_ROWS, dtype=np.int32)
        steps[: len(rows)] = np.maximum(1, -(-in_places // self._stride))
        feed = {"ids": ids, "mask": mask, "member": member}
        if self._takes_steps:
            feed["steps"] = steps
        logits, clause_logits = self._session.run(None, feed | self._tables)
        return logits[: len(rows), 0], clause_logits[: len(rows)]
