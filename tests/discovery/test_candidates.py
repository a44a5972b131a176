"""Candidates for a new theme, from counts of phrases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from reviewlens.discovery import candidate_themes

counts = st.dictionaries(
    st.sampled_from(["smell", "glue smell", "noise", "hinge", "异味", "味道"]), st.integers(1, 200)
)


@given(counts, counts)
@settings(max_examples=60, deadline=None)
def test_every_candidate_has_grown_and_is_told_once(now, before):
    found = candidate_themes(now, before)
    told = [phrase for candidate in found for phrase in candidate.phrases]
    assert len(told) == len(set(told))
    for candidate in found:
        assert candidate.now == now[candidate.phrases[0]] >= 10
        assert candidate.before == before.get(candidate.phrases[0], 0)
        assert 0 <= candidate.p_value <= 0.05


@given(counts)
@settings(max_examples=30, deadline=None)
def test_nothing_has_grown_where_nothing_changed(now):
    assert not now or candidate_themes(now, now) == []
    assert not now or candidate_themes(now, {phrase: 7 * n for phrase, n in now.items()}) == []


def test_p_value_is_that_of_the_exact_test():
    now, before = {"smell": 30, "noise": 500}, {"smell": 5, "noise": 495}
    expected = binomtest(30, 35, 530 / 1030, alternative="greater").pvalue
    [candidate] = candidate_themes(now, before)
    np.testing.assert_allclose(candidate.p_value, expected)


def test_phrases_of_one_thing_are_one_candidate():
    found = candidate_themes({"smell": 40, "glue smell": 30, "noise": 500}, {"noise": 500})
    assert [set(candidate.phrases) for candidate in found] == [{"smell", "glue smell"}]


def test_a_doubling_by_chance_is_no_candidate():
    now = {f"word {i}": 20 for i in range(200)}
    before = dict(now, **{"word 7": 10})
    assert candidate_themes(now, before) == []


def test_nothing_before_nothing_to_compare():
    assert candidate_themes({}, {}) == []
    assert [c.phrases[0] for c in candidate_themes({"smell": 40, "rare": 2}, {})] == ["smell"]


def test_the_nightly_run_reports_what_has_no_theme_yet(tmp_path):
    import pandas as pd

    import reviewlens as rl
    from reviewlens.themes import Cue, Theme, ThemeSet

    themes = ThemeSet([Theme("battery", {}, (Cue("battery"),))])
    old = [f"The gasket of unit {n} is fine" for n in range(30)] + [
        f"A battery that lasted {n} days" for n in range(30)
    ]
    new = [f"The zipper jammed after {n} walks" for n in range(30)] + [
        f"The gasket of unit {n} is ok" for n in range(9)
    ]
    exports = tmp_path / "exports"
    exports.mkdir()
    for night, texts in enumerate((old, new)):
        ids = [f"{night}-{i}" for i in range(len(texts))]
        pd.DataFrame({"review_id": ids, "text": texts}).to_parquet(exports / f"{night}.parquet")
        run = rl.analyze(exports, out=tmp_path / "out", themes=themes)
        told = run.manifest["told"]["candidate_themes"]
        assert bool(told) == (night == 1)
    assert "zipper" in " ".join(told)
    assert "gasket" not in " ".join(told)
    assert "battery" not in " ".join(told)
    assert "zipper" in rl.status(tmp_path / "out")["candidate_themes"].iloc[0]


def test_parts_beyond_the_farthest_are_not_opened(tmp_path, monkeypatch):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from reviewlens.discovery import unassigned

    def part(name, text, rows=20, bare=20):
        folder = tmp_path / name
        folder.mkdir()
        quotes = pa.table({"row": pa.array(range(rows), pa.int32()), "quote": [f"{text} {n}" for n in range(rows)]})
        pq.write_table(quotes, folder / "scored.parquet")
        pq.write_table(pa.table({"row": pa.array(range(bare, rows), pa.int32())}), folder / "mentions.parquet")
        return folder

    late = part("late", "The gasket leaks in unit", bare=15)
    new = [part("new", "The zipper jammed on walk")]
    beyond = tmp_path / "not there"
    monkeypatch.setattr(unassigned, "FARTHEST", 20)
    told = unassigned.grown_candidates(new, [beyond, late])
    assert "zipper" in {phrase for candidate in told for phrase in candidate.phrases}
    assert {candidate.now for candidate in told} == {20}
    monkeypatch.setattr(unassigned, "FARTHEST", 21)
    with pytest.raises(FileNotFoundError):
        unassigned.grown_candidates(new, [beyond, late])
    nothing_new = [part("all told", "The strap of unit", bare=0)]
    assert unassigned.grown_candidates(nothing_new, [beyond]) == []
