"""Executors that read exports from S3 and send their parts there: the tables of one machine and a local folder."""

from __future__ import annotations

import os

import pandas as pd
import pytest
from pyarrow import fs

import reviewlens as rl
from reviewlens.engines.local import LocalEngine
from reviewlens.engines.spark import SparkEngine
from reviewlens.errors import InputNotFoundError, StoreError

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::FutureWarning:pyspark")]

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("REVIEWLENS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def exports(s3, sample):
    """The sample in a bucket."""
    files, root = fs.FileSystem.from_uri(f"{s3}/spark-exports")
    for path in sorted(sample.glob("*.parquet")):
        with files.open_output_stream(f"{root}/{path.name}") as stream:
            stream.write(path.read_bytes())
    return f"{s3}/spark-exports/"


@pytest.mark.parametrize("kind", ["spark-local", "standalone"])
def test_from_s3_to_s3(kind, session, request, s3, exports, tmp_path):
    there = {f"spark.executorEnv.{name}": os.environ[name] for name in CREDENTIALS}
    master = "local[2]" if kind == "spark-local" else request.getfixturevalue("cluster").master
    engine = SparkEngine(session(master, **there))
    out = f"{s3}/{kind}"
    run = rl.analyze(exports, out=out, engine=engine, config={"part_rows": 400})
    expected = rl.analyze(exports, out=tmp_path / "here", engine=LocalEngine(1), config={"part_rows": 400})
    again = rl.open_run(out)
    for name, table in expected.tables.items():
        pd.testing.assert_frame_equal(run.tables[name], table, check_exact=True, obj=name)
        pd.testing.assert_frame_equal(again.tables[name], table, check_exact=True, obj=name)
    assert again.scored.count_rows() == expected.scored.count_rows() > 400
    assert again.mentions.count_rows() == expected.mentions.count_rows() > 0
    assert len(_objects(out, "/receipt.json")) == len(run.manifest["parts"]) > 2
    assert not [path for path in _objects(out, "") if ".tmp" in path]


def test_executors_without_credentials_write_nothing(session, s3, sample):
    wrong = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    spark = session("local[2]", **{f"spark.executorEnv.{name}": value for name, value in wrong.items()})
    with pytest.raises(StoreError, match="cannot write to the output folder"):
        rl.analyze(sample, out=f"{s3}/nothing", engine=SparkEngine(spark), config={"part_rows": 400})
    assert not _objects(f"{s3}/nothing", ".parquet", "current")


def test_executors_that_may_not_read_the_exports_write_nothing(session, exports, tmp_path):
    spark = session("local[2]", **{"spark.executorEnv.AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    with pytest.raises(InputNotFoundError, match="does not see an input file"):
        rl.analyze(exports, out=tmp_path / "lens", engine=SparkEngine(spark), config={"part_rows": 400})
    assert not list((tmp_path / "lens").rglob("*.parquet"))


def _objects(url: str, *endings: str) -> list[str]:
    files, root = fs.FileSystem.from_uri(url)
    found = files.get_file_info(fs.FileSelector(root, recursive=True, allow_not_found=True))
    return [info.path for info in found if info.path.endswith(endings)]
