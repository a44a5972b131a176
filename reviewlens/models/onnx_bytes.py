"""Writes an ONNX model as bytes: the few messages of its Protocol Buffers format that our graphs need.

So a graph can be made when a model is loaded, without the package `onnx`. Field numbers are those of `onnx.proto3`
(ONNX 1.12, IR version 8).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT, INT8, INT32, INT64 = 1, 3, 6, 7
_KINDS = {"float32": FLOAT, "int8": INT8, "int32": INT32, "int64": INT64}
_IR_VERSION = 8


def _varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, value: int | float | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    raw = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(raw)) + raw


def _fields(number: int, values: Iterable[int | float | str | bytes]) -> bytes:
    return b"".join(_field(number, value) for value in values)


def tensor(name: str, value: NDArray[Any]) -> bytes:
    """Return a TensorProto."""
    raw = np.ascontiguousarray(value)
    return (
        _fields(1, raw.shape)
        + _field(2, _KINDS[raw.dtype.name])
        + _field(8, name)
        + _field(9, raw.astype(raw.dtype.newbyteorder("<")).tobytes())
    )


def node(op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> bytes:
    """Return a NodeProto; attributes are numbers, strings or lists of whole numbers."""
    found = [_attribute(name, value) for name, value in attributes.items()]
    return _fields(1, inputs) + _fields(2, outputs) + _field(4, op) + _fields(5, found)


def _attribute(name: str, value: Any) -> bytes:
    if isinstance(value, list):
        return _field(1, name) + _fields(8, value) + _field(20, 7)
    number, kind = {float: (2, 1), int: (3, 2), str: (4, 3)}[type(value)]
    return _field(1, name) + _field(number, value) + _field(20, kind)


def value_info(name: str, kind: int, *shape: str) -> bytes:
    """Return a ValueInfoProto of a tensor whose dimensions have names."""
    dimensions = _fields(1, [_field(2, dimension) for dimension in shape])
    return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, dimensions)))


def model(
    nodes: Sequence[bytes], tensors: Sequence[bytes], inputs: Sequence[bytes], outputs: Sequence[bytes], opset: int
) -> bytes:
    """Return a ModelProto."""
    graph = (
        _fields(1, nodes) + _field(2, "reviewlens") + _fields(5, tensors) + _fields(11, inputs) + _fields(12, outputs)
    )
    opsets = _field(1, "") + _field(2, opset)
    return _field(1, _IR_VERSION) + _field(2, "reviewlens") + _field(7, graph) + _field(8, opsets)
