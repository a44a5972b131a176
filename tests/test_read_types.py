"""The user's types as ours: whatever an export writes, the same value comes out, and nothing crashes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.errors import ColumnError
from reviewlens.read import plan
from reviewlens.read.stars import likely_scale, parse_rating, to_ratings
from reviewlens.read.strings import to_strings
from reviewlens.read.times import parse_times, to_times
from reviewlens.schemas import REVIEWS
from reviewlens.text import repair

UTC = dt.UTC
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(
    lambda t: t.strip().lower() not in {"nan", "null", "none", "<na>", "n/a", "nat", "\\n"}
)
TEXT_TYPES = [
    pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view(),
    pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.large_string()),
    pa.dictionary(pa.int16(), pa.binary()),
]  # fmt: skip


def as_type(values: list, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    return pa.array(values, kind)


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.none() | WORDS, max_size=8), kind=st.sampled_from(TEXT_TYPES))
def test_text_of_every_type_is_the_same_text(values, kind):
    given_values = [v.encode() if v is not None and "binary" in str(kind) else v for v in values]
    found, bad = to_strings(as_type(given_values, kind))
    assert found.type == pa.string()
    assert found.to_pylist() == values
    assert not any(bad.to_pylist())


@pytest.mark.parametrize("kind", [pa.binary(), pa.string(), pa.large_string()])
def test_bytes_that_are_no_text_are_said_to_be(kind):
    raw = pa.array(
        ["好".encode(), b"caf\xe9", None, b"\xed\xa0\x80"],
        pa.large_binary() if kind == pa.large_string() else pa.binary(),
    )
    found, bad = to_strings(raw if kind == pa.binary() else raw.view(kind))
    assert bad.to_pylist() == [False, True, False, True]
    assert found.to_pylist()[0] == "好"
    assert found.to_pylist()[1] == "caf\\xe9"
    assert found.to_pylist()[2] is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1, None, -7], pa.int16()), ["1", None, "-7"]),
        (pa.array([2**63 + 1], pa.uint64()), [str(2**63 + 1)]),
        (pa.array([1.0, float("nan"), 2.5, 1e17]), ["1", None, "2.5", "100000000000000000"]),
        (pa.array([Decimal("12.00"), Decimal("3.50")]), ["12.00", "3.50"]),
        (pa.array([True, None]), ["true", None]),
        (pa.array([dt.date(2024, 5, 1)]), ["2024-05-01"]),
        (
            pa.array([2**62, None, 0], pa.timestamp("us", "Asia/Shanghai")),
            [str(2**62), None, "1970-01-01T08:00:00+08:00"],
        ),
        (pa.array([1], pa.timestamp("us", "Mars/Olympus")), ["1"]),
        (pa.array([2**31 - 1], pa.date32()), [str(2**31 - 1)]),
        (pa.array([2**62], pa.duration("s")), [str(2**62)]),
        (pa.nulls(2), [None, None]),
        (pa.array(["NaN", " null ", "None", "<NA>", "\\N", "nano"]), [None] * 5 + ["nano"]),
    ],
)
def test_numbers_and_others_as_ids(values, expected):
    assert to_strings(values)[0].to_pylist() == expected


def test_run_ends_extensions_and_chunks():
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", "b"]))
    assert to_strings(runs)[0].to_pylist() == ["a", "a", "b"]
    assert to_strings(pa.chunked_array([["a"], ["b"]]))[0].to_pylist() == ["a", "b"]
    assert len(to_strings(pa.array([b"0" * 16], pa.uuid()))[0]) == 1


@given(st.text(st.characters(), max_size=30))
def test_repair_gives_unicode_and_leaves_unicode_alone(text):
    fixed = repair(text)
    fixed.encode("utf-8")
    assert repair(fixed) == fixed
    if not any("\ud800" <= c <= "\udfff" for c in text):
        assert fixed == text
    assert repair("\ud83d\ude00 \ud800") == "😀 \ufffd"


MOMENTS = st.datetimes(dt.datetime(1972, 1, 1), dt.datetime(2199, 12, 1))


def micros(moment: dt.datetime) -> int:
    return (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)


@settings(max_examples=20, deadline=None)
@given(moment=MOMENTS)
def test_a_moment_however_it_is_typed(moment):
    whole = moment.replace(microsecond=0)
    seconds = micros(whole) // 10**6
    exact = {
        "us": pa.array([moment], pa.timestamp("us")),
        "ns": pa.array([micros(moment) * 1000], pa.int64()).cast(pa.timestamp("ns")),
        "zone": pa.array([moment.replace(tzinfo=UTC)], pa.timestamp("us", tz="Asia/Shanghai")),
        "iso": pa.array([moment.isoformat()]),
        "iso z": pa.array([moment.isoformat() + "Z"]),
        "iso zone": pa.array([moment.replace(tzinfo=UTC).astimezone(dt.timezone(dt.timedelta(hours=8))).isoformat()]),
        "epoch us": pa.array([micros(moment)]),
        "epoch ns": pa.array([micros(moment) * 1000 + 7]),
        "epoch us text": pa.array([str(micros(moment))]),
        "bytes": pa.array([moment.isoformat(" ").encode()]),
        "dictionary": pa.array([moment.isoformat()]).dictionary_encode(),
    }
    to_the_second = {
        "s": pa.array([whole], pa.timestamp("s")),
        "epoch s": pa.array([seconds]),
        "epoch ms": pa.array([seconds * 1000], pa.uint64()),
        "epoch float": pa.array([float(seconds)]),
        "epoch decimal": pa.array([Decimal(seconds)]),
        "epoch text": pa.array([str(seconds)]),
        "month first": pa.array([whole.strftime("%m/%d/%Y %H:%M:%S")]),
        "slashes": pa.array([f"{whole.year}/{whole.month}/{whole.day} {whole:%H:%M:%S}"]),
        "mail": pa.array([whole.strftime("%a, %d %b %Y %H:%M:%S +0000")]),
        "unix": pa.array([whole.strftime("%a %b %d %H:%M:%S UTC %Y")]),
    }
    to_the_day = {
        "date32": pa.array([whole.date()], pa.date32()),
        "date64": pa.array([whole.date()], pa.date64()),
        "iso day": pa.array([whole.strftime("%Y-%m-%d")]),
        "digits": pa.array([int(whole.strftime("%Y%m%d"))]),
        "digits text": pa.array([whole.strftime("%Y%m%d")]),
        "chinese": pa.array([f"{whole.year}年{whole.month}月{whole.day}日"]),
        "english": pa.array([whole.strftime("%B %d, %Y")]),
        "short": pa.array([whole.strftime("%d %b %Y")]),
        "shop": pa.array([whole.strftime("Reviewed in the United States on %B %d, %Y")]),
        "old shop": pa.array([whole.strftime("%m %d, %Y")]),
    }
    expected = [(exact, moment), (to_the_second, whole), (to_the_day, whole.replace(hour=0, minute=0, second=0))]
    for forms, value in expected:
        for name, array in forms.items():
            found, wrong = to_times(array)
            assert found.to_pylist() == [value.replace(tzinfo=UTC)], name
            assert wrong.to_pylist() == [False], name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "32/13/2024",
        "2024-02-30",
        "0",
        "12",
        "2024",
        "20241399",
        "9999-12-31",
        "1900-01-01",
        "0001-01-01T00:00:00",
        "9" * 30,
        "10:30",
    ],
)
def test_no_date(text):
    found, wrong = to_times(pa.array([text]))
    assert found.to_pylist() == [None]
    assert wrong.to_pylist() == [bool(text)]


def test_placeholders_in_typed_columns():
    for array in (
        pa.array([0.0, -1.0, 1e20]),
        pa.array([-(2**63), 2**63 - 1, 0], pa.int64()).cast(pa.timestamp("s")),
        pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(1970, 1, 1)]),
        pa.array([True, False, True]),
    ):
        found, wrong = to_times(array)
        assert found.to_pylist() == [None] * 3
        assert wrong.to_pylist() == [True] * 3
    assert to_times(pa.array([float("nan"), None]))[1].to_pylist() == [False, False]
    assert to_times(pa.nulls(2))[0].to_pylist() == [None, None]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.text(max_size=25)
        | MOMENTS.map(str)
        | st.sampled_from(["13/04/2024", "04/13/2024", "03/04/2024", "5 Mai 2024"]),
        max_size=8,
    )
)
def test_a_date_means_the_same_whatever_stands_beside_it(texts):
    together = parse_times(texts)
    assert list(together) == [parse_times([text])[0] for text in texts]


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("5", 5), ("4.0", 4), ("4,5", 4.5), ("４", 4), (" 3 ", 3), ("4.0 out of 5 stars", 4), ("4/5", 4),
        ("8/10", 4), ("7 of 10", 3.5), ("4,0 von 5 Sternen", 4), ("★★★★☆", 4), ("★★★★★", 5), ("⭐⭐⭐", 3),
        ("⭐️⭐️", 2), ("☆☆☆☆☆", 0), ("****", 4), ("五星", 5), ("四星半", 4.5), ("5星好评", 5), ("4.5分", 4.5),
        ("两颗星", 2), ("five stars", 5), ("1 star", 1), ("Three", 3), ("80%", 4), ("5 stars", 5), ("9/5", None),
        ("4/0", None), ("good", None), ("", None), ("12345", 12345), ("1e999", None),
    ],
)  # fmt: skip
def test_stars(text, stars):
    found = parse_rating(text)
    assert found == (None if stars is None else pytest.approx(stars))


@given(st.lists(st.none() | st.floats(0, 100, width=32), max_size=6))
def test_ratings_as_numbers_are_kept(values):
    for array in (
        pa.array(values, pa.float32()),
        pa.array(values, pa.float64()),
        pa.array([None if v is None else repr(v) for v in values], pa.string()),
    ):
        found, wrong = to_ratings(array)
        assert found.type == pa.float32()
        assert not any(wrong.to_pylist())
        assert [v if v is None else np.float32(v) for v in found.to_pylist()] == [
            v if v is None else np.float32(v) for v in values
        ]


def test_what_is_no_rating():
    for array in (
        pa.array([-1.0, float("inf"), 1e9]),
        pa.array([True, False, True]),
        pa.array(["?", "-3", "good"]),
        pa.array([dt.date(2024, 1, 1)] * 3),
    ):
        found, wrong = to_ratings(array)
        assert found.to_pylist() == [None] * 3
        assert wrong.to_pylist() == [True] * 3
    for array in (pa.array([float("nan"), None]), pa.array(["nan", " "]), pa.nulls(2)):
        assert to_ratings(array)[1].to_pylist() == [False, False]
    assert to_ratings(pa.array([Decimal("4.5")]))[0].to_pylist() == [4.5]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_frame_of_anything_is_read(data):
    """No value that a DataFrame can hold stops the reading, and no row vanishes."""
    anything = (
        st.none()
        | st.text(st.characters(), max_size=8)
        | st.floats()
        | st.integers()
        | st.binary(max_size=5)
        | st.booleans()
        | MOMENTS
        | st.just(pd.NaT)
        | st.just(pd.NA)
    )
    rows = data.draw(st.integers(0, 6))
    column = st.lists(anything, min_size=rows, max_size=rows)
    frame = pd.DataFrame(
        {name: pd.Series(data.draw(column), dtype=object) for name in ("rating", "date", "product_id")}
    )
    texts = data.draw(
        st.lists(st.none() | st.text(st.characters(), max_size=8) | st.binary(max_size=5), min_size=rows, max_size=rows)
    )
    frame["text"] = pd.Series(texts, dtype=object)
    (part,) = plan(frame).parts
    batches = list(part.batches())
    for batch in batches:
        batch.validate(full=True)
        assert batch.schema == REVIEWS
    assert sum(batch.num_rows for batch in batches) == rows == part.rows


def test_one_slip_makes_no_scale():
    stars = [1.0, 2.0, 3.0, 4.0, 5.0] * 4
    assert likely_scale(np.array(stars)) == 5
    assert likely_scale(np.array([*stars, 99.0, np.nan])) == 5
    assert likely_scale(np.array([*stars, 99.0, 8.0])) == 10  # two of 22 are no slip
    assert likely_scale(np.array([*stars, *[7.0, 9.0, 10.0] * 4])) == 10
    assert likely_scale(np.array([*stars, *[70.0, 90.0] * 4])) == 100
    assert likely_scale(np.array([3.0, 8.0])) == 10  # too few to tell a slip
    assert likely_scale(np.array([])) == 5


def test_troubles_are_reasons_and_notes():
    text = pa.array([b"fine", b"\xff\xfe", None, b"x" * 1_000_001, b"y" * 1_000_000])
    table = pa.table(
        {
            "text": text,
            "rating": ["5", "?", None, "", "4"],
            "title": pa.array([b"\xff"] * 5),
            "product_id": ["p" * 10_001, " ", "p", "p", "p"],
        }
    )
    notes: Counter[str] = Counter()
    (batch,) = plan(table).parts[0].batches(notes=notes)
    assert batch.column("reason").to_pylist() == [None, "bad_encoding", None, "too_long", None]
    assert batch.column("text").is_null().to_pylist() == [False, True, True, True, False]
    assert batch.column("product_id").to_pylist() == [None, None, "p", "p", "p"]
    assert notes == {
        "text bad_encoding": 1,
        "text too_long": 1,
        "rating unreadable": 1,
        "title bad_encoding": 5,
        "product_id too_long": 1,
    }


def test_columns_of_the_wrong_type():
    with pytest.raises(ColumnError, match="'body' holds int64"):
        plan(pa.table({"body": [1, 2]}))
    with pytest.raises(ColumnError, match="list"):
        plan(pa.table({"text": [["a"]]}))
    found = plan(pa.table({"text": ["a"], "category": [["x", "y"]]}))
    assert "category" not in found.columns
    assert found.notes == ("<frame>: column 'category' is nested (list<item: string>) and left out",)
    assert plan(pd.DataFrame({"text": [None, None]})).rows == 2
