"""The output folder: whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import time

import pytest

from reviewlens.errors import ConfigError, InputNotFoundError, LockedError, StoreError
from reviewlens.store import TEMPORARY, Store


def write_run(store: Store, content: str) -> None:
    with store.new_run() as folder:
        (folder / "content").write_text(content)
        store.write_manifest(folder, {"parts": [], "content": content})


def test_current_is_the_last_run_and_stays_readable(tmp_path):
    store = Store(tmp_path / "lens")
    write_run(store, "first")
    first = store.current_run()
    write_run(store, "second")
    assert (first / "content").read_text() == "first"
    assert (store.current_run() / "content").read_text() == "second"
    assert (store.current / "content").read_text() == "second"


def test_a_failed_run_leaves_nothing(tmp_path):
    store = Store(tmp_path / "lens")
    write_run(store, "first")
    with pytest.raises(ZeroDivisionError), store.new_run() as folder:
        (folder / "content").write_text("half")
        raise ZeroDivisionError
    assert (store.current / "content").read_text() == "first"
    assert [p.name for p in store.runs.iterdir()] == ["000001"]


def test_a_pointer_file_serves_where_links_do_not_exist(tmp_path, monkeypatch):
    def no_links(*args, **kwargs):
        raise OSError("no links here")

    monkeypatch.setattr("pathlib.Path.symlink_to", no_links)
    store = Store(tmp_path / "lens")
    write_run(store, "first")
    write_run(store, "second")
    assert not store.current.is_symlink()
    assert (store.current_run() / "content").read_text() == "second"


def test_prune_keeps_runs_and_the_parts_that_they_name(tmp_path):
    store = Store(tmp_path / "lens")
    for name in "abc":
        with store.new_part(name) as folder:
            store.write_manifest(folder, {"id": name})
        with store.new_run() as folder:
            store.write_manifest(folder, {"parts": [{"id": name}]})
    store.prune(2)
    assert [p.name for p in store.run_folders()] == ["000002", "000003"]
    assert sorted(p.name for p in store.parts.iterdir()) == ["b", "c"]


def test_a_run_that_was_replaced_a_moment_ago_stays_for_its_readers(tmp_path):
    store = Store(tmp_path / "lens")
    for number in range(1, 6):
        with store.new_run() as folder:
            store.write_manifest(folder, {"parts": []})
        long_ago = time.time() - 1000 + 100 * number
        os.utime(store.runs / f"{number:06d}" / "manifest.json", (long_ago, long_ago))
    # Replaced 800, 700, 600 and 500 seconds ago; the fifth is current.
    store.prune(1, grace=650)
    assert [p.name for p in store.run_folders()] == ["000003", "000004", "000005"]
    store.prune(1, grace=0)
    assert [p.name for p in store.run_folders()] == ["000005"]


def test_two_runs_at_once_and_a_dead_holder(tmp_path):
    holder = textwrap.dedent("""
        import os, sys, time
        from reviewlens.store import Store
        with Store(sys.argv[1]).lock():
            print("held", flush=True)
            time.sleep(60)
    """)
    child = subprocess.Popen([sys.executable, "-c", holder, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "held\n"
    with pytest.raises(LockedError, match=str(child.pid)) as caught, Store(tmp_path).lock():
        pass
    assert caught.value.exit_code == 5
    child.kill()
    child.communicate()
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / f"{TEMPORARY}left").mkdir()
    with Store(tmp_path).lock():  # taken over at once, and what the dead one left is swept away
        assert list((tmp_path / "parts").iterdir()) == []


def test_the_customer_key_is_made_once_and_private(tmp_path, monkeypatch):
    monkeypatch.delenv("REVIEWLENS_CUSTOMER_KEY", raising=False)
    key = Store(tmp_path).customer_key()
    assert key == Store(tmp_path).customer_key()
    assert len(key) >= 32
    assert (tmp_path / "customer.key").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("REVIEWLENS_CUSTOMER_KEY", "secret")
    assert Store(tmp_path).customer_key() == b"secret"


def test_what_the_system_refuses_is_said_with_its_place(tmp_path, monkeypatch):
    monkeypatch.delenv("REVIEWLENS_CUSTOMER_KEY", raising=False)
    (tmp_path / "customer.key").mkdir()
    with pytest.raises(StoreError, match="key of the customer hashes cannot be read") as caught:
        Store(tmp_path).customer_key()
    assert caught.value.where == str(tmp_path / "customer.key")
    with pytest.raises(StoreError, match="cannot be written: File name too long"), Store(tmp_path).new_part("a" * 300):
        pass


def test_nothing_here(tmp_path):
    assert Store(tmp_path).current_run() is None
    with pytest.raises(InputNotFoundError):
        Store(tmp_path).manifest(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_a_wrong_argument(tmp_path):
    (tmp_path / "lens").write_text("a file")
    for out in (tmp_path / "lens", tmp_path / "lens" / "below"):
        with (
            pytest.raises(ConfigError, match="a file is where the output folder should be") as caught,
            Store(out).lock(),
        ):
            pass
        assert caught.value.exit_code == 2
    assert (tmp_path / "lens").read_text() == "a file"


@pytest.mark.parametrize("theirs", ["parts/letters.parquet", "runs/000001/a.txt", "current/a.txt"])
def test_files_of_others_are_neither_taken_for_ours_nor_removed(tmp_path, theirs):
    path = tmp_path / theirs
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(ConfigError, match="did not write"), Store(tmp_path).lock():
        pass
    assert path.read_text() == "mine"
    assert not (tmp_path / "lock").exists()


def test_a_folder_in_which_nothing_came_about_is_not_left_behind(tmp_path):
    for there in (False, True):
        store = Store(tmp_path / f"lens{there}")
        if there:
            store.out.mkdir()
        with pytest.raises(ZeroDivisionError), store.lock():
            raise ZeroDivisionError
        assert store.out.exists() == there
        assert not there or not list(store.out.iterdir())
    with store.lock():
        write_run(store, "first")
    with pytest.raises(ZeroDivisionError), store.lock():
        raise ZeroDivisionError
    assert (store.current / "content").read_text() == "first"


def test_a_current_run_that_somebody_removed_is_said_with_two_ways_out(tmp_path):
    store = Store(tmp_path / "lens")
    with store.lock(), store.new_run() as folder:
        store.write_manifest(folder, {"parts": []})
    shutil.rmtree(store.out / "runs" / "000001")
    with pytest.raises(StoreError, match="the run that `current` names is gone"), store.lock():
        pass
    store.current.unlink()
    with store.lock(), store.new_run() as folder:
        store.write_manifest(folder, {"parts": []})
    assert store.current_run() is not None
