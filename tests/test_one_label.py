"""One label, however it is asked for: `predict`, `score`, `explain`, `evaluate` and the job, and where they abstain."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_report import plain

import reviewlens as rl
from reviewlens import artefact
from reviewlens.config import JobConfig
from reviewlens.errors import ArtefactError, ConfigError, InputError
from reviewlens.explain import _why
from reviewlens.report import render_report
from reviewlens.schemas import ABSTAINED, LABELS, MIXED, POLARITIES

MIXED_ONE = "I love the screen, it is excellent. The battery is terrible, it broke at once."
OPEN_ONE, PLAIN_ONE = "I don't love it.", "I love it!"
TEXTS = [
    MIXED_ONE,
    OPEN_ONE,
    PLAIN_ONE,
    "It is okay, nothing special.",
    "The battery died after two days.",
    "屏幕很清晰，但是电池太差了。",
    "一般吧",
    "They sent the wrong size.",
    "Works.",
]


@pytest.mark.parametrize("half", ["\udab1", "\ud83d\ude21", "\ude21\ud83d", "\ud800\udc00"])
def test_halves_of_characters_are_the_same_to_all(half: str) -> None:
    clf, texts = rl.Classifier.load(), [half, f"bad {half} zip", f"{half}The zip {half}{half} broke."]
    scored, proba = rl.score(texts, classifier=clf), clf.predict_proba(texts)
    assert (proba[:, 2] - proba[:, 0]).tolist() == scored["score"].tolist()
    for text, score, polarity in zip(texts, scored["score"], scored["polarity"], strict=True):
        said = clf.explain(text)
        assert (said.score, said.polarity) == (pytest.approx(score, abs=1e-7), polarity)
        assert all(said.text[word.start : word.end] == word.text for word in said.words)


@pytest.fixture(scope="module")
def careful() -> rl.Classifier:
    return rl.Classifier.load(abstain_below=0.8)


def labelled() -> pd.DataFrame:
    return pd.DataFrame({"text": TEXTS * 2, "label": ["negative", "negative", "positive"] * 6})


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4), st.sampled_from([0.0, 0.5, 0.7, 0.8, 1.0]))
def test_score_explain_and_predict_say_the_same_or_why_not(texts, below) -> None:
    classifier = rl.Classifier.load(abstain_below=below, threads=1)
    scored = rl.score(texts, classifier=classifier)
    for text, label, polarity in zip(texts, classifier.predict(texts), scored.polarity, strict=True):
        explained = classifier.explain(text)
        assert (explained.label, explained.polarity) == (label, polarity)
        assert bool(explained.why) == (label != polarity or label == ABSTAINED)
        assert polarity == MIXED or (polarity == ABSTAINED) == (label == ABSTAINED), "they abstain together"
        assert str(explained).startswith(f"{polarity} (")
        assert explained.why in str(explained)


def test_it_says_why() -> None:
    classifier = rl.Classifier.load()
    assert classifier.explain(MIXED_ONE).polarity == MIXED
    why = classifier.explain(MIXED_ONE).why
    assert re.match(r"clauses disagree: \d for, \d against; the whole is \d\d% \w+$", why)
    assert why in classifier.explain(MIXED_ONE)._repr_html_()
    told = _why("positive", "negative", np.array([0.3, 0.1, 0.6], np.float32), np.zeros((1, 3), np.float32), 0.0)
    assert told == "the whole is 60% positive, but the words of its clauses say negative"
    assert classifier.explain(PLAIN_ONE).why == ""
    left_open = rl.Classifier.load(abstain_below=0.99).explain(OPEN_ONE)
    assert left_open.label == left_open.polarity == ABSTAINED
    assert "less sure than the 99% asked for" in left_open.why


def test_abstaining_hides_no_probability_and_is_told(careful, caplog, tmp_path) -> None:
    usual, found = rl.score(TEXTS), rl.score([*TEXTS, ""], classifier=careful)
    (told,) = caplog.records
    n = int((found.polarity == ABSTAINED).sum())
    assert 0 < n < len(TEXTS)
    assert told.getMessage() == f"abstained from {n} of {len(TEXTS)} reviews: less than 80% sure"
    assert (told.event, told.reviews) == (ABSTAINED, n)
    pd.testing.assert_frame_equal(usual.drop(columns="polarity"), found.iloc[:-1].drop(columns="polarity"))
    open_ones = found.polarity.iloc[:-1] == ABSTAINED
    sure = usual[["p_negative", "p_neutral", "p_positive"]].max(axis=1)
    assert (open_ones == ((sure < 0.8) & (usual.polarity != MIXED))).all()
    caplog.clear()
    pd.DataFrame({"text": [*TEXTS, None]}).to_parquet(tmp_path / "a.parquet")
    rl.score(tmp_path / "a.parquet", classifier=careful, out=tmp_path / "out.parquet")
    assert [record.getMessage() for record in caplog.records] == [told.getMessage()]
    caplog.clear()
    rl.score(TEXTS)
    assert not caplog.records


def test_saving_keeps_how_sure_it_has_to_be(careful, tmp_path) -> None:
    careful.save(tmp_path / "careful")
    again = rl.Classifier.load(tmp_path / "careful")
    assert again.abstain_below == 0.8
    assert again.predict(TEXTS).tolist() == careful.predict(TEXTS).tolist()
    assert rl.Classifier.load(tmp_path / "careful", abstain_below=0).predict(TEXTS).tolist() == (
        rl.Classifier.load().predict(TEXTS).tolist()
    )
    assert rl.Classifier.load(abstain_below=0).fingerprint == rl.Classifier.load().fingerprint != careful.fingerprint
    config = json.loads((tmp_path / "careful" / "config.json").read_text("utf-8"))
    for wrong in (2, "0.8", None):
        (tmp_path / "careful" / "config.json").write_text(json.dumps(config | {"abstain_below": wrong}), "utf-8")
        with pytest.raises(ArtefactError, match="abstain_below"):
            artefact.read(tmp_path / "careful")
    with pytest.raises(ConfigError, match="between 0 and 1"):
        rl.Classifier.load(abstain_below=-0.1)


def test_evaluate_reports_how_much_is_left_out_and_how_right_the_rest_is(careful) -> None:
    table = labelled()
    found = rl.evaluate(careful, table, text="text", label="label")
    proba = careful.predict_proba(table.text.tolist())
    kept = proba.max(axis=1) >= np.float32(0.8)
    guess = np.where(proba[:, 2] > proba[:, 0], "positive", "negative")
    told = found.to_dict()["kept"]
    assert (told["abstain_below"], told["abstained"], told["reviews"]) == (0.8, (~kept).sum(), kept.sum())
    assert told["accuracy"] == pytest.approx((guess == table.label)[kept].mean())
    assert found.to_frame().set_index("slice").loc["all, abstained left out", "reviews"] == kept.sum()
    assert f"Abstained from {(~kept).sum()} of 18" in str(found)
    assert f"Abstained from {(~kept).sum()} of 18" in found._repr_html_()
    bars = {row["below"]: row for row in found.to_dict()["abstaining"]}
    assert bars[0.8]["accuracy"] == told["accuracy"]
    assert bars[0.8]["left_out"] == told["abstained"]
    assert [row["coverage"] for row in bars.values()] == sorted((r["coverage"] for r in bars.values()), reverse=True)
    nothing = rl.evaluate(rl.Classifier.load(abstain_below=1.0), table, text="text", label="label")
    assert nothing.kept == {"abstain_below": 1.0, "abstained": 18, "reviews": 0}
    assert "of the others none right" in str(nothing)


def test_evaluate_counts_what_score_says() -> None:
    table = labelled()
    found = rl.evaluate(rl.Classifier.load(), table, text="text", label="label")
    scored, told = rl.score(table.text.tolist()), found.to_dict()["polarity"]
    assert {name: told[name] for name in POLARITIES} == {n: int((scored.polarity == n).sum()) for n in POLARITIES}
    decided = scored.polarity.isin(LABELS).to_numpy()
    assert told["decided"] == decided.sum()
    assert told["accuracy"] == pytest.approx((scored.polarity.to_numpy() == table.label)[decided].mean())
    assert found.kept == {}
    assert f"{told['mixed']} mixed" in str(found)


def test_the_job_counts_what_it_left_open(careful, tmp_path) -> None:
    table = pd.DataFrame({"text": [f"{text} {i}" for i in range(3) for text in TEXTS], "product_id": "a"})
    run = rl.analyze(table, out=tmp_path / "lens", classifier=careful)
    row = run.tables["intake"].set_index("reason").loc["scored"]
    expected = rl.score(table, classifier=careful).polarity.value_counts()
    assert 0 < row["abstained"] == expected[ABSTAINED] == run.manifest["counts"]["abstained"]
    assert row[[*POLARITIES, ABSTAINED]].sum() == row["reviews"] == len(table)
    page = plain(run.report.read_text("utf-8"))
    assert f"{row['abstained']} of them (" in page
    assert "less sure than it was asked to be" in page
    chinese = JobConfig(**{**run.manifest["config"], "language": "zh"})
    assert "模型未作判断" in plain(render_report(run.tables, run.manifest, chinese))
    usual = rl.analyze(table, out=tmp_path / "usual")
    assert usual.tables["intake"]["abstained"].sum() == 0
    assert "asked to be" not in plain(usual.report.read_text("utf-8"))
    assert rl.analyze(table, out=tmp_path / "lens", classifier=careful).folder == run.folder, "nothing new"


def test_on_the_command_line(tmp_path) -> None:
    from click.testing import CliRunner

    from reviewlens.cli import cli

    labelled().to_parquet(tmp_path / "a.parquet")
    bundled = str(artefact.bundled())
    asked = ["evaluate", bundled, str(tmp_path / "a.parquet"), "--text", "text", "--label", "label"]
    done = CliRunner().invoke(cli, [*asked, "--abstain-below", "0.8", "--json"])
    assert json.loads(done.stdout)["kept"]["abstain_below"] == 0.8
    out = str(tmp_path / "out.parquet")
    done = CliRunner().invoke(cli, ["score", str(tmp_path / "a.parquet"), "--out", out, "--abstain-below", "0.8"])
    assert done.exit_code == 0
    assert ABSTAINED in pd.read_parquet(out).polarity.tolist()


def test_evaluate_reads_stars_on_the_scale_of_the_training(tmp_path) -> None:
    words = {
        10: "awful, it broke",
        30: "poor, it bends",
        50: "so so, it is fair",
        80: "good, it lasts",
        100: "superb, I love it",
    }
    rows = [(f"{said} after {i} days", score) for i in range(12) for score, said in words.items()]
    table = pd.DataFrame(rows, columns=["text", "score"])
    rl.train(table, text="text", label="score", scale=100, model="linear", out=tmp_path / "m", progress=False)
    again = rl.Classifier.load(tmp_path / "m")
    few = pd.DataFrame([("superb, I love my lamp", 100), ("awful, my lamp broke", 10)], columns=["text", "score"])
    assert rl.evaluate(again, few, text="text", label="score").values["accuracy"] == 1
    low = pd.DataFrame([("awful, my lamp broke", 10), ("poor, it bends", 30)], columns=["text", "score"])
    with pytest.warns(UserWarning, match="every label is negative"):
        assert rl.evaluate(again, low, text="text", label="score").values["confusion"][0][0] == 2
    again.metrics["labels"].pop("scale")  # as artefacts of before
    with pytest.raises(InputError, match="no star scale"):
        rl.evaluate(again, few, text="text", label="score")
    for broken in ("5", [5], [3, "x"], [9, 1]):
        again.metrics["labels"]["scale"] = broken
        assert rl.evaluate(again, few, text="text", label="score", scale=100).values["accuracy"] == 1
