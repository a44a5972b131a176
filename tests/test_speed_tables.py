"""What the pages say of speed is what was measured."""

from __future__ import annotations

import json

import pytest
from places import ROOT

from benchmarks.speed import tables


@pytest.mark.parametrize("page", tables.BLOCKS)
def test_pages_show_the_results(page):
    assert tables.shown_on(page) == (ROOT / page).read_text("utf-8")


def test_tables_beside_the_results_are_made_from_them():
    for results, table in ((tables.RESULTS, tables.whole), (tables.GROWTH, tables.growth)):
        assert results.with_suffix(".md").read_text("utf-8") == table(json.loads(results.read_text("utf-8"))) + "\n"


def test_ratios_are_those_of_the_medians():
    ours = {"seconds": [2e-4, 1e-4, 4e-4], "processor": [3e-4] * 3, "accuracy": [0.913, 500]}
    slow = {"seconds": [1e-3, 3e-3, 2e-3], "processor": [6e-3] * 3}
    found = tables.whole({"per_review": {"English": {tables.OURS: ours, "vader": slow}}, "starts": {}}).splitlines()
    assert found[2].split(" | ")[2:] == ["5,000", "2,500 to 10,000", "300", "1.00", "1.00", "91.3 |"]
    assert found[3].split(" | ")[2:7] == ["500", "333 to 1,000", "6,000", "10.00", "20.00"]
