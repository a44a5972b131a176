"""An output folder that is not on this machine: the same run, there whole or not at all."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import fs

import reviewlens as rl
from reviewlens.errors import ConfigError, InputError, InputNotFoundError, LockedError, StoreError
from reviewlens.remote import Remote, is_remote, mirrored

TEXTS = ["The battery died.", "电池不耐用", "Lovely colour, but the zip broke", "ok", ""]


def reviews(n: int, first: int = 0) -> pd.DataFrame:
    rows = range(first, first + n)
    return pd.DataFrame(
        {"review_id": [f"r{i}" for i in rows], "product_id": "p", "text": [TEXTS[i % len(TEXTS)] for i in rows]}
    )


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("REVIEWLENS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(params=["file", "fsspec"])
def url(request, tmp_path) -> str:
    if request.param == "fsspec":
        pytest.importorskip("fsspec", reason="fsspec is not installed")
        return f"fsspec+memory://{tmp_path.name}/lens"
    (tmp_path / "far").mkdir()
    return (tmp_path / "far" / "lens").as_uri()


def check_nights(url: str, cache: Path, tmp_path: Path) -> None:
    """Two nights from two machines, as one machine and one local folder have them."""
    first = rl.analyze(reviews(40), out=url)
    shutil.rmtree(cache)  # the second night runs on another machine
    second = rl.analyze(reviews(40, first=20), out=url)
    rl.analyze(reviews(40), out=tmp_path / "here")
    expected = rl.analyze(reviews(40, first=20), out=tmp_path / "here")
    shutil.rmtree(cache)
    read = rl.open_run(url)
    assert [first.folder.name, second.folder.name, read.folder.name] == ["000001", "000002", "000002"]
    for name in expected.tables:
        pd.testing.assert_frame_equal(read.tables[name], expected.tables[name], check_exact=True, obj=name)
    assert read.scored.count_rows() == expected.scored.count_rows()
    assert list(rl.status(url)["run"]) == ["000002", "000001"]
    assert rl.analyze(reviews(40, first=20), out=url).folder.name == "000002"  # nothing new


def test_nights_of_two_machines_are_those_of_one(url, cache, tmp_path):
    check_nights(url, cache, tmp_path)


def test_nothing_is_published_over_a_run_that_was_not_seen(url, cache, tmp_path):
    rl.analyze(reviews(10), out=url)
    with pytest.raises(LockedError, match="another run has published"), mirrored(url) as local:
        rl.analyze(reviews(20), out=local)
        here = os.environ["REVIEWLENS_CACHE"]
        os.environ["REVIEWLENS_CACHE"] = str(tmp_path / "other")
        rl.analyze(reviews(30), out=url)
        os.environ["REVIEWLENS_CACHE"] = here
    run = rl.open_run(url)
    assert run.manifest["counts"]["rows"] == 30


def test_a_part_without_its_receipt_is_not_there(url, cache):
    run = rl.analyze(reviews(10), out=url)
    remote = Remote(url)
    (part,) = {name.split("/")[1] for name in remote._objects("parts")}
    remote.files.delete_file(f"{remote.root}/parts/{part}/receipt.json")
    assert not list((remote.pull() / "parts").glob("*"))
    again = rl.analyze(reviews(10), out=url)
    assert again.manifest["counts"] == run.manifest["counts"]
    assert (remote.pull() / "parts" / part / "receipt.json").exists()


def test_who_is_forgotten_is_forgotten_there_and_in_every_copy(url, cache, tmp_path):
    rl.analyze(reviews(10).assign(customer=[f"c{i}" for i in range(10)]), out=url)
    other = tmp_path / "other"
    shutil.copytree(cache, other, symlinks=True)
    assert rl.forget(url, customer="c1") == 1
    os.environ["REVIEWLENS_CACHE"] = str(other)
    assert rl.open_run(url).scored.count_rows() == 7
    folders = [{p.name for p in root.glob("*/parts/*")} for root in (cache, other)]
    assert folders[0] == folders[1] and len(folders[0]) == 1


def test_exports_by_fsspec(tmp_path):
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    files = fsspec.filesystem("memory")
    for n, name in enumerate(("a.parquet", "b.parquet", "_c.parquet")):
        with files.open(f"/{tmp_path.name}/exports/{name}", "wb") as stream:
            stream.write(parquet(reviews(10, first=10 * n)))
    run = rl.analyze(f"fsspec+memory://{tmp_path.name}/exports/", out=tmp_path / "lens")
    assert run.manifest["counts"]["rows"] == 20
    run = rl.analyze(f"fsspec+memory://{tmp_path.name}/exports/b*.parquet", out=tmp_path / "lens2")
    assert run.manifest["counts"]["rows"] == 10
    assert set(run.scored.to_table().column("review_id").to_pylist()) <= {f"r{i}" for i in range(10, 20)}


def test_hdfs_without_its_library_says_what_it_needs(monkeypatch, tmp_path):
    monkeypatch.delenv("HADOOP_HOME", raising=False)
    monkeypatch.setenv("ARROW_LIBHDFS_DIR", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    for call in (
        lambda: rl.analyze("hdfs://127.0.0.1:9/exports/", out=tmp_path / "lens"),
        lambda: rl.analyze(reviews(3), out="hdfs://127.0.0.1:9/lens"),
    ):
        with pytest.raises((InputError, ConfigError), match="HADOOP_HOME") as error:
            call()
        assert len(str(error.value).splitlines()) == 3
    assert not list(tmp_path.rglob("*.parquet"))


def test_s3_that_does_not_answer_says_what_it_needs(monkeypatch, tmp_path):
    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "ENDPOINT_URL": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for call in (
        lambda: rl.analyze("s3://nobody/exports-of-none/", out=tmp_path / "lens"),
        lambda: rl.analyze(reviews(3), out="s3://nobody/lens-of-none"),
    ):
        with pytest.raises((InputError, StoreError), match="AWS_ACCESS_KEY_ID") as error:
            call()
        assert len(str(error.value).splitlines()) == 3
    assert not list(tmp_path.rglob("*.parquet"))


def parquet(frame: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


def test_addresses(tmp_path):
    assert is_remote("s3://b/x") and not is_remote("lens") and not is_remote(tmp_path)
    with pytest.raises(ConfigError, match="no storage that can be reached"):
        Remote("nowhere://b/x").pull()
    with pytest.raises(InputNotFoundError, match="no run is here"):
        rl.open_run((tmp_path / "none").as_uri())


@pytest.mark.slow
def test_nights_on_s3(s3, cache, tmp_path):
    check_nights(f"{s3}/lens", cache, tmp_path)
    frame = reviews(30)
    files, root = fs.FileSystem.from_uri(f"{s3}/exports")
    with files.open_output_stream(f"{root}/one.parquet") as stream:
        frame.to_parquet(stream)
    run = rl.analyze("s3a://reviews/exports/", out="s3a://reviews/lens2")
    assert run.manifest["counts"]["rows"] == 30
    assert files.get_file_info("reviews/lens2/current").type == fs.FileType.File
