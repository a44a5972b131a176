"""A wrong command line: three lines, what, where and what to do, for every verb, and exit code 2."""

from __future__ import annotations

import json
import shutil

import pytest

from reviewlens.cli import cli, main

VERBS = sorted(cli.commands)


def said_and_done(capsys, *words: str) -> tuple[list[str], int]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return capsys.readouterr().err.splitlines(), ended.value.code


def said(capsys, *words: str) -> tuple[list[str], int]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines(), ended.value.code


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_option(verb, capsys):
    lines, code = said(capsys, verb, "--bogus")
    assert (code, len(lines)) == (2, 3)
    assert "--bogus" in lines[0]
    assert lines[1] == f"  at: reviewlens {verb}"
    assert lines[2].startswith("  do: ")
    assert f"`reviewlens {verb} --help`" in lines[2]


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "config"])
def test_nothing_is_given(verb, capsys):
    lines, code = said(capsys, verb)
    assert (code, len(lines)) == (2, 3)
    assert [line.partition(":")[0] for line in lines] == ["error", "  at", "  do"]


@pytest.mark.parametrize(
    ("words", "what", "advice"),
    [
        (["rnu"], "no such command 'rnu'", "did you mean run?"),
        (["run", "--perid", "day"], "no such option '--perid'", "did you mean --period"),
        (["run", "x", "--period", "year"], "'year' is not one of 'day', 'week', 'month'", "--help"),
        (["run", "x", "--workers", "many"], "'many' is not a valid integer", "--help"),
        (["run", "x", "--out"], "option '--out' requires an argument", "`reviewlens run --help`"),
        (["forget", "lens"], "missing option '--customer'", "add --customer ID (the customer as"),
        (["status"], "missing argument 'OUT'", "`reviewlens status --help`"),
        (["status", "a", "b"], "unexpected extra argument", "`reviewlens status --help`"),
        (["run", "x", "--out", "y", "--master", "spark://h:7077"], "for the Spark engine", "--engine spark"),
    ],
)
def test_what_is_wrong_is_said_with_what_helps(words, what, advice, capsys):
    lines, code = said(capsys, *words)
    assert (code, len(lines)) == (2, 3)
    assert what in lines[0]
    assert advice in lines[2]


def test_an_export_without_rights_is_left_to_quarantine(capsys, monkeypatch, sample):
    """The shell names every file, and one that cannot be read shall not stop the others."""
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    with pytest.raises(SystemExit) as ended:
        main(["check", str(sample / "reviews-2026-01.parquet")])
    assert (ended.value.code, capsys.readouterr().err) == (0, "")


def broken(error: Exception):
    def run_night(*_, **__):
        raise error

    return run_night


def test_what_the_system_refuses_is_said_in_three_lines(capsys, monkeypatch, tmp_path):
    error = PermissionError(13, "Permission denied", str(tmp_path / "runs" / "000001"))
    monkeypatch.setattr("reviewlens.cli.nightly.run_night", broken(error))
    lines, code = said(capsys, "run", "x", "--out", str(tmp_path / "lens"))
    assert (code, len(lines)) == (1, 3)
    assert lines[:2] == ["error: the system refuses: Permission denied", f"  at: {tmp_path / 'runs' / '000001'}"]


def test_what_nobody_foresaw_is_one_object_in_a_log_of_json_and_a_trace_elsewhere(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("reviewlens.cli.nightly.run_night", broken(KeyError("unforeseen")))
    words = ["run", "x", "--out", str(tmp_path / "lens")]
    lines, code = said(capsys, *words, "--log-format", "json")
    event = json.loads("".join(lines))
    assert (code, event["event"], event["level"], event["exit_code"]) == (1, "KeyError: 'unforeseen'", "critical", 1)
    assert "Traceback" in event["error"]
    with pytest.raises(KeyError):
        main(words)


def test_a_warning_has_a_name_for_alarms_and_its_sentence(capsys, tmp_path, sample):
    exports = tmp_path / "in"
    exports.mkdir()
    shutil.copy(sample / "reviews-2026-01.parquet", exports)
    (exports / "bad.parquet").write_bytes(b"no")
    lines, code = said_and_done(capsys, "run", str(exports), "--out", str(tmp_path / "lens"), "--log-format", "json")
    (event,) = [json.loads(line) for line in lines if '"warning"' in line]
    assert code == 6
    assert {key: event[key] for key in ("event", "source", "reason", "message")} == {
        "event": "quarantined",
        "source": "bad.parquet",
        "reason": "not_parquet",
        "message": "quarantined bad.parquet: not_parquet",
    }
