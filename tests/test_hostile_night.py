"""Hostile reviews through the whole job: each is a harmless row, and nothing of it runs, escapes or hangs."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import reviewlens as rl
from reviewlens.config import load_settings
from reviewlens.errors import ReviewlensError

SCRIPT = "<script>alert('battery')</script>"
LONG = 300_000

TEXTS = {
    "script": f"The battery {SCRIPT} broke after a week, I want my money back.",
    "image": 'The price <img src=x onerror="alert(1)"> is a joke, far too expensive.',
    "formula": "=cmd|' /C calc'!A0 the battery broke again and again",
    "bidi": "The battery \u202egnp.exe\u202c broke and the screen \u2066flickers\u2069 a lot.",
    "control": "The battery\x00 broke\x1b[31m after\x07 one week of use.",
    "letter": "a" * LONG,
    "emoji": "👍🏽" * (LONG // 10),
    "marks": "The battery e" + "\u0301" * 20_000 + " broke.",
    "clauses": "no, " * 20_000,
    "template": "{{ 7*7 }} {% raw %} ${jndi:ldap://x} the battery broke %s %n",
    "sql": "the battery'; DROP TABLE reviews; -- broke after a week",
    "path": "../../../../etc/passwd the battery broke after a week",
}
TRAVERSAL = "../../../../tmp/escaped"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One run over all of them, each three times under hostile ids and names."""
    rows = [
        {
            "review_id": f"{TRAVERSAL}/{name}\x00{k}",
            "product_id": [TRAVERSAL, f"=HYPERLINK({k})", SCRIPT][k],
            "product_name": SCRIPT,
            "category": "@SUM(1+1)",
            "customer": TRAVERSAL,
            "text": text,
            "created_at": "2024-01-01",
        }
        for name, text in TEXTS.items()
        for k in range(3)
    ]
    folder = tmp_path_factory.mktemp("hostile")
    pd.DataFrame(rows).to_parquet(folder / f"{SCRIPT.replace('/', '')}.parquet")
    return rl.analyze(folder, out=folder / "out" / "lens", config={"min_reviews": 1})


def test_every_row_is_accounted_for(run):
    assert run.tables["intake"].set_index("reason")["reviews"].to_dict() == {"scored": 3 * len(TEXTS)}


def test_nothing_is_written_outside_the_folder(run):
    outside = run.store.out.parent.parent
    assert {path.name for path in outside.iterdir()} == {"out", f"{SCRIPT.replace('/', '')}.parquet"}
    assert [path.name for path in run.store.out.parent.iterdir()] == ["lens"]
    for path in run.store.out.rglob("*"):
        assert "escaped" not in path.name


def test_the_report_runs_nothing(run):
    page = run.report.read_text("utf-8")
    assert SCRIPT not in page
    assert "<img src=x" not in page
    assert "\x00" not in page
    assert "\u202e" not in page


def test_no_cell_is_a_formula_and_no_quote_holds_controls(run):
    for name, table in run.tables.items():
        sheet = pd.read_csv(run.folder / "tables" / f"{name}.csv", dtype=str)
        for cell in sheet.stack().dropna():
            assert not cell.startswith(("=", "@", "+", "\t")), (name, cell)
        for column in (c for c in table.columns if "quote" in c and not c.endswith("_id")):  # ids are the user's keys
            said = "".join(table[column].dropna().astype(str))
            assert not set("\x00\x07\x1b\u202e\u2066") & set(said), (name, column)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(max_size=80) | st.binary(max_size=60), min_size=1, max_size=6))
def test_any_text_is_a_row(tmp_path_factory, texts):
    run = rl.analyze(
        pd.DataFrame({"text": texts}), out=tmp_path_factory.mktemp("any") / "lens", config={"max_reject_share": 1.0}
    )
    assert run.tables["intake"]["reviews"].sum() == len(texts)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = ["source", "out", "period", "timezone", "run_date", "columns", "workers", "keep", "fail_on", "memory_mb", "x"]


@settings(max_examples=200, deadline=None)
@given(given_values=st.dictionaries(st.sampled_from(KEYS), values, max_size=4))
def test_any_setting_is_taken_or_named(given_values):
    try:
        load_settings(None, environment={}, overrides=given_values)
    except ReviewlensError as error:
        assert error.exit_code == 2


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_settings_file_is_taken_or_named(tmp_path, content):
    path = tmp_path / "job.toml"
    path.write_bytes(content)
    try:
        load_settings(path, environment={})
    except ReviewlensError as error:
        assert error.exit_code == 2
        assert str(path) in str(error)
