"""Threads for work that is done outside the interpreter's lock: array operations and sessions of ONNX Runtime.

Each thread takes a share of the texts from beginning to end. Threads that meet after every step wait for each other,
and what is small is not worth a step of its own.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from threading import local
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
R = TypeVar("R")
_MOST = 8  # above it the shares of the interpreter's own work dominate
_SHARE = 1 << 14, 1 << 20  # characters of a share: what is worth a thread, and what keeps memory flat
_here = local()  # `busy` within a piece of work


class Threads:
    """Maps functions over independent pieces of work, in order; the answers do not depend on the number of threads."""

    def __init__(self, number: int = 0) -> None:
        """Use `number` threads; 0 for the environment variable REVIEWLENS_THREADS, else one per core that is ours."""
        chosen = number or int(os.environ.get("REVIEWLENS_THREADS", "0"))
        self.number = chosen or min(_cores(), _MOST)

    def map(self, function: Callable[[T], R], pieces: Sequence[T]) -> list[R]:
        """Return the function's value for each piece, in their order; an error of any piece is raised."""
        if self._free == 1 or len(pieces) < 2:
            return [function(piece) for piece in pieces]
        return list(_pool(os.getpid(), self.number).map(function, pieces))

    def each(self, function: Callable[[T], R], items: Iterable[T]) -> Generator[R]:
        """Yield the function's value for each item, in order, while others are worked on and few wait."""
        if self._free == 1:
            yield from map(function, items)
            return
        pool, waiting = _pool(os.getpid(), self.number), deque[Future[R]]()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > self.number + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for following in waiting:
                following.cancel()

    def shares(self, offsets: NDArray[np.int64]) -> list[tuple[int, int]]:
        """Return ranges of neighboring texts, one per thread or more, each of about as many characters.

        `offsets` is where each text begins, and the end of all. Within a piece of work there is one thread.
        """
        total = int(offsets[-1] - offsets[0])
        threads = min(self._free, max(1, total // _SHARE[0]))
        shares = threads * max(1, -(-total // (threads * _SHARE[1])))  # as many for each thread, and of even size
        return blocks(offsets, max(1, -(-total // shares)))

    def ahead(self, items: Iterator[T]) -> Generator[T]:
        """Yield the items, each made by another thread while the one before is worked with."""
        if self._free == 1:
            yield from items
            return
        nothing = object()
        with ThreadPoolExecutor(1) as pool:
            following = pool.submit(next, items, nothing)
            while (item := following.result()) is not nothing:
                following = pool.submit(next, items, nothing)
                yield item  # type: ignore[misc]

    @property
    def _free(self) -> int:
        return 1 if getattr(_here, "busy", False) else self.number


@cache
def _pool(process: int, number: int) -> ThreadPoolExecutor:
    """Return the threads of a process, kept: new ones begin without memory of their own and with cold caches."""
    return ThreadPoolExecutor(number, thread_name_prefix="reviewlens", initializer=_begin)


def _begin() -> None:
    _here.busy = True


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def blocks(offsets: NDArray[np.int64], size: int) -> list[tuple[int, int]]:
    """Return ranges of neighbors, each of about `size` in all; `offsets` is where each begins, and the end of all.

    Ranges of the size of a core's cache are quicker than one large one, on one thread too.
    """
    if len(offsets) < 2:
        return []
    wanted = np.arange(offsets[0] + size, offsets[-1], size)
    ends = np.minimum(np.searchsorted(offsets, wanted), len(offsets) - 1)
    return list(pairwise(np.unique(np.concatenate([[0], ends, [len(offsets) - 1]])).tolist()))
