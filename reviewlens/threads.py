"""Threads for work that is done outside the interpreter's lock: array operations and sessions of ONNX Runtime."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
R = TypeVar("R")
_MOST = 8  # above it the shares of the interpreter's own work dominate


class Threads:
    """Maps functions over independent pieces of work, in order; the answers do not depend on the number of threads."""

    def __init__(self, number: int = 0) -> None:
        """Use `number` threads; 0 for the environment variable REVIEWLENS_THREADS, else one per core that is ours."""
        chosen = number or int(os.environ.get("REVIEWLENS_THREADS", "0"))
        self.number = chosen or min(_cores(), _MOST)

    def map(self, function: Callable[[T], R], pieces: Sequence[T]) -> list[R]:
        """Return the function's value for each piece, in their order; an error of any piece is raised."""
        if self.number == 1 or len(pieces) < 2:
            return [function(piece) for piece in pieces]
        with ThreadPoolExecutor(min(self.number, len(pieces))) as pool:
            return list(pool.map(function, pieces))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def blocks(offsets: NDArray[np.int64], size: int) -> list[tuple[int, int]]:
    """Return ranges of neighbors, each of about `size` in all; `offsets` is where each begins, and the end of all.

    Ranges of the size of a core's cache are quicker than one large one, on one thread too.
    """
    if len(offsets) < 2:
        return []
    wanted = np.arange(offsets[0] + size, offsets[-1] + size, size)
    ends = np.minimum(np.searchsorted(offsets, wanted), len(offsets) - 1)
    return list(pairwise(np.unique(np.concatenate([[0], ends, [len(offsets) - 1]])).tolist()))
