"""`check` says what is there, what is wrong and what is missing."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import reviewlens as rl
from reviewlens.errors import InputError
from reviewlens.read import checkup


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "review_id": ["1", "2", "2", "4", "5"],
            "review_body": ["The battery died after a week.", "很好，喜欢", "很好，喜欢", None, b"\xff\xfe"],
            "stars": ["5", "4/5", "4/5", "call jane@example.com", None],
            "date": ["2024-01-02", "2024-03-04", "never", "", "2024-02-01"],
            "unused": [1, 2, 3, 4, 5],
        }
    )


def test_what_is_there():
    found = rl.check(frame())
    assert (found.rows, found.files, found.sampled) == (5, 1, 5)
    assert dict(found.columns) == {
        "created_at": "date",
        "rating": "stars",
        "review_id": "review_id",
        "text": "review_body",
    }
    assert found.nulls == {"created_at": 0.4, "rating": 0.4, "review_id": 0.0, "text": 0.4}
    assert found.dates == {"created_at": ("2024-01-02", "2024-03-04")}
    assert found.stars == {"4": 2, "5": 1}
    assert found.languages == {"zh": 2, "en": 1}
    assert (found.repeated_ids, found.repeated_texts) == (1, 1)
    assert found.troubles == {"created_at unreadable": 1, "rating unreadable": 1, "text bad_encoding": 1}
    assert {(e.row, e.column) for e in found.examples} == {(2, "created_at"), (3, "rating"), (4, "text")}
    assert found.missing["product_id"] == "no tables by product"
    assert "rating" not in found.missing


def test_it_shows_itself_without_personal_data():
    found = rl.check(frame())
    for shown in (str(found), found._repr_html_(), json.dumps(found.to_dict())):
        for word in ("review_body", "no tables by product", "never", "2024-03-04"):
            assert word in shown
        assert "jane@example.com" not in shown
        assert "[email]" in shown
    hostile = rl.check(pd.DataFrame({"text": ["good"], "rating": ["<script>alert(1)</script>"]}))
    assert "<script>" not in hostile._repr_html_()


def test_files_good_and_bad(tmp_path):
    frame().drop(columns="review_body").assign(text="fine").to_parquet(tmp_path / "a.parquet")
    frame().drop(columns="review_body").assign(review_body="good").to_parquet(tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_bytes(b"not Parquet at all")
    found = rl.check(tmp_path)
    assert (found.rows, found.files) == (10, 2)
    assert [(file.name, file.reason) for file in found.rejected] == [("c.parquet", "not_parquet")]
    assert found.columns["text"] == "text | review_body"
    assert "c.parquet" in str(found)
    with pytest.raises(InputError):
        rl.check(tmp_path / "c.parquet")


def test_only_first_rows_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(checkup, "SAMPLE_ROWS", 40)
    monkeypatch.setattr(checkup, "MIN_ROWS", 10)
    for name in ("a", "b"):
        pd.DataFrame({"text": [f"text {i}" for i in range(1000)]}).to_parquet(
            tmp_path / f"{name}.parquet", row_group_size=7
        )
    found = rl.check(tmp_path)
    assert (found.rows, found.sampled) == (2000, 40)
    assert "first rows of each file, 40 in all" in str(found)


def test_a_damaged_page_is_found_in_what_is_read(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"text": np.random.default_rng(0).integers(0, 10**9, 4000).astype(str)}).to_parquet(
        path, compression="snappy"
    )
    data = bytearray(path.read_bytes())
    data[200:4000] = b"\xff" * 3800
    (tmp_path / "b.parquet").write_bytes(data)
    found = rl.check(tmp_path)
    assert found.files == 1
    assert [(file.name, file.reason, file.rows) for file in found.rejected] == [("b.parquet", "damaged", 4000)]


def test_no_rows():
    found = rl.check(pd.DataFrame({"text": pd.Series([], dtype=str)}))
    assert found.rows == 0
    assert "0 rows" in str(found)
