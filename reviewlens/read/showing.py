"""How a check shows itself: plain text in a terminal, HTML in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewlens.read.checkup import Check

Line = tuple[str, ...]
_BAR = 24  # characters


def as_text(check: Check) -> str:
    """Return the check as aligned lines."""
    blocks = []
    for title, lines in _sections(check):
        widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
        told = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
        ]
        blocks.append("\n".join([title, *(f"  {line}" for line in told)]))
    return "\n\n".join([_headline(check), *blocks])


def as_html(check: Check) -> str:
    """Return the check as a fragment of HTML."""
    parts = [f"<p><b>{html.escape(_headline(check))}</b></p>"]
    for title, lines in _sections(check):
        rows = "".join(
            f"<tr>{''.join(f'<td style=text-align:left>{html.escape(cell)}</td>' for cell in line)}</tr>"
            for line in lines
        )
        parts.append(f"<p>{html.escape(title)}</p><table>{rows}</table>")
    return "".join(parts)


def _headline(check: Check) -> str:
    files = f"{check.files:,} file{'s' * (check.files != 1)}"
    looked = (
        ""
        if check.sampled == check.rows
        else f"; what follows is seen in the first rows of each file, {check.sampled:,} in all"
    )
    return f"{check.rows:,} rows in {files}, {check.size / 1e6:,.1f} MB{looked}"


def _sections(check: Check) -> Iterator[tuple[str, list[Line]]]:
    every: dict[str, list[Line]] = {
        "columns": [_column(check, ours) for ours in check.columns],
        "stars": _shares(check.stars),
        "languages": _languages(check),
        "repeated": _repeated(check),
        "trouble": [(trouble, f"{count:,} rows") for trouble, count in check.troubles.items()],
        "examples of trouble": [(e.file, f"row {e.row:,}", e.column, repr(e.value)) for e in check.examples],
        "files that cannot be used": [(f.name, f.reason, f.detail) for f in check.rejected[:20]],
        "left out": [(note,) for note in check.notes],
        "not there, and what that costs": list(check.missing.items()),
    }
    yield from ((title, lines) for title, lines in every.items() if lines)


def _column(check: Check, ours: str) -> Line:
    empty = f"{check.nulls.get(ours, 0):.1%} empty"
    span = " to ".join(check.dates[ours]) if ours in check.dates else ""
    return (ours, f"<- {check.columns[ours]}", check.types.get(ours, "folder"), empty, span)


def _shares(counts: Mapping[str, int]) -> list[Line]:
    total = sum(counts.values())
    return [(value, f"{n:,}", f"{n / total:.1%}", "█" * round(_BAR * n / total)) for value, n in counts.items()]


def _languages(check: Check) -> list[Line]:
    shown = _shares(dict(list(check.languages.items())[:8]))
    if not check.unlearned:
        return shown
    return [(*line, "not learned by the classifier" if line[0] in check.unlearned else "") for line in shown]


def _repeated(check: Check) -> list[Line]:
    found: list[Line] = []
    if check.repeated_ids:
        found.append((f"{check.repeated_ids:,} rows", "have the id of an earlier row: the newest version counts"))
    if check.repeated_texts:
        found.append((f"{check.repeated_texts:,} rows", "have the text of an earlier row"))
    return found
