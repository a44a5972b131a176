"""Scoring alone: every row and column stays, the answer depends on the text alone."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from places import ROOT

import reviewlens as rl
from reviewlens import part
from reviewlens.classifier import bundled
from reviewlens.errors import ColumnError, ConfigError, InputError, InputNotFoundError
from reviewlens.scoring import ADDED

TEXTS = ["Absolutely love it", "", "质量太差了", None, "It broke after a day, but the colour is lovely"]


@pytest.fixture
def frame():
    return pd.DataFrame({"id": [7, 8, 9, 10, 11], "review_body": TEXTS}, index=list("vwxyz"))


def test_a_frame_keeps_its_rows_columns_and_index(frame):
    before = frame.copy()
    scored = rl.score(frame)
    assert list(scored.columns) == ["id", "review_body", *ADDED.names]
    assert list(scored.index) == list("vwxyz")
    pd.testing.assert_frame_equal(frame, before)
    assert scored["polarity"].isna().tolist() == [False, True, False, True, False]
    assert scored.loc["v", "polarity"] == "positive"
    assert scored.loc["x", "polarity"] == "negative"
    read = scored.dropna(subset="polarity")
    assert read[["p_negative", "p_neutral", "p_positive"]].sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    assert read["score"].to_numpy() == pytest.approx((read["p_positive"] - read["p_negative"]).to_numpy(), abs=1e-6)
    assert read["stars"].between(1, 5).all()


def test_every_way_in_gives_the_same(frame, tmp_path):
    expected = rl.score(frame).reset_index(drop=True)[ADDED.names]
    table = rl.score(pa.Table.from_pandas(frame, preserve_index=False))
    assert isinstance(table, pa.Table)
    pd.testing.assert_frame_equal(table.select(ADDED.names).to_pandas(), expected)
    pd.testing.assert_frame_equal(rl.score(TEXTS)[ADDED.names], expected)
    series = rl.score(frame["review_body"])
    assert list(series.index) == list(frame.index)
    frame.to_parquet(tmp_path / "in.parquet", row_group_size=2, index=False)
    assert rl.score(tmp_path / "in.parquet", out=tmp_path / "scored") == tmp_path / "scored"
    stored = pq.read_table(tmp_path / "scored" / "in.parquet")
    assert stored.column_names == ["id", "review_body", *ADDED.names]
    pd.testing.assert_frame_equal(stored.select(ADDED.names).to_pandas(), expected)
    rl.score(str(tmp_path / "in.parquet"), out=tmp_path / "one.parquet")
    assert pq.read_table(tmp_path / "one.parquet").equals(stored)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["in.parquet", "in.parquet", "one.parquet", "scored"]


def test_row_groups_do_not_tell_how_many_threads_wrote_them(tmp_path, monkeypatch):
    monkeypatch.setattr(part, "ROW_GROUP", 150)
    texts = [f"{text} {number} " * 15 for number in range(100) for text in TEXTS]  # pieces for more than one thread
    pq.write_table(pa.table({"text": texts}), tmp_path / "in.parquet")
    written = {}
    for threads in (1, 3):
        out = tmp_path / f"{threads}.parquet"
        rl.score(tmp_path / "in.parquet", out=out, classifier=rl.Classifier.load(threads=threads))
        groups = pq.read_metadata(out)
        written[threads] = pq.read_table(out), [groups.row_group(i).num_rows for i in range(groups.num_row_groups)]
    assert written[1][1] == written[3][1] == [150, 150, 150, 50]
    assert written[1][0].equals(written[3][0])
    assert written[3][0]["text"].to_pylist() == texts


def test_a_column_of_the_data_is_never_overwritten(frame):
    scored = rl.score(frame.assign(stars=[5, 4, 3, 2, 1]))
    assert scored["stars"].tolist() == [5, 4, 3, 2, 1]
    assert "stars_predicted" in scored


def test_files_need_a_place(frame, tmp_path):
    frame.to_parquet(tmp_path / "in.parquet")
    with pytest.raises(ConfigError, match="needs `out`"):
        rl.score(tmp_path / "in.parquet")
    with pytest.raises(ConfigError, match="`out` is for paths"):
        rl.score(["good"], out=tmp_path)


def test_no_rows():
    assert list(rl.score(pd.DataFrame({"text": pd.Series([], dtype=str)})).columns) == ["text", *ADDED.names]


def test_half_a_character_is_no_crash_and_a_table_no_list():
    assert rl.Classifier.load().predict(["lovely \ud800", "broken"]).tolist() == ["positive", "negative"]
    for ask in (rl.wishes, rl.ThemeSet.load().match, rl.Classifier.load().predict):
        with pytest.raises(InputError, match="a table"):
            ask(pd.DataFrame({"text": ["I wish it had a lid"]}))


def test_the_bundled_model_is_loaded_once_and_shared_by_threads(frame):
    assert bundled() is bundled()
    alone = rl.score(frame)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(rl.score, [frame] * 8):
            pd.testing.assert_frame_equal(found, alone)


FORKED = """
import multiprocessing, reviewlens as rl
from reviewlens.classifier import bundled
before, here = rl.score(["good", "broken"])["score"].tolist(), id(bundled())
def scored(_):
    return rl.score(["good", "broken"])["score"].tolist(), id(bundled())
