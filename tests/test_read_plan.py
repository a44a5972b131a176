"""Sources and parts: any split into files, row groups, parts and batches gives the same rows; bad files stand aside."""

from __future__ import annotations

import os
import pickle
import shutil
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewlens.errors import ColumnError, InputError, InputNotFoundError
from reviewlens.read import Paths, UnreadableError, is_path, plan, raw_batches
from reviewlens.schemas import REVIEWS

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "review_body": st.none() | st.sampled_from(["good", "很好", "", "x" * 200]),
            "stars": st.none() | st.sampled_from(["5", "4/5", "bad"]),
            "date": st.none() | st.sampled_from(["2024-01-02", "5 May 2024", "never"]),
            "asin": st.none() | st.sampled_from(["a", "b"]),
            "extra": st.none() | st.integers(0, 3),
        }
    ),
    max_size=30,
)
SCHEMA = pa.schema([(n, pa.string()) for n in ("review_body", "stars", "date", "asin")] + [("extra", pa.int64())])


def rows_of(data, part_rows=200_000, batch_rows=4096, **options) -> list[dict]:
    """All rows, with each part taken through pickle as a worker process would."""
    found = []
    for part in plan(data, part_rows=part_rows, **options).parts:
        batches = list(pickle.loads(pickle.dumps(part)).batches(batch_rows))
        assert all(0 < batch.num_rows <= batch_rows and batch.schema == REVIEWS for batch in batches)
        numbers = [n for batch in batches for n in batch.column("row").to_pylist()]
        assert numbers == list(range(part.first, part.last))
        found += [row for batch in batches for row in batch.to_pylist()]
    return found


def without_row(rows: list[dict]) -> list[dict]:
    return [{k: v for k, v in row.items() if k != "row"} for row in rows]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS,
    cuts=st.lists(st.integers(0, 30), max_size=3),
    group=st.integers(1, 12),
    part=st.integers(1, 40),
    batch=st.integers(1, 12),
    dictionary=st.booleans(),
)
def test_any_split_gives_the_same_rows(tmp_path_factory, rows, cuts, group, part, batch, dictionary):
    folder = tmp_path_factory.mktemp("split")
    table = pa.Table.from_pylist(rows, SCHEMA)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    for i, (start, stop) in enumerate(pairwise(edges)):
        pq.write_table(
            table.slice(start, stop - start), folder / f"{i}.parquet", row_group_size=group, use_dictionary=dictionary
        )
    expected = without_row(rows_of(table))
    assert len(expected) == len(rows)
    assert without_row(rows_of(folder, part, batch)) == expected
    assert without_row(rows_of(table, part, batch)) == expected
    assert without_row(rows_of(table.to_pandas(), part, batch)) == expected
    assert without_row(rows_of(pa.RecordBatchReader.from_batches(SCHEMA, table.to_batches(3)), part, batch)) == expected


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, group=st.integers(1, 12), part=st.integers(1, 40), batch=st.integers(1, 12))
def test_raw_batches_keep_every_column(tmp_path_factory, rows, group, part, batch):
    path = tmp_path_factory.mktemp("raw") / "a.parquet"
    table = pa.Table.from_pylist(rows, SCHEMA)
    pq.write_table(table, path, row_group_size=group)
    pairs = [pair for p in plan(path, part_rows=part).parts for pair in raw_batches(p, batch)]
    assert pa.Table.from_batches([raw for raw, _ in pairs], SCHEMA).equals(table)
    assert [row for _, reviews in pairs for row in reviews.to_pylist()] == rows_of(path)


def write(path, texts=("good", "bad"), **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"text": list(texts), **columns}).to_parquet(path)
    return path


def names(data, **options) -> list[str]:
    return [part.name for part in plan(data, **options).parts]


def test_names_are_relative_to_what_was_given(tmp_path, monkeypatch):
    write(tmp_path / "in" / "2024" / "a.parquet")
    write(tmp_path / "in" / "2025" / "b.pq")
    write(tmp_path / "in" / "_temporary" / "c.parquet")
    write(tmp_path / "in" / ".hidden.parquet")
    (tmp_path / "in" / "README.md").write_text("not data")
    (tmp_path / "in" / "_SUCCESS").write_text("")
    shutil.copy(tmp_path / "in" / "2024" / "a.parquet", tmp_path / "in" / "part-00000")
    everything = ["2024/a.parquet", "2025/b.pq", "part-00000"]
    assert names(tmp_path / "in") == names(f"{tmp_path}/in/") == names(f"file://{tmp_path}/in") == everything
    assert names(f"{tmp_path}/in/*/*.parquet") == names(f"file://{tmp_path}/in/*/*.parquet") == ["2024/a.parquet"]
    assert names(f"{tmp_path}/in/**/*.pq") == ["2025/b.pq"]
    assert names(f"{tmp_path}/in/202?") == everything[:2]
    assert names(tmp_path / "in" / "2024" / "a.parquet") == ["a.parquet"]
    assert names([tmp_path / "in" / "2024", str(tmp_path / "in" / "2025" / "b.pq")]) == ["a.parquet", "b.pq"]
    monkeypatch.chdir(tmp_path)
    assert names("in/2024/a.parquet") == ["a.parquet"]
    assert names(["in", "in/2024/a.parquet", tmp_path / "in" / "2024"]) == everything  # each file once


