"""What several tests share."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import fs

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "examples" / "sample"


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of the bundled sample exports."""
    return SAMPLE


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory, sample):
    """A run over the bundled sample."""
    import reviewlens as rl

    return rl.analyze(sample, out=tmp_path_factory.mktemp("sample") / "lens")


@pytest.fixture
def data() -> Path:
    """The folder of real reviews, which the project does not carry."""
    folder = os.environ.get("REVIEWLENS_DATA")
    if not folder:
        pytest.skip("set REVIEWLENS_DATA to a folder of real reviews")
    return Path(folder)


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """A server that speaks S3, on loopback; yields the URL of a bucket."""
    pytest.importorskip("moto.server", reason="no S3 server for tests: pip install 'moto[server]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    patch = pytest.MonkeyPatch()
    for key, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "DEFAULT_REGION": "us-east-1"}.items():
        patch.setenv(f"AWS_{key}", value)
    patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=5).close()
            break
        except OSError:
            assert server.poll() is None and time.monotonic() < end
            time.sleep(0.2)
    files, _ = fs.FileSystem.from_uri("s3://reviews/?allow_bucket_creation=true")
    files.create_dir("reviews")
    yield "s3://reviews"
    server.terminate()
    server.wait(30)
    patch.undo()