with multiprocessing.get_context("fork").Pool(1) as pool:
    there, elsewhere = pool.map(scored, [0])[0]
assert there == before
assert elsewhere != here
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_loads_its_own():
    ran = subprocess.run(
        [sys.executable, "-c", FORKED],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_what_was_scored_can_be_scored_again():
    frame = pd.DataFrame({"text": ["I love it", "It broke at once"], "rating": [5, 1]})
    once = rl.score(frame)
    twice = rl.score(once)
    thrice = rl.score(twice)
    assert thrice.columns.is_unique
    pd.testing.assert_series_equal(twice["score_predicted"], once["score"], check_names=False)
    pd.testing.assert_series_equal(thrice["score_predicted_predicted"], once["score"], check_names=False)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_stars_of_the_export_stay_the_rating_however_often_it_is_scored(times):
    from reviewlens.read import plan

    frame = pd.DataFrame({"text": ["I love it", "It broke at once"], "stars": [5, 1]})
    bare = frame[["text"]]
    for _ in range(times):
        frame, bare = rl.score(frame), rl.score(bare)
    assert plan(frame).columns["rating"] == "stars"
    assert "rating" not in plan(bare).columns


@pytest.mark.parametrize("data", ["one text", "missing.parquet", ["missing.parquet"]])
def test_a_string_is_a_path_and_says_so(data):
    with pytest.raises(InputNotFoundError, match="texts are given as a list"):
        rl.score(data)


@pytest.mark.parametrize("odd", [3, {"a": 1}, ["x"], 2.5])
def test_what_is_no_text_is_not_scored(odd):
    texts = pd.Series(["good", None, odd], dtype=object)
    for data in (texts.to_frame("text"), texts):
        with pytest.raises(ColumnError, match=f"row 2 of .* is {type(odd).__name__}, not text"):
            rl.score(data)


def test_two_columns_of_one_name():
    frame = pd.DataFrame([["good", "bad"]], columns=["text", "text"])
    with pytest.raises(ColumnError, match="there are two columns 'text'"):
        rl.score(frame)


def test_a_file_without_rows_is_scored_to_one_without_rows(tmp_path, frame):
    frame.iloc[:0].to_parquet(tmp_path / "none.parquet", index=False)
    rl.score(tmp_path / "none.parquet", out=tmp_path / "scored")
    found = pq.read_table(tmp_path / "scored" / "none.parquet")
    assert (found.num_rows, found.schema.names) == (0, ["id", "review_body", *ADDED.names])
