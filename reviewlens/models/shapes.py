"""Whether the arrays of an artefact fit its settings and each other.

Loops in C and look-ups by subword trust them, and the settings are not hashed: a folder that somebody edited must not
end the process or answer from memory that is not its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewlens.errors import ArtefactError
from reviewlens.models import LINEAR
from reviewlens.models.runtime import N_STARS, STRIDE

Arrays = dict[str, NDArray[Any]]
Shape = tuple[int, ...]
_LARGEST = 4096  # of a size; what is larger is a slip or an attack
_DENSE = 64
_MOST_ORDERS = 5  # subwords of an n-gram
_READING = (1, 4)  # numbers that say how n-grams are read; the first formats have the longest alone


def check_shapes(model: str, settings: dict[str, Any], weights: Arrays, vocabulary: int) -> None:
    """Raise `ArtefactError` where the arrays are not those of `model` with its settings.

    Args:
        model: Name of the architecture.
        settings: Its sizes.
        weights: All arrays of the artefact.
        vocabulary: Subwords of its tokenizer.
    """
    expected: dict[str, tuple[str, Shape]] = {}
    if model == "lstm":
        expected |= {name: ("float32", shape) for name, shape in _lstm(settings).items()}
    if model != LINEAR:
        table = np.atleast_1d(weights.get("embedding.int8", np.zeros(0)))
        width = _size(settings, "embedding", table.shape[-1])
        expected |= {"embedding.int8": ("int8", (vocabulary, width))}
        expected |= {"embedding.scale": ("float32", (vocabulary,))}
    names = [name for name in ("ngram", "letters") if f"{name}.weight" in weights]
    if not expected and not names:
        raise _wrong("it has no weights to answer with")
    for name in names:
        expected |= _ngrams(name, weights)
    for name, (kind, shape) in expected.items():
        found = weights.get(name)
        if found is None:
            raise _wrong(f"{name} is missing")
        if found.dtype != np.dtype(kind) or found.shape != shape:
            raise _wrong(f"{name} is {found.dtype} of shape {found.shape} for {kind} of shape {shape}")


def _lstm(settings: dict[str, Any]) -> dict[str, Shape]:
    """Return the shapes of the arrays that `LstmNetwork` has beside its embedding."""
    e, c, h, heads = (_size(settings, name) for name in ("embedding", "channels", "hidden", "heads"))
    pooled, stride = _size(settings, "pooled", 1), _size(settings, "stride", STRIDE)
    if c % heads or 2 * h % heads:
        raise _wrong(f"{heads} heads do not share {c} channels and {2 * h} states")
    if pooled * stride > _LARGEST:
        raise _wrong(f"{pooled} times {stride} subwords are no step of an LSTM")
    shapes: dict[str, Shape] = {"conv.weight": (c, e, 3), "conv.bias": (c,)}
    for way in ("l0", "l0_reverse"):
        shapes |= {f"lstm.weight_ih_{way}": (4 * h, c), f"lstm.weight_hh_{way}": (4 * h, h)}
        shapes |= {f"lstm.bias_ih_{way}": (4 * h,), f"lstm.bias_hh_{way}": (4 * h,)}
    for pool, width in (("pool_near", c), ("pool_far", 2 * h)):
        shapes |= {f"{pool}.score.weight": (heads, width), f"{pool}.score.bias": (heads,)}
    shapes |= {"dense.weight": (_DENSE, c + 2 * h), "dense.bias": (_DENSE,)}
    return shapes | {"out.weight": (N_STARS, _DENSE), "out.bias": (N_STARS,)}


def _ngrams(name: str, weights: Arrays) -> dict[str, tuple[str, Shape]]:
    """Return what the arrays of an `NgramModel` must be; the check bytes and the classes decide."""
    check, bias, reading = (weights.get(f"{name}.{part}", np.zeros(0)) for part in ("check", "bias", "orders"))
    buckets, classes = check.size, bias.size
    if not buckets or buckets & (buckets - 1) or classes < 2:
        raise _wrong(f"{name}: {buckets} buckets and {classes} classes are no n-grams")
    if reading.ndim != 1 or reading.size not in _READING or reading.dtype.kind != "i":
        raise _wrong(f"{name}.orders does not say how n-grams are read")
    longest, shortest = int(reading[0]), int(reading[1]) if reading.size > 1 else 1
    if not 1 <= shortest <= longest <= _MOST_ORDERS:
        raise _wrong(f"{name}: n-grams of {shortest} to {longest} subwords")
    return {
        f"{name}.weight": ("float16", (buckets, classes - 1)),
        f"{name}.importance": ("uint8", (buckets,)),
        f"{name}.check": ("uint8", (buckets,)),
        f"{name}.bias": ("float32", (classes,)),
        f"{name}.stars": ("float32", (classes, N_STARS)),
    }


def _size(settings: dict[str, Any], name: str, usual: int | None = None) -> int:
    value = settings.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _LARGEST:
        raise _wrong(f"{name}={value!r} is no size")
    return value


def _wrong(what: str) -> ArtefactError:
    return ArtefactError(f"the weights do not fit the model: {what}", hint="copy or save the model again")
