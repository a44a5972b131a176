"""Dates as exports write them: timestamps, dates, strings, epoch numbers. All of it in UTC.

A time without zone is taken as UTC. What lies outside 1971 to 2199 is no date of a review but a placeholder
(0, 1900-01-01, 9999-12-31) and becomes null.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reviewlens.read.columns import data
from reviewlens.read.strings import is_texty, plain, to_strings

_TIME = pa.timestamp("us", tz="UTC")
_FIRST, _END = (int(np.datetime64(day, "us").astype(np.int64)) for day in ("1971-01-01", "2200-01-01"))
_MICROS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_DAY = 86_400_000_000
_NONE = np.iinfo(np.int64).min

_NUMBER = re.compile(r"\d{8,20}(?:\.\d{1,9})?")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?\s*(.*)", re.DOTALL)
_YEAR_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_REVIEWED = re.compile(r".*\bon (?=[A-Z\d])", re.DOTALL)  # "Reviewed in Canada on May 3, 2024"
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[\s,.]+", re.IGNORECASE)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_ZULU = re.compile(r"\b(?:UTC|GMT|Z)\b")


def to_times(array: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the column as timestamps in microseconds UTC, and which of its values say something that is no date."""
    array = plain(array)
    kind = array.type
    given = array.is_valid()
    if is_texty(kind):
        texts, _ = to_strings(array)
        given = pc.and_(texts.is_valid(), pc.not_equal(pc.utf8_trim_whitespace(texts.fill_null("")), ""))
        distinct = texts.dictionary_encode()
        parsed = parse_times([text or "" for text in distinct.dictionary.to_pylist()])
        where = distinct.indices.fill_null(0).to_numpy(zero_copy_only=False)
        micros = np.where(given.to_numpy(zero_copy_only=False), parsed[where] if len(parsed) else _NONE, _NONE)
    elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        micros = _in_micros(array)
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = array.cast(pa.float64(), safe=False)
        given = pc.and_(given, pc.invert(pc.is_nan(numbers.fill_null(0.0))))
        micros = _from_epoch(numbers.fill_null(np.nan).to_numpy(zero_copy_only=False))
        if pa.types.is_integer(kind):  # exact, where a float has no room for nanoseconds
            whole = array.cast(pa.int64(), safe=False).fill_null(0).to_numpy(zero_copy_only=False)
            micros = np.where(micros == _NONE, _NONE, _whole_epoch(whole, micros))
    else:
        micros = np.full(len(array), _NONE, np.int64)
    good = micros != _NONE
    times = pa.array(np.where(good, micros, 0), pa.int64(), mask=~good).cast(_TIME)
    return times, pc.and_(given, pc.invert(pa.array(good, pa.bool_())))


def parse_times(texts: list[str]) -> NDArray[np.int64]:
    """Return microseconds since 1970 in UTC for each text; the smallest int64 where it is no date.

    A text means the same whatever stands beside it.
    """
    tidy = [_tidied(text) for text in texts]
    found = np.full(len(texts), _NONE, np.int64)
    numbers = [i for i, text in enumerate(tidy) if _NUMBER.fullmatch(text)]
    found[numbers] = [_parse_number(tidy[i]) for i in numbers]
    left = np.array(sorted(set(range(len(texts))) - set(numbers)), np.int64)
    for form in ("ISO8601", *data("formats.toml")["dates"]):
        left = left[found[left] == _NONE]
        if not len(left):
            break
        # The width is bounded so that a date can hide no more than a date.
        candidates = pd.Index([tidy[i] if 6 <= len(tidy[i]) <= 40 else "" for i in left], dtype=object)
        times = pd.to_datetime(candidates, format=form, errors="coerce", utc=True)
        micros = times.tz_localize(None).as_unit("us").to_numpy().astype(np.int64)
        found[left] = np.where(times.isna(), _NONE, micros)
    return _in_range(found)


def _tidied(text: str) -> str:
    text = unicodedata.normalize("NFKC", text[:200]).strip()
    if match := _YEAR_FIRST.fullmatch(text):
        return f"{match[1]}-{match[2]:0>2}-{match[3]:0>2} {match[4]}".strip().replace(" T", "T")
    if match := _YEAR_MONTH.fullmatch(text):
        return f"{match[1]}-{match[2]:0>2}"
    if _NUMBER.fullmatch(text):
        return text
    text = _ORDINAL.sub("", _WEEKDAY.sub("", _REVIEWED.sub("", text)))
    return " ".join(_ZULU.sub("+0000", text).replace(",", " ").split())


def _parse_number(text: str) -> int:
    whole, _, fraction = text.partition(".")
    if fraction:
        return int(_from_epoch(np.array([float(text)]))[0])
    value = int(whole)
    if value >= 2**63:
        return int(_NONE)
    rough = _from_epoch(np.array([float(value)]))
    return int(_whole_epoch(np.array([value], np.int64), rough)[0]) if rough[0] != _NONE else int(_NONE)


def _from_epoch(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Read each number by its size: YYYYMMDD, or seconds, milli-, micro- or nanoseconds since 1970."""
    found = np.full(len(values), _NONE, np.int64)
    calendar = np.flatnonzero((values >= 19710101) & (values < 22000101) & (values == np.floor(values)))
    days = pd.to_datetime(
        pd.Index([str(int(values[i])) for i in calendar], dtype=object), format="%Y%m%d", errors="coerce"
    )
    if len(calendar):
        found[calendar] = np.where(days.isna(), _NONE, days.as_unit("us").to_numpy().astype(np.int64))
    for per_micro in (1e-6, 1e-3, 1.0, 1e3):
        inside = (values >= _FIRST * per_micro) & (values < _END * per_micro)
        found[inside] = np.rint(values[inside] / per_micro).astype(np.int64)
    return _in_range(found)


def _whole_epoch(values: NDArray[np.int64], rough: NDArray[np.int64]) -> NDArray[np.int64]:
    nanos = values >= _FIRST * 1000
    return np.where(nanos, values // 1000, rough)


def _in_micros(array: pa.Array) -> NDArray[np.int64]:
    kind = array.type
    if pa.types.is_date32(kind):
        unit, whole = _DAY, array.cast(pa.int32()).cast(pa.int64())
    elif pa.types.is_date(kind):
        unit, whole = 1_000, array.cast(pa.int64())
    else:
        unit, whole = _MICROS.get(kind.unit, 0), array.cast(pa.int64())
    values = whole.fill_null(0).to_numpy(zero_copy_only=False)
    if not unit:  # nanoseconds
        values, unit = values // 1000, 1
    inside = (values >= _FIRST // unit) & (values <= _END // unit)  # before multiplying, which could overflow
    return _in_range(
        np.where(inside & array.is_valid().to_numpy(zero_copy_only=False), np.where(inside, values, 0) * unit, _NONE)
    )


def _in_range(micros: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where((micros >= _FIRST) & (micros < _END), micros, _NONE)