def test_files_of_one_name_are_told_apart(tmp_path):
    files = [write(tmp_path / day / "part-0.parquet") for day in ("monday", "tuesday")]
    assert names(files) == ["monday/part-0.parquet", "tuesday/part-0.parquet"]


def test_a_link_that_leads_back_ends(tmp_path):
    write(tmp_path / "in" / "a.parquet")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    assert names(tmp_path / "in") == ["a.parquet"]


def test_hive_folders_are_columns(tmp_path):
    write(tmp_path / "in" / "asin=B%2F1" / "lang=en" / "a.parquet")
    write(tmp_path / "in" / "asin=__HIVE_DEFAULT_PARTITION__" / "lang=zh" / "a.parquet")
    for data in (
        tmp_path / "in",
        f"{tmp_path}/in/*/*/*.parquet",
        f"{tmp_path}/in/*",
        sorted((tmp_path / "in").rglob("*.parquet")),
    ):
        found = plan(data)
        assert found.columns["product_id"] == "asin"
        first, second = (next(part.batches()).to_pylist()[0] for part in found.parts)
        assert (first["product_id"], first["language"]) == ("B/1", "en")
        assert (second["product_id"], second["language"]) == (None, "zh")
    assert rows_of(tmp_path / "in" / "asin=B%2F1")[0]["product_id"] == "B/1"


def test_two_candidates_may_be_a_folder_and_a_column(tmp_path):
    write(tmp_path / "lang=en" / "a.parquet", language=["de", "de"])
    with pytest.raises(ColumnError, match=r"'language' and 'lang'"):
        plan(tmp_path / "lang=en" / "a.parquet")
    assert rows_of(tmp_path, columns={"language": "lang"})[0]["language"] == "en"
    write(tmp_path / "language=fr" / "b.parquet", language=["de", "de"])
    assert rows_of(tmp_path / "language=fr")[0]["language"] == "de"  # the file's own column, not the folder's


def test_files_of_different_columns(tmp_path):
    write(tmp_path / "a.parquet", stars=[5, 4])
    pd.DataFrame({"review_body": ["nice"], "overall": ["3/5"]}).to_parquet(tmp_path / "b.parquet")
    found = plan(tmp_path)
    assert found.columns == {"text": "text | review_body", "rating": "stars | overall"}
    assert [row["rating"] for row in rows_of(tmp_path)] == [5, 4, 3]
    mapped = plan(tmp_path, columns={"rating": "overall"})  # a file without the column that was named has none
    assert [row["rating"] for part in mapped.parts for b in part.batches() for row in b.to_pylist()] == [None, None, 3]
    with pytest.raises(ColumnError, match="starz"):
        plan(tmp_path, columns={"rating": "starz"})


def test_bad_files_stand_aside(tmp_path):
    good = write(tmp_path / "good.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(good[:-9])
    (tmp_path / "cut2.parquet").write_bytes(good[:-4] + b"PAR1"[:2])
    (tmp_path / "empty.parquet").write_bytes(b"")
    (tmp_path / "text.parquet").write_bytes(b"id,text\n1,nice product\n")
    (tmp_path / "lies.parquet").write_bytes(b"PAR1" + b"\xff" * 40 + b"PAR1")
    pd.DataFrame({"stars": [1, 2]}).to_parquet(tmp_path / "no_text.parquet")
    pd.DataFrame({"text": ["a"], "content": ["b"]}).to_parquet(tmp_path / "two.parquet")
    pd.DataFrame({"text": [1, 2, 3]}).to_parquet(tmp_path / "numbers.parquet")
    pd.DataFrame({"text": []}, dtype=str).to_parquet(tmp_path / "no_rows.parquet")
    found = plan(tmp_path)
    assert [(part.name, part.rows) for part in found.parts] == [("good.parquet", 2), ("no_rows.parquet", 0)]
    assert {(file.name, file.reason, file.rows) for file in found.rejected} == {
        ("cut.parquet", "truncated", 0), ("cut2.parquet", "truncated", 0), ("empty.parquet", "not_parquet", 0),
        ("text.parquet", "not_parquet", 0), ("lies.parquet", "not_parquet", 0), ("no_text.parquet", "wrong_columns", 2),
        ("two.parquet", "wrong_columns", 1), ("numbers.parquet", "wrong_columns", 3),
    }  # fmt: skip
    assert all(file.detail for file in found.rejected)
    (tmp_path / "good.parquet").unlink()
    assert rows_of(tmp_path) == []  # a file of no rows is no error


def test_nothing_there_and_nothing_readable(tmp_path):
    (tmp_path / "empty").mkdir()
    write(tmp_path / "reviews.parquet")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.parquet").write_bytes(b"no")
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "x.csv").write_text("text\ngood\n")
    for data, kind, said in (
        (tmp_path / "review.parquet", InputNotFoundError, "reviews.parquet"),
        (f"{tmp_path}/*.pq", InputNotFoundError, "*.pq"),
        (Paths(["no such folder"]), InputNotFoundError, "no such folder"),
        (tmp_path / "empty", InputError, "empty"),
        (tmp_path / "csv", InputError, "csv"),
        (tmp_path / "bad", InputError, "x.parquet (not_parquet"),
        ("ftp://x/y.parquet", InputError, "ftp://"),
        ("s3://", InputError, "s3://"),
        ("a\0b", InputError, ""),
        ("", InputError, ""),
        (7, InputError, "int"),
        ([1, 2], InputError, "item 0"),
        ({"text": ["a"]}, InputError, "dict"),
    ):
        with pytest.raises(kind) as caught:
            plan(data)
        assert caught.value.exit_code == 2
        assert said in str(caught.value)
        assert "do: " in str(caught.value)
    with pytest.raises(ColumnError, match="'stars'"):
        pd.DataFrame({"stars": [1]}).to_parquet(tmp_path / "bad" / "y.parquet")
        plan(tmp_path / "bad")


