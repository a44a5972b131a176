"""Thrift's compact protocol, as far as Parquet's metadata uses it.

Structs become `{field id: value}`; see "Thrift Compact protocol encoding", Apache Thrift. Everything is bounded by the
bytes that are there: a claim of a billion elements fails at the end of the data.
"""

from __future__ import annotations

from typing import Any

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
MOST_DEPTH = 16

Struct = dict[int, Any]


class EndsEarlyError(ValueError):
    """The data ends within a value."""


class Reader:
    """A cursor over bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def struct(self, depth: int = MOST_DEPTH) -> Struct:
        """Read a struct. Raises `EndsEarlyError`, and `ValueError` for what is no struct."""
        if depth == 0:
            raise ValueError("nested too deeply")
        found: Struct = {}
        field = 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._integer()
            found[field] = self._value(head & 15, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind in (_I16, _I32, _I64):
            return self._integer()
        if kind == _BINARY:
            return self._bytes(self._unsigned())
        if kind == _STRUCT:
            return self.struct(depth - 1)
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind in (_BYTE, _DOUBLE):
            return self._bytes(1 if kind == _BYTE else 8)
        raise ValueError(f"no value has the type {kind}")

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count, kind = head >> 4, head & 15
        if count == 15:
            count = self._unsigned()
        if count > len(self.data) - self.at:  # each element takes a byte at least
            raise EndsEarlyError("a list is longer than the data")
        if kind in (_TRUE, _FALSE):
            return [self._byte() == _TRUE for _ in range(count)]
        return [self._value(kind, depth) for _ in range(count)]

    def _bytes(self, count: int) -> bytes:
        if count > len(self.data) - self.at:
            raise EndsEarlyError("a string is longer than the data")
        self.at += count
        return self.data[self.at - count : self.at]

    def _byte(self) -> int:
        if self.at >= len(self.data):
            raise EndsEarlyError("the data ends within a struct")
        self.at += 1
        return self.data[self.at - 1]

    def _unsigned(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError("a number does not end")
        return value | byte << shift

    def _integer(self) -> int:
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)
