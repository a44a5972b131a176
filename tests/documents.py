"""Code blocks of Markdown files, so that the tests can run what the documentation says.

A block in ``python`` is run, those of one file in one namespace; an expression that a comment follows must have that
value, and a ``text`` block after `<!-- output -->` is what the block before it printed. In a ``console`` block every
line with a ``$`` is run. A block that begins with `# file: NAME` is written to that file. `<!-- not run: WHY -->` in
front of a block says why it is not run.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

FENCE = re.compile(
    r"^(?P<indent> *)(?:<!-- (?P<note>[^\n]*?) -->\n+ *)?```(?P<language>[^\n]*)\n(?P<code>.*?)^ *```", re.M | re.S
)
PROSE = {"", "text", "json", "cron", "yaml", "diff", "mermaid", "{.python .signature}"}
SHOWN = "output"
NOT_RUN = "not run: "
UPDATE = "REVIEWLENS_UPDATE_DOCS"  # set it to write the outputs into the documents instead of comparing them


class Block(NamedTuple):
    """One fenced block of a document."""

    language: str
    code: str
    note: str
    line: int


def blocks(path: Path) -> list[Block]:
    """Return the fenced blocks of a Markdown file."""
    text = path.read_text("utf-8")
    found = []
    for match in FENCE.finditer(text):
        code = re.sub(rf"^{match['indent']}", "", match["code"], flags=re.M)
        line = text[: match.start("code")].count("\n") + 1
        found.append(Block(match["language"].strip(), code, (match["note"] or "").strip(), line))
    return found


def run(path: Path, folder: Path) -> int:
    """Run the blocks of a document in a folder, and return how many were run; raise where one fails or lies."""
    namespace: dict[str, Any] = {"__name__": "document"}
    printed, ran = "", 0
    with contextlib.chdir(folder):
        named = _write_files(path, folder)
        for block in blocks(path):
            place = f"{path.name}:{block.line}"
            if block.note.startswith(NOT_RUN):
                continue
            if block.note == SHOWN and os.environ.get(UPDATE):
                _put(path, f"```text\n{block.code}```", f"```text\n{printed.rstrip()}\n```")
            elif block.note == SHOWN:
                assert block.code.strip() == printed.strip(), f"{place}: it printed\n{printed}"
            elif block.language == "python":
                printed = _python(block.code, namespace, place, block.line)
                ran += 1
            elif block.language in ("console", "bash", "sh"):
                _console(block.code, place)
                ran += 1
            elif block.line not in named and block.language not in PROSE:
                raise AssertionError(f"{place}: a block in {block.language!r} is neither run nor marked with a reason")
    return ran


def _put(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def _write_files(path: Path, folder: Path) -> set[int]:
    """Write the blocks that name a file, before anything is run, and return their lines."""
    lines = set()
    for block in blocks(path):
        name = re.match(r"(?:#|--|\{#) file: (\S+)(?: #\})?\n", block.code)
        if name:
            target = folder / name[1]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.code, "utf-8")
            lines.add(block.line)
    return lines


def _python(code: str, namespace: dict[str, Any], place: str, line: int) -> str:
    tree, out, lines = ast.parse(code), io.StringIO(), code.splitlines()
    ast.increment_lineno(tree, line - 1)
    with contextlib.redirect_stdout(out):
        for node in tree.body:
            after = (node.end_lineno or 0) - line + 1
            expected = lines[after][2:] if after < len(lines) and lines[after].startswith("# ") else None
            if isinstance(node, ast.Expr) and expected is not None:
                value = eval(compile(ast.Expression(node.value), place, "eval"), namespace)
                assert repr(value) == expected, f"{place}: {ast.unparse(node)} is {value!r}, not {expected}"
            else:
                exec(compile(ast.Module([node], []), place, "exec"), namespace)
    return out.getvalue()


def _console(code: str, place: str) -> None:
    joined = code.replace("\\\n", " ")
    commands = [line[2:].split("   #")[0] for line in joined.splitlines() if line.startswith("$ ")]
    assert commands, f"{place}: a console block without a line that starts with $"
    for command in commands:
        words = shlex.split(command)
        assert words[0] in ("reviewlens", "cat", "ls", "mkdir", "duckdb"), f"{place}: how is {words[0]!r} to be run?"
        if words[0] == "reviewlens":
            _reviewlens(words[1:], f"{place}: {command}")


def _reviewlens(words: list[str], place: str) -> None:
    from reviewlens.cli import main

    expanded = [found for word in words for found in _expand(word)]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            main(expanded)
        except SystemExit as end:
            assert end.code == 0, f"{place} ended with {end.code}: {out.getvalue()}"


def _expand(word: str) -> list[str]:
    if "*" not in word:
        return [word]
    return sorted(path.as_posix() for path in Path().glob(word)) or [word]
