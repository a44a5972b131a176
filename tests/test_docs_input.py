"""The table of names in docs/input.md is the data's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewlens.read.columns import CANONICAL, data

PAGE = Path(__file__).parent.parent / "docs" / "input.md"


def row(ours: str) -> str:
    known = data("columns.toml")[ours]
    cells = (", ".join(f"`{name}`" for name in known.get(kind, ()) if name != ours) for kind in ("names", "fallback"))
    return f"| `{ours}` | {' | '.join(cells)} |"


@pytest.mark.parametrize("ours", CANONICAL)
def test_the_page_lists_every_name(ours):
    assert row(ours) in PAGE.read_text("utf-8")
