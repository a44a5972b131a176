"""An engine maps a function over tasks, and knows nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from reviewlens.part import Progress, Receipt, Task

Work = Callable[[Task, Progress | None], Receipt]


class Engine(Protocol):
    """Anything that carries out tasks, in any order, and yields a receipt for each."""

    def map(self, work: Work, tasks: Sequence[Task], progress: Progress) -> Iterator[Receipt]:
        """Yield the receipts of the tasks as they are done; call `progress` with rows done since the last call."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return what the manifest says of the engine."""
        ...
