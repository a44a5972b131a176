"""Loops over characters and subwords in C, outside the interpreter's lock.

Each kernel has a twin in NumPy beside the code that calls it, with the same answers bit for bit: where the extension
was not built, on a machine without a compiler, everything works and takes longer. A kernel takes arrays and numbers,
writes into arrays that the caller made, and keeps no pointer.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

KERNELS_VERSION = 5  # that of `kernels.h`: what was built from other sources is not called
OFF_VARIABLE = "REVIEWLENS_NO_NATIVE"


class _Array:
    """An array of one kind as an argument; `numpy.ctypeslib.ndpointer` takes far longer."""

    def __init__(self, kind: type[np.generic]) -> None:
        self._dtype = np.dtype(kind)

    def from_param(self, array: NDArray[Any]) -> Any:
        if array.dtype != self._dtype or not array.flags.c_contiguous:
            raise TypeError(f"an array of {array.dtype} where one of {self._dtype}, without gaps, is taken")
        if array.size and array.flags.writeable:
            return ctypes.byref(ctypes.c_char.from_buffer(array.data))  # a third of the time of below
        return ctypes.c_void_p(array.ctypes.data)


_ARRAYS = {
    "b": _Array(np.bool_),
    "B": _Array(np.uint8),
    "i": _Array(np.int32),
    "I": _Array(np.uint32),
    "l": _Array(np.int64),
    "L": _Array(np.uint64),
    "f": _Array(np.float32),
    "d": _Array(np.float64),
}
_TAKES = {  # q for a number, else an array of that kind
    "add_ngrams": "ilqlqqqfqBqqflqldd",
    "convolve": "illlqfqqqqqff",
    "cut_clauses": "IqBlqll",
    "cut_tokens": "IlqIqqIllLlB",
    "cut_runs": "IqbiibbbbqqllbL",
    "find_clauses": "lqillql",
    "find_keys": "LqLql",
    "find_leftmost": "IqBLqiiql",
    "find_signs": "IlqBqB",
    "find_words": "IqBqBLqiiql",
    "lay_out_places": "lllllqqqqlllfll",
    "number_words": "IqBLqiqqilll",
    "pair_words": "iqiqBqLqiqlLiil",
    "search_ways": "IlqLqdiqqil",
    "spread_runs": "llqlqliqiil",
    "weigh_languages": "IlqIqLqldqi",
}


def kernel(name: str) -> Callable[..., int] | None:
    """Return a function of the extension, which returns a number, or None where its twin has to do."""
    return _all().get(name)


def loops() -> str:
    """Return in what the loops of this process are: "C", or "NumPy", with the same answers in more time."""
    return "C" if _all() else "NumPy"


@cache
def _all() -> dict[str, Callable[..., int]]:
    library = None if os.environ.get(OFF_VARIABLE) else _library()
    if library is None:
        return {}
    found = {}
    for name, takes in _TAKES.items():
        function = getattr(library, name)
        function.restype = ctypes.c_int64
        function.argtypes = [ctypes.c_int64 if kind == "q" else _ARRAYS[kind] for kind in takes]
        found[name] = function
    return found


def _library() -> ctypes.CDLL | None:
    spec = find_spec("reviewlens.native._kernels")
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():  # not built, or inside an archive
        return None
    try:
        library = ctypes.CDLL(spec.origin)
    except OSError:  # built for another machine
        return None
    version = getattr(library, "kernels_version", None)
    whole = all(hasattr(library, name) for name in _TAKES)
    return library if whole and version is not None and version() == KERNELS_VERSION else None