def test_lists_of_texts_and_lists_of_paths(tmp_path):
    assert not is_path(["good", "bad"])
    assert not is_path([])
    assert is_path(["a.parquet", str(tmp_path)])
    assert is_path("anything")
    assert not is_path(["a.parquet", "is a bad format"])
    for texts in (
        ["good", None, float("nan"), b"ok", "\ud800"],
        pd.Series(["good", None, None, "ok", "\ud800"], dtype=object),
    ):
        rows = rows_of(texts)
        assert [row["text"] for row in rows] == ["good", None, None, "ok", "\ufffd"]
    assert rows_of([]) == []
    assert [row["text"] for row in rows_of(pa.chunked_array([["a"], ["b"]]))] == ["a", "b"]


def test_the_identity_of_a_part_is_its_content(tmp_path):
    first = write(tmp_path / "a" / "x.parquet")
    os.utime(first, (1, 1))
    second = tmp_path / "b" / "x.parquet"
    second.parent.mkdir()
    shutil.copy(first, second)
    (one,), (two,) = plan(first).parts, plan(second).parts
    assert one.identity == two.identity
    assert one.mtime_ns != two.mtime_ns
    write(second, ["good", "changed"])
    assert plan(second).parts[0].identity != one.identity
    table = pa.table({"text": ["a", "b", "c"], "unused": [1, 2, 3]})
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert plan(table).parts[0].identity == plan(chunked).parts[0].identity
    assert plan(table).parts[0].identity == plan(table.set_column(1, "unused", pa.array([4, 5, 6]))).parts[0].identity
    assert (
        plan(table).parts[0].identity != plan(table.set_column(0, "text", pa.array(["a", "b", "d"]))).parts[0].identity
    )
    assert len({part.identity for part in plan(table, part_rows=1).parts}) == 3


def test_a_file_that_changes_while_it_is_read(tmp_path):
    path = write(tmp_path / "a.parquet", [f"text {i}" for i in range(100)])
    (part,) = plan(path).parts
    batches = part.batches(10)
    next(batches)
    os.utime(path, ns=(1, 1))
    with pytest.raises(UnreadableError) as caught:
        list(batches)
    assert caught.value.reason == "changed"
    path.unlink()
    with pytest.raises(UnreadableError):
        list(part.batches())
    assert pickle.loads(pickle.dumps(caught.value)).reason == "changed"


def test_only_needed_columns_are_read_and_names_may_have_dots(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table({"reviews.text": ["good"], "reviews.rating": [4], "meta": [{"text": 1}], "tags": [["x"]]})
    pq.write_table(table, path)
    found = plan(path)
    assert found.columns == {"text": "reviews.text", "rating": "reviews.rating"}
    raw, reviews = next(raw_batches(found.parts[0]))
    assert raw.to_pylist() == table.to_pylist()
    assert reviews.to_pylist()[0]["rating"] == 4


def test_an_output_folder_among_the_exports_is_no_export(tmp_path: Path) -> None:
    """A job that writes below the folder it reads must not read its own tables the next night."""
    exports = tmp_path / "exports"
    exports.mkdir()
    pd.DataFrame({"text": ["good lamp", "bad lamp"]}).to_parquet(exports / "a.parquet")
    for name in ("parts", "runs", "current"):
        (exports / "lens" / name / "x").mkdir(parents=True)
        pd.DataFrame({"score": [0.1]}).to_parquet(exports / "lens" / name / "x" / "scored.parquet")
    (exports / "parts").mkdir()  # a folder of that name alone is the reader's own
    pd.DataFrame({"text": ["fine"]}).to_parquet(exports / "parts" / "b.parquet")
    for source in (exports, str(exports / "**" / "*.parquet")):
        found = plan(source)
        assert found.rows == 3
        assert not found.rejected
