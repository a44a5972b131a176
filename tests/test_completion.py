"""Completion in the shell, as bash asks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from places import ROOT


def completed(line: str) -> list[str]:
    """Return what is offered for the last word of a line, as `kind,value`."""
    words = line.split(" ")
    asked = {"_REVIEWLENS_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    command = [sys.executable, "-m", "reviewlens"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **asked}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("reviewlens rec", ["plain,recommend"]),
        ("reviewlens run --per", ["plain,--period"]),
        ("reviewlens run --period ", ["plain,day", "plain,week", "plain,month"]),
        ("reviewlens run exp", ["file,exp"]),
        ("reviewlens run --config jo", ["file,jo"]),
        ("reviewlens describe le", ["file,le"]),
    ],
)
def test_verbs_options_values_and_files_are_completed(line, offered):
    assert completed(line) == offered


def test_bash_takes_the_script():
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "_REVIEWLENS_COMPLETE": "bash_source"}
    made = subprocess.run(
        [sys.executable, "-m", "reviewlens"], env=environment, capture_output=True, text=True, check=True
    ).stdout
    ran = subprocess.run([bash, "-c", f"{made}\ncomplete -p reviewlens"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "_reviewlens_completion" in ran.stdout
