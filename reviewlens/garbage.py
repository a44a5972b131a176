"""Python's search for cyclic garbage, which goes through all that lives whenever many objects were made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unsearched() -> Iterator[None]:
    """Let nothing be searched for cycles within the block; what is in none is freed as ever.

    A batch makes objects by the hundred thousand, hardly any in a cycle: the searches took a sixth of its time. Whoever
    has switched them off finds them so.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
