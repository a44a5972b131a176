"""How a command shows what it found: in color on a terminal, as JSON for machines, in the reader's language."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys

import pytest
from places import SAMPLE

import reviewlens as rl
from reviewlens.cli import main

TABLE = """
import pandas as pd
from reviewlens.cli.show import show_table
show_table(pd.DataFrame({"polarity": ["positive", "negative"], "score": [0.5, -0.5], "text": ["[red]x", None]}))
"""


def on_a_terminal(code: str) -> str:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    done = subprocess.run([sys.executable, "-c", code], stdout=theirs, env=environment, check=True)
    os.close(theirs)
    assert done.returncode == 0
    return os.read(ours, 100_000).decode()


def test_a_terminal_gets_aligned_columns_and_color():
    shown = on_a_terminal(TABLE)
    assert "\x1b[32mpositive" in shown
    assert "\x1b[31mnegative" in shown
    assert "[red]x" in shown, "what reviews say is text, not a style"
    assert "nan" not in shown.lower()


NARROW = """
import pandas as pd
from reviewlens.cli.show import show_table
show_table(pd.DataFrame({"label": ["电池与电源"], "reviews": [1234567], "quote": ["long " * 60]}))
show_table(pd.DataFrame({f"field_{n}": [n * 1000 + m for m in range(6)] for n in range(19)}))
"""


def test_on_a_terminal_the_longest_text_gives_way_and_a_wide_table_is_turned():
    lines = re.sub(r"\x1b\[[0-9;]*m", "", on_a_terminal(NARROW)).splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert "电池与电源" in lines[1]
    assert "1234567" in lines[1]
    assert "…" in lines[1]
    assert [line.split() for line in lines[2:]] == [
        [f"field_{n}", *(str(n * 1000 + m) for m in range(4))] for n in range(19)
    ]


def test_a_pipe_gets_plain_columns():
    done = subprocess.run([sys.executable, "-c", TABLE], capture_output=True, text=True, check=True)
    assert done.stdout == "polarity\tscore\ttext\npositive\t0.5\t[red]x\nnegative\t-0.5\t\n"


def said(capsys, *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_a_description_for_machines_is_that_of_the_library(sample_run, capsys):
    out = str(sample_run.store.out)
    told = json.loads(said(capsys, "describe", out, "--product", "EB-200", "--json"))
    found = rl.describe(sample_run, "EB-200")
    assert (told["product_id"], told["text"]) == ("EB-200", found.text)
    assert [row["mentions"] for row in told["evidence"]] == found.evidence["mentions"].tolist()


def test_a_report_in_chinese_is_one_option(tmp_path, capsys):
    said(capsys, "run", str(SAMPLE / "reviews-2026-08.parquet"), "--out", str(tmp_path / "lens"), "--report-lang", "zh")
    run = rl.open_run(tmp_path / "lens")
    assert '<html lang="zh">' in run.report.read_text("utf-8")
    wishes = run.tables["wishes"]
    assert set(wishes.loc[wishes["theme_id"] == "other", "label"]) == {"其他"}
