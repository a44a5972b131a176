"""What stays of exports that are gone, or that cannot be read tonight."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from places import ROOT

import reviewlens as rl
from benchmarks.generate import reviews
from reviewlens import job
from reviewlens.errors import ConfigError, StoreError


@pytest.fixture
def exports(tmp_path) -> Path:
    """Two exports of generated reviews."""
    folder = tmp_path / "in"
    folder.mkdir()
    deliver(folder, "a", 0)
    deliver(folder, "b", 15)
    return folder


def deliver(folder: Path, name: str, first: int, rows: int = 15) -> None:
    """Write an export of the reviews from number `first` on, all by one customer."""
    frame = reviews(np.random.default_rng(first), first, rows).to_pandas()
    frame.assign(customer="jane").to_parquet(folder / f"{name}.parquet")


def test_an_export_that_is_cut_short_takes_nothing_away(exports, tmp_path):
    """As where a file is overwritten in its place while the job looks: what was last read of it stands."""
    for on_removed in ("keep", "drop"):
        settings = {"on_removed": on_removed}
        before = rl.analyze(exports, out=tmp_path / on_removed, config=settings)
        whole = (exports / "b.parquet").read_bytes()
        (exports / "b.parquet").write_bytes(whole[: len(whole) // 2])
        cut = rl.analyze(exports, out=tmp_path / on_removed, config=settings)
        assert cut.manifest["quarantined"] == [{"source": "b.parquet", "reason": "truncated", "rows": 0}]
        for name in set(before.tables) - {"intake"}:
            pd.testing.assert_frame_equal(cut.tables[name], before.tables[name], check_exact=True, obj=name)
        (exports / "b.parquet").write_bytes(whole)
        mended = rl.analyze(exports, out=tmp_path / on_removed, config=settings)
        assert mended.manifest["told"]["rows_scored"] == 0
        pd.testing.assert_frame_equal(mended.tables["intake"], before.tables["intake"], check_exact=True)


def test_an_export_found_damaged_while_it_is_read_takes_nothing_away(exports, tmp_path, monkeypatch):
    before = rl.analyze(exports, out=tmp_path / "lens")
    deliver(exports, "b", 10, 20)
    write = job.write_part

    def damaged(task, progress=None):
        if task.part.name == "b.parquet":
            return {"id": task.part_id, "source": task.part.name, "failed": "damaged"}
        return write(task, progress)

    monkeypatch.setattr(job, "write_part", damaged)
    after = rl.analyze(exports, out=tmp_path / "lens")
    assert [file["reason"] for file in after.manifest["quarantined"]] == ["damaged"]
    assert after.manifest["counts"]["scored"] == before.manifest["counts"]["scored"]


def test_a_new_key_is_refused_where_rows_could_not_be_hashed_anew(exports, tmp_path, monkeypatch):
    monkeypatch.setenv("REVIEWLENS_CUSTOMER_KEY", "one")
    rl.analyze(exports, out=tmp_path / "lens")
    gone = (exports / "a.parquet").rename(tmp_path / "a.parquet")
    monkeypatch.setenv("REVIEWLENS_CUSTOMER_KEY", "two")
    with pytest.raises(ConfigError, match="the key of the customer hashes changed"):
        rl.analyze(exports, out=tmp_path / "lens")
    gone.rename(exports / "a.parquet")
    rl.analyze(exports, out=tmp_path / "lens")
    assert rl.forget(tmp_path / "lens", customer="jane") == 30


def test_rows_that_no_new_model_can_reach_are_told(exports, tmp_path, caplog):
    rl.analyze(exports, out=tmp_path / "lens")
    (exports / "a.parquet").unlink()
    themes = rl.ThemeSet.load(ROOT / "examples" / "custom_themes.toml")
    rl.analyze(exports, out=tmp_path / "lens", themes=themes)
    assert "15 rows whose exports cannot be read stay as they were scored before" in caplog.text
    caplog.clear()
    rl.analyze(exports, out=tmp_path / "lens", themes=themes)
    assert "stay as they were" not in caplog.text


def test_a_copy_without_links_keeps_the_reviews_of_exports_that_are_gone(exports, tmp_path, caplog):
    lens = tmp_path / "lens"
    rl.analyze(exports, out=lens)
    (exports / "a.parquet").unlink()
    before = rl.analyze(exports, out=lens, config={"period": "day"})
    (lens / "current").unlink()
    after = rl.analyze(exports, out=lens, config={"period": "day"})
    assert after.folder == before.folder
    assert "points to the newest run again: 000002" in caplog.text
    shutil.rmtree(before.folder)
    with pytest.raises(StoreError, match="the run that `current` names is gone"):
        rl.analyze(exports, out=lens)
    (lens / "current").unlink()
    assert rl.analyze(exports, out=lens, config={"period": "day"}).manifest["counts"] == before.manifest["counts"]


@pytest.mark.parametrize(("source", "way_out"), [("a.parquet", "put the export a.parquet back"), ("b.parquet", "anew")])
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:300])])
def test_a_part_that_is_damaged_is_said_with_the_way_out(exports, tmp_path, source, way_out, damage):
    lens = tmp_path / "lens"
    parts = {part["source"]: part["id"] for part in rl.analyze(exports, out=lens).manifest["parts"]}
    (exports / "a.parquet").rename(tmp_path / "a.parquet")
    deliver(exports, "c", 30)
    damage(lens / "parts" / parts[source] / "mentions.parquet")
    with pytest.raises(StoreError, match=f"missing or damaged(.|\n)*{parts[source]}(.|\n)*{way_out}"):
        rl.analyze(exports, out=lens)
    shutil.rmtree(lens / "parts" / parts[source])
    if source == "a.parquet":
        (tmp_path / "a.parquet").rename(exports / "a.parquet")
    assert rl.analyze(exports, out=lens).manifest["counts"]["rows"] == 45
