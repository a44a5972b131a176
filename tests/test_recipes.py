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


def dag() -> dict[str, str]:
    """The commands of the DAG, by the name of their constant."""
    tree = ast.parse((RECIPES / "airflow_dag.py").read_text())
    compile(tree, "airflow_dag.py", "exec")
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


@pytest.mark.parametrize(
    ("code", "ends_with", "gate"), [(0, 0, 0), (6, 0, 0), (4, 0, 1), (2, 2, None), (5, 5, None), (143, 143, None)]
)
def test_the_dag_fails_where_a_run_fails_and_tells_of_a_gate_apart(code, ends_with, gate):
    commands = dag()
    program, sign, after = commands["COMMAND"].partition("; ")
    assert program.split()[:2] == ["/opt/reviewlens/bin/reviewlens", "run"]
    ran = subprocess.run(["bash", "-c", f"sh -c 'exit {code}'{sign}{after}"], capture_output=True, check=False)
    assert (ran.returncode, ran.stdout.split()[-1]) == (ends_with, str(code).encode())
    if gate is not None:
        asked = commands["GATE"].replace("{{ ti.xcom_pull(task_ids='run') }}", str(code))
        assert subprocess.run(["bash", "-c", asked], check=False).returncode == gate


def test_the_dag_loads_where_there_is_airflow():
    pytest.importorskip("airflow", reason="Airflow is not installed")
    assert runpy.run_path(str(RECIPES / "airflow_dag.py"))["dag"].dag_id == "reviewlens"


def test_every_cron_line_of_the_documentation_names_the_program_with_its_whole_path():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")]
    lines = [line for page in pages for line in page.read_text("utf-8").splitlines() if "3 * * *" in line]
    assert len(lines) >= 4
    assert all("/bin/reviewlens run" in line for line in lines), lines
