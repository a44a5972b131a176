"""Any Arrow column as strings: UTF-8 is checked, never believed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from reviewlens.read.columns import data


def plain(array: pa.Array) -> pa.Array:
    """Return the array without extension, dictionary, run-end or view encoding."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_run_end_encoded(array.type):
        array = pc.run_end_decode(array)
    if pa.types.is_string_view(array.type):
        array = array.cast(pa.large_string())
    if pa.types.is_binary_view(array.type):
        array = array.cast(pa.large_binary())
    return array


def to_strings(array: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the column as strings, and which of its values were not UTF-8 (their bytes are shown as \\xNN).

    Whole numbers lose their '.0'; NaN and the usual words for nothing are null.
    """
    array = plain(array)
    if is_texty(array.type):
        found, bad = _decoded(array)
    else:
        found, bad = _spelled(array), None
    words = data("formats.toml")["nothing"]
    trimmed = pc.utf8_trim_whitespace(found)
    short = pc.less_equal(pc.binary_length(trimmed), max(map(len, words)))  # to change the case of all costs more
    nothing = pc.is_in(pc.utf8_lower(pc.if_else(short, trimmed, "")), pa.array(words))
    found = pc.if_else(nothing, pa.scalar(None, pa.string()), found)
    return found, pa.repeat(pa.scalar(False), len(found)) if bad is None else bad


def is_texty(kind: pa.DataType) -> bool:
    """Return whether a type holds text or bytes."""
    tests = (
        "is_string",
        "is_large_string",
        "is_string_view",
        "is_binary",
        "is_large_binary",
        "is_binary_view",
        "is_fixed_size_binary",
    )
    return any(getattr(pa.types, test)(kind) for test in tests)


def unwrapped(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values of a dictionary, run-end or extension type."""
    while True:
        if isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        elif pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
            kind = kind.value_type
        else:
            return kind


def _decoded(array: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    try:
        if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
            array.validate(full=True)  # Parquet readers do not look at the bytes of a string
        return array.cast(pa.string()), None
    except pa.ArrowInvalid:
        return _decoded_one_by_one(array)


def _decoded_one_by_one(array: pa.Array) -> tuple[pa.Array, pa.Array]:
    wide = pa.types.is_large_string(array.type)
    if wide or pa.types.is_string(array.type):
        array = array.view(pa.large_binary() if wide else pa.binary())
    values: list[str | None] = []
    bad = []
    for value in array.to_pylist():
        try:
            values.append(None if value is None else value.decode("utf-8"))
            bad.append(False)
        except UnicodeDecodeError:
            values.append(value.decode("utf-8", "backslashreplace"))
            bad.append(True)
    return pa.array(values, pa.string()), pa.array(bad, pa.bool_())


def _spelled(array: pa.Array) -> pa.Array:
    if pa.types.is_integer(array.type) or pa.types.is_null(array.type):
        return array.cast(pa.string())
    try:
        values = array.to_pylist()
    except (OverflowError, ValueError):
        values = [_value(scalar) for scalar in array]
    return pa.array([None if value is None else _spell(value) for value in values], pa.string())


def _value(scalar: pa.Scalar) -> Any:
    """Return what a scalar holds; of a date that Python has no year for, or a zone that nobody knows, the number."""
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        return scalar.value


def _spell(value: Any) -> str | None:
    if isinstance(value, float):
        if value != value:
            return None
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)
