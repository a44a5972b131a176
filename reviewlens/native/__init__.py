"""Loops over characters and subwords in C, outside the interpreter's lock.

Each kernel has a twin in NumPy beside the code that calls it, with the same answers: where the extension was not built,
on a machine without a compiler, everything works and takes longer. A kernel takes arrays and numbers, writes into arrays
that the caller made, and never keeps a pointer.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

KERNELS_VERSION = 1  # that of `kernels.h`: what was built from other sources is not called
OFF_VARIABLE = "REVIEWLENS_NO_NATIVE"

_U8, _I32, _U32, _I64, _U64 = np.uint8, np.int32, np.uint32, np.int64, np.uint64
_F32, _F64, _BOOL = np.float32, np.float64, np.bool_
_TAKES: dict[str, tuple[type, ...]] = {
    "find_keys": (_U64, int, _U64, int, _I64),
    "cut_runs": (_U32, int, _BOOL, _I32, _I32, _BOOL, _BOOL, _BOOL, _BOOL, int, int, _I64, _I64, _BOOL, _U64),
    "spread_runs": (_I64, _I64, int, _I64, int, _I64, _I32, int, _I32, _I32, _I64),
    "search_ways": (_U32, _I64, int, _U64, int, _F64, _I32, int, int, _I32, _I64),
    "add_ngrams": (_I32, _I64, int, _I64, int, int, int, _F32, int, _U8, int)
    + (int, _F32, _I64, int, _I64, _F64, _F64),
    "cut_clauses": (_U32, int, _U8, _I64, int, _I64, _I64),
    "find_clauses": (_I64, int, _I32, _I64, _I64, int, _I64),
    "find_words": (_U32, int, _U32, _U8, int, _U8, _U64, int, _I32, _I32, int, _I64),
    "find_leftmost": (_U32, int, _U32, _U8, _U64, int, _I32, _I32, int, _I64),
    "convolve": (_I32, _I64, _I64, _I64, int, _F32, int, int, int, int, _F32, _F32),
    "lay_out_places": (_I64,) * 5 + (int,) * 4 + (_I64, _I64, _I64, _F32, _I64, _I64),
}


def kernel(name: str) -> Callable[..., int] | None:
    """Return a function of the extension, which returns a number, or None where its twin has to do."""
    return _all().get(name)


@cache
def _all() -> dict[str, Callable[..., int]]:
    library = None if os.environ.get(OFF_VARIABLE) else _library()
    if library is None:
        return {}
    found = {}
    for name, takes in _TAKES.items():
        function = getattr(library, name)
        function.restype = ctypes.c_int64
        function.argtypes = [
            ctypes.c_int64 if kind is int else np.ctypeslib.ndpointer(kind, flags="C_CONTIGUOUS") for kind in takes
        ]
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
    return library if version is not None and version() == KERNELS_VERSION else None
