"""What is written to a file of the user's choice: whole or not at all, and never in the place of something else."""

from __future__ import annotations

import os

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import reviewlens as rl
from reviewlens.cli import main
from reviewlens.errors import OverwriteError, StoreError
from reviewlens.themes import ThemeSet
from reviewlens.whole import whole_file, with_columns

TEXTS = ["The battery died.", "Great sound."] * 30


@pytest.fixture
def orders(tmp_path):
    frame = pd.DataFrame({"customer": ["a", "b", "a", "c"], "product_id": ["P", "P", "Q", "Q"]})
    frame["created_at"] = pd.Timestamp("2026-01-01", tz="UTC")
    frame.to_parquet(tmp_path / "orders.parquet")
    return tmp_path / "orders.parquet"


@pytest.fixture
def export(tmp_path):
    (tmp_path / "in").mkdir()
    pd.DataFrame({"text": TEXTS}).to_parquet(tmp_path / "in" / "export.parquet")
    return tmp_path / "in" / "export.parquet"


def code(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return ended.value.code


def test_the_block_that_fails_leaves_what_was_there(tmp_path):
    for there in (None, "before"):
        target = tmp_path / "a.txt"
        if there:
            target.write_text(there)
        with (
            pytest.raises(ZeroDivisionError),
            whole_file(target, what="a text", same_kind=lambda path: True) as draft,
        ):
            draft.write_text("half")
            assert not target.exists() or target.read_text() == there
            raise ZeroDivisionError
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == ({"a.txt": there} if there else {})


def test_only_its_own_kind_is_replaced(tmp_path):
    def write(target) -> None:
        with whole_file(target, what="ours", same_kind=with_columns("a", "b")) as draft:
            pq.write_table(pa.table({"a": [1], "b": [2]}), draft)

    for name, content in (("notes.txt", b"mine"), ("fake.parquet", b"PAR1"), ("pipe", None), ("folder", "folder")):
        target = tmp_path / name
        if content is None:
            os.mkfifo(target)
        elif content == "folder":
            target.mkdir()
        else:
            target.write_bytes(content)
        with pytest.raises(OverwriteError) as caught:
            write(target)
        assert (caught.value.where, caught.value.exit_code) == (str(target), 2)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "theirs.parquet")
    with pytest.raises(OverwriteError):
        write(tmp_path / "theirs.parquet")
    (tmp_path / "empty").touch()
    for target in (tmp_path / "empty", tmp_path / "deep" / "new.parquet"):
        write(target)
        write(target)
        assert pq.read_table(target).to_pydict() == {"a": [1], "b": [2]}


def test_a_place_that_cannot_be_written_to_is_said(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(StoreError, match=r"(?s)cannot be written.*a file stands where a folder is to be"),
        whole_file(tmp_path / "file" / "a.txt", what="a text", same_kind=lambda path: True),
    ):
        pass


def test_recommendations_replace_recommendations_alone(sample_run, orders, capsys):
    words = ("recommend", sample_run.store.out, "--interactions", orders, "--out")
    assert code(*words, orders) == 2
    assert "refusing to overwrite what is not a file of recommendations" in capsys.readouterr().err
    assert set(pd.read_parquet(orders)) == {"customer", "product_id", "created_at"}
    for _ in range(2):
        assert code(*words, orders.with_name("found.parquet")) == 0


def test_descriptions_replace_descriptions_alone(sample_run, orders, capsys):
    words = ("describe", sample_run.store.out, "--all", "--out")
    assert code(*words, orders) == 2
    assert "a file of descriptions" in capsys.readouterr().err
    for _ in range(2):
        assert code(*words, orders.with_name("drafts.parquet")) == 0


def test_scores_replace_scores_and_never_an_input(export, tmp_path, capsys):
    before = export.read_bytes()
    for out in (export, export.parent):
        assert code("score", export, "--out", out) == 2
    assert "refusing to overwrite" in capsys.readouterr().err
    assert export.read_bytes() == before
    for _ in range(2):
        assert code("score", export, "--out", tmp_path / "scored") == 0
    scored = tmp_path / "scored" / "export.parquet"
    assert code("score", scored, "--out", scored) == 2
    assert "an input" in capsys.readouterr().err


def test_a_theme_set_is_replaced_by_its_update_alone(export, tmp_path, capsys):
    notes, themes = tmp_path / "job.toml", tmp_path / "themes.toml"
    notes.write_text('source = "in"\n')
    assert code("discover", export, "--out", notes) == 2
    assert "what is not a theme set" in capsys.readouterr().err
    assert notes.read_text() == 'source = "in"\n'
    ThemeSet.load().save(themes)
    before = themes.read_bytes()
    assert code("discover", export, "--out", themes) == 2
    assert f"--update {themes}" in capsys.readouterr().err
    assert themes.read_bytes() == before
    with pytest.raises(OverwriteError):
        ThemeSet.load().save(notes)


def test_a_training_starts_in_an_empty_folder_or_its_own(tmp_path):
    table = pd.DataFrame({"text": [f"{t} {i}" for i, t in enumerate(TEXTS)], "label": [0, 1] * 30})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("mine")
    for out in (tmp_path / "mine", tmp_path / "mine" / "README.md"):
        with pytest.raises(OverwriteError):
            rl.train(table, text="text", label="label", model="linear", out=out, progress=False)
    assert (tmp_path / "mine" / "README.md").read_text() == "mine"
