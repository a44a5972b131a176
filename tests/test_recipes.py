"""The recipes for cron, systemd and Airflow, executed as far as that goes without them."""

from __future__ import annotations

import ast
import configparser
import runpy
import shlex
import subprocess
import sys

import pytest
from places import ROOT

import reviewlens as rl

RECIPES = ROOT / "examples" / "nightly"


def crontab() -> tuple[dict[str, str], str]:
    """Variables and command of the crontab."""
    lines = [line for line in (RECIPES / "crontab").read_text().splitlines() if line and not line.startswith("#")]
    variables = dict(line.split("=", 1) for line in lines if line.partition("=")[0].isidentifier())
    (entry,) = (line for line in lines if line.partition("=")[0] not in variables)
    return variables, entry.split(maxsplit=5)[5]


def test_the_crontab_line_works_in_an_empty_environment(tmp_path, sample):
    variables, line = crontab()
    program = tmp_path / "reviewlens"
    started = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from reviewlens.cli import main; main()"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(started)} "$@"\n')
    program.chmod(0o755)
    job = tmp_path / "job.toml"
    job.write_text(f'source = "{sample}/*-01.parquet"\nout = "lens"\n')
    mine = {"REVIEWLENS": program, "JOB": job, "LOG": tmp_path / "job.log"}
    assert set(variables) == {"SHELL", *mine}
    environment = [f"{name}={value}" for name, value in mine.items()]
    words = ["env", "-i", *environment, variables["SHELL"], "-c", line]
    done = subprocess.run(words, cwd="/", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), (tmp_path / "job.log").read_text()
    assert rl.open_run(tmp_path / "lens").manifest["counts"]["scored"] > 0


def test_the_systemd_units_hold_together():
    service, timer = (configparser.ConfigParser(strict=False, interpolation=None) for _ in range(2))
    for parser in (service, timer):
        parser.optionxform = str
    service.read(RECIPES / "reviewlens.service")
    timer.read(RECIPES / "reviewlens.timer")
    assert service["Service"]["ExecStart"].split()[1:3] == ["run", "--config"]
    assert {"6", "143"} <= set(service["Service"]["SuccessExitStatus"].split())
    assert "OnCalendar" in timer["Timer"]


def test_the_dag_parses_and_loads_where_there_is_airflow():
    path = RECIPES / "airflow_dag.py"
    tree = ast.parse(path.read_text())
    compile(tree, str(path), "exec")
    command = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "COMMAND"
    )
    assert subprocess.run(["sh", "-c", "sh -c 'exit 6' ||" + command.split("||")[1]], check=False).returncode == 0
    assert subprocess.run(["sh", "-c", "sh -c 'exit 3' ||" + command.split("||")[1]], check=False).returncode == 1
    pytest.importorskip("airflow", reason="Airflow is not installed")
    assert runpy.run_path(str(path))["dag"].dag_id == "reviewlens"
