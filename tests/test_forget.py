"""Forgetting a customer: gone from everything, for good, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import reviewlens as rl
from reviewlens.cli import main
from reviewlens.errors import ConfigError, InputNotFoundError
from reviewlens.store import Store

SECRET = "zanzibar"  # a word of the customer, in a quote that makes it into the tables


def reviews() -> pd.DataFrame:
    others = [f"The battery died after {n} days, what a waste of money." for n in range(12)]
    theirs = [
        f"The battery of this {SECRET} thing broke, and the price is a joke.",
        f"I wish the {SECRET} cable were longer.",
    ]
    return pd.DataFrame(
        {
            "review_id": [f"r{i}" for i in range(14)],
            "product_id": ["p1", "p2"] * 7,
            "customer": [f"c{i % 5}" for i in range(12)] + ["jane", "jane"],
            "text": others + theirs,
            "created_at": pd.date_range("2024-01-01", periods=14, tz="UTC"),
        }
    )


@pytest.fixture
def night(tmp_path):
    """Two exports, the second with a newer version of the customer's first review, and the run over them."""
    (tmp_path / "in").mkdir()
    frame = reviews()
    frame[:13].assign(exported_at=pd.Timestamp("2024-02-01", tz="UTC")).to_parquet(tmp_path / "in" / "a.parquet")
    frame[8:].assign(exported_at=pd.Timestamp("2024-02-02", tz="UTC")).to_parquet(tmp_path / "in" / "b.parquet")
    rl.analyze(tmp_path / "in", out=tmp_path / "lens", config={"part_rows": 5})
    return tmp_path


def everything(folder) -> str:
    """All that the folder says: Parquet is compressed, so it is read, not searched as bytes."""
    said = []
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            said.append(pd.read_parquet(path).to_csv())
        elif path.is_file():
            said.append(path.read_text("utf-8"))
    return "\n".join(said)


def test_gone_from_everything_and_stays_gone(night):
    out = night / "lens"
    assert SECRET in everything(out)
    parts = set(Store(out).newest_parts().values())
    assert rl.forget(out, customer="jane") == 2
    assert SECRET not in everything(out)
    assert "jane" not in everything(out)
    assert len(Store(out).run_folders()) == 1
    kept = parts & set(Store(out).newest_parts().values())
    assert kept, "parts without the customer are not written anew"
    run = rl.open_run(out)
    assert run.tables["intake"].set_index("reason")["reviews"].to_dict() == {
        "forgotten": 2,
        "scored": 12,
        "superseded": 5,
    }
    assert run.scored.count_rows() == 12

    again = rl.analyze(night / "in", out=out, config={"part_rows": 5})
    assert again.folder == run.folder, "nothing is new, so nothing is scored again"
    reviews().assign(exported_at=pd.Timestamp("2024-02-03", tz="UTC")).to_parquet(night / "in" / "c.parquet")
    after = rl.analyze(night / "in", out=out, config={"part_rows": 5})
    assert after.manifest["told"]["rows_scored"] == 14
    assert SECRET not in everything(out)
    assert after.tables["intake"].set_index("reason")["reviews"]["forgotten"] == 2


def test_the_tables_are_those_of_a_run_that_knew_from_the_start(night):
    out, fresh = night / "lens", night / "fresh"
    rl.forget(out, customer="jane")
    rl.forget(out, customer="c3")
    fresh.mkdir()
    for name in ("customer.key", "forgotten.json"):
        (fresh / name).write_bytes((out / name).read_bytes())
    expected = rl.analyze(night / "in", out=fresh)
    run = rl.open_run(out)
    for name in expected.tables:
        pd.testing.assert_frame_equal(run.tables[name], expected.tables[name], check_exact=True, obj=name)


def test_nobody_is_nobody(night):
    before = rl.open_run(night / "lens").folder
    assert rl.forget(night / "lens", customer="unheard of") == 0
    assert rl.open_run(night / "lens").folder == before
    with pytest.raises(InputNotFoundError):
        rl.forget(night / "absent", customer="jane")
    assert not (night / "absent").exists()


@pytest.mark.parametrize("unset", ["", " "])
def test_no_name_is_nobody_to_forget(night, unset):
    """A script whose variable is not set shall not believe that the customer is forgotten."""
    with pytest.raises(ConfigError, match="no customer is named"):
        rl.forget(night / "lens", customer=unset)
    assert not (night / "lens" / "forgotten.json").exists()


def test_a_folder_without_runs_is_refused_and_stays_as_it_was(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("jane")
    with pytest.raises(InputNotFoundError, match="no run is here"):
        rl.forget(tmp_path / "letters", customer="jane")
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["dear.txt"]


def test_the_command_says_what_became_of_the_customer(night, capsys):
    def said(customer: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["forget", str(night / "lens"), "--customer", customer])
        assert ended.value.code == 0
        return capsys.readouterr().out

    assert said("jane").startswith("2 reviews forgotten; later exports")
    assert said("jane").startswith("no review of this customer was found")
    assert said("newcomer").startswith("no review of this customer was found")
    frame = reviews().assign(customer="newcomer", review_id=[f"n{i}" for i in range(14)])
    frame.to_parquet(night / "in" / "c.parquet")
    run = rl.analyze(night / "in", out=night / "lens", config={"part_rows": 5})
    assert run.tables["intake"].set_index("reason")["reviews"]["forgotten"] == 2 + 14


def test_another_key_is_refused(night, monkeypatch):
    rl.forget(night / "lens", customer="jane")
    monkeypatch.setenv("REVIEWLENS_CUSTOMER_KEY", "another")
    with pytest.raises(ConfigError, match="key"):
        rl.forget(night / "lens", customer="c1")
    with pytest.raises(ConfigError, match="key"):
        rl.analyze(night / "in", out=night / "lens")


@pytest.mark.parametrize("moment", ["rewrite_part", "publish", "remove_past", "settle"])
def test_cut_short_it_is_finished_by_the_next(night, moment):
    """The process dies before the named step; a run, not another forget, comes next."""
    died = subprocess.run(
        [sys.executable, "-c", DYING, str(night / "lens"), moment], env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    assert died.returncode == -signal.SIGKILL
    run = rl.analyze(night / "in", out=night / "lens", config={"part_rows": 5})
    assert SECRET not in everything(night / "lens")
    assert run.tables["intake"].set_index("reason")["reviews"]["forgotten"] == 2
    assert not Store(night / "lens").pending()


DYING = """
import os, signal, sys
from reviewlens import job
from reviewlens.store import Store

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

home = job if hasattr(job, sys.argv[2]) else Store
setattr(home, sys.argv[2], die)
job.forget(sys.argv[1], customer="jane")
"""
