"""Every example runs, and prints what it promises."""

from __future__ import annotations

import runpy
import subprocess
import sys

import pytest
from places import ROOT

from reviewlens.config import load_settings

EXAMPLES = ROOT / "examples"
SAYS = {
    "demo": ["The largest unmet needs", "What rises beyond chance", "EB-200", "report.html"],
    "script": ["% of {n} reviews"],
    "custom_table": ["theme_id", "low_ratings"],
    "custom_themes": ["power", "arrival"],
    "read_tables": ["the same {n} reviews: True"],
}


def test_every_example_is_listed():
    readme = (EXAMPLES / "README.md").read_text("utf-8")
    files = {path.name for path in EXAMPLES.iterdir() if path.suffix in {".py", ".sql", ".toml"}}
    assert {name for name in files if f"]({name})" not in readme} == set()
    assert {path.stem for path in EXAMPLES.glob("*.py")} - {"train"} == set(SAYS)


@pytest.mark.parametrize("name", SAYS)
def test_example_runs(name, tmp_path, capsys, monkeypatch, sample_run):
    monkeypatch.setenv("REVIEWLENS_WORKERS", "1")
    runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"](tmp_path / "lens")
    printed = capsys.readouterr().out
    assert [
        words for words in SAYS[name] if words.format(n=sample_run.manifest["counts"]["scored"]) not in printed
    ] == []


def test_without_the_package_the_demo_says_what_to_do():
    bare = [sys.executable, "-I", "-S", str(EXAMPLES / "demo.py")]  # neither installed packages nor the clone
    done = subprocess.run(bare, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "make demo" in done.stderr


def test_training_example_runs(capsys):
    runpy.run_path(str(EXAMPLES / "train.py"))["main"]("linear")
    printed = capsys.readouterr().out
    assert "bundled" in printed
    assert "macro_f1" in printed.split("ours")[1]


def test_job_file_is_valid():
    settings = load_settings(EXAMPLES / "job.toml", environment={})
    assert settings.config.source
    assert settings.out
