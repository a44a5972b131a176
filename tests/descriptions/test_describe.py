from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import reviewlens as rl
from reviewlens.descriptions import describe, describe_all
from reviewlens.descriptions.description import described
from reviewlens.descriptions.facts import Facts, ThemeFact, percent, shortened
from reviewlens.descriptions.grounding import objection
from reviewlens.descriptions.writers import prompt_of
from reviewlens.errors import ConfigError, InputError
from reviewlens.tables.stats import wilson


@pytest.fixture
def run(sample_run: rl.Run) -> rl.Run:
    return sample_run


def test_text_of_a_kettle(facts: Facts) -> None:
    found = described(facts)
    kinds = [sentence.kind for sentence in found.sentences]
    assert kinds == ["overall", "strength", "drawback", "divided", "suits", "wish"]
    for part in ("90", "120", "86%", "75%", "50%", "40%"):
        assert part in found.text
    assert found.text == " ".join(found.points) == str(found)
    assert "delivery" not in found.text.lower()  # 4 of 6 mentions are no evidence


def test_evidence_of_each_sentence(facts: Facts) -> None:
    found = described(facts).evidence
    assert set(found["sentence"]) == set(range(6))
    drawback = found[found["kind"] == "drawback"].iloc[0]
    assert (drawback["theme_id"], drawback["mentions"], drawback["quote_ids"]) == ("battery", 40, ["R1"])
    low, high = wilson([30], [40])
    assert (drawback["complaint_low"], drawback["complaint_high"]) == (low[0], high[0])
    overall = found[found["kind"] == "overall"].iloc[0]
    assert pd.isna(overall["theme_id"])
    assert (overall["reviews"], overall["praise_share"]) == (120, 0.75)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_sentence_of_a_run_is_supported(run: rl.Run, language: str) -> None:
    for product in run.tables["products"]["product_id"]:
        found = describe(run, product, language=language)
        assert found.sentences
        for sentence in found.sentences:
            assert objection(sentence.text, found.facts, language) == ""


def test_evidence_is_that_of_the_tables(run: rl.Run) -> None:
    table = run.tables["theme_by_product"].set_index(["product_id", "theme_id"])
    for product in run.tables["products"]["product_id"]:
        rows = rl.describe(run, product).evidence.dropna(subset=["theme_id"])
        for row in rows.to_dict("records"):
            cell = table.loc[(product, row["theme_id"])]
            for column in ("reviews", "mentions", "praise_share", "complaint_share"):
                assert row[column] == cell[column]


def test_the_function_is_not_hidden_by_its_package(run: rl.Run) -> None:
    assert callable(rl.describe)
    assert isinstance(rl.describe(run, "EB-200"), rl.Description)


def test_too_little_evidence(make: Callable[..., Facts]) -> None:
    assert "is one review of Kettle 1.7 L so far" in described(make(reviews=1, positive=1, negative=0)).text
    assert "no reviews" in described(make(reviews=0, positive=0, negative=0)).text
    assert described(make(themes=(), wishes=())).sentences[-1].kind == "quiet"
    few = make(reviews=2, positive=1, negative=0)
    assert described(few, writer=lambda prompt: "The sound is great.").text == described(few).text


def test_unknown_product_and_language(run: rl.Run) -> None:
    with pytest.raises(InputError, match=r"unknown product 'nope'[\s\S]*BB-03"):
        describe(run, "nope")
    with pytest.raises(ConfigError, match="no descriptions in 'fr'"):
        describe(run, "EB-200", language="fr")


def test_a_run_without_themes(run: rl.Run) -> None:
    tables = {name: run.tables[name][:0] for name in ("themes", "theme_by_product")}
    bare = SimpleNamespace(manifest=run.manifest, tables={"products": run.tables["products"], **tables})
    found = describe(bare, "EB-200")  # type: ignore[arg-type]
    assert [sentence.kind for sentence in found.sentences] == ["overall", "quiet"]


def test_it_shows_itself(facts: Facts, make: Callable[..., Facts]) -> None:
    shown = described(make(name="<b>Kettle"), writer=lambda prompt: "The <i>battery</i> is great.")._repr_html_()
    assert "&lt;b&gt;Kettle" in shown and "&lt;i&gt;" in shown
    assert "<i>" not in shown and "<b>K" not in shown


def raises(prompt: str) -> str:
    raise RuntimeError("no \x07luck")


@pytest.mark.parametrize(
    ("writer", "why"),
    [
        (raises, "the writer failed: RuntimeError: no luck"),
        (lambda prompt: "", "returned nothing"),
        (lambda prompt: " \n ", "returned nothing"),
        (lambda prompt: None, "returned NoneType"),
        (lambda prompt: "Wow.", "uses words"),
    ],
)
def test_a_writer_that_fails(writer: Any, why: str, facts: Facts) -> None:
    found = described(facts, writer=writer)
    assert found.text == described(facts).text
    assert why in found.dropped[0].why


def test_a_writer_that_hangs_is_not_waited_for(run: rl.Run, tmp_path: Path) -> None:
    asked: list[str] = []
    never = threading.Event()

    def hangs(prompt: str) -> str:
        asked.append(prompt)
        never.wait()
        return "The sound is great."

    found = describe(run, "EB-200", writer=hangs, writer_seconds=0.05)
    assert found.text == describe(run, "EB-200").text
    assert "no answer within 0.05 seconds" in found.dropped[0].why
    asked.clear()
    count = describe_all(run, tmp_path / "all.parquet", writer=hangs, writer_seconds=0.05)
    never.set()
    table: pd.DataFrame = pq.read_table(tmp_path / "all.parquet").to_pandas()
    assert len(table) == count > 3 == len(asked)
    assert "not asked again" in table["dropped"].iloc[-1][0]


@pytest.mark.parametrize(
    ("given", "why"), [({"writer": "gpt"}, "cannot be called"), ({"writer_seconds": 0}, "no time")]
)
def test_a_writer_that_is_none(given: dict[str, Any], why: str, run: rl.Run) -> None:
    with pytest.raises(ConfigError, match=why):
        describe(run, "EB-200", **{"writer": raises, **given})


def test_a_writer_is_checked_sentence_by_sentence(facts: Facts) -> None:
    answer = (
        "- Buyers praise the sound (86% of 50 mentions).\n- The battery is great.\n2. Opinions on the screen differ."
    )
    found = described(facts, writer=lambda prompt: answer)
    assert found.points == ["Buyers praise the sound (86% of 50 mentions).", "Opinions on the screen differ."]
    assert [drop.text for drop in found.dropped] == ["The battery is great."]
    assert found.evidence["theme_id"].tolist() == ["sound", "screen"]


def test_the_prompt_holds_the_evidence_as_data(facts: Facts) -> None:
    prompt = prompt_of(facts, "en")
    held = json.loads(prompt[prompt.index("{") :])
    assert [theme["theme"] for theme in held["themes"]] == ["the sound", "battery and power", "the screen", "delivery"]
    assert held["themes"][0] | {"quotes": 0} == {
        "theme": "the sound", "judgment": "praised", "mentions": 50, "praise": "86%", "complaints": "10%",
        "wishes": 2, "quotes": 0,
    }  # fmt: skip


def test_all_products_as_parquet(run: rl.Run, tmp_path: Path) -> None:
    calls: list[str] = []

    def sometimes(prompt: str) -> str:
        calls.append(prompt)
        if len(calls) % 2:
            raise OSError("down")
        return "Opinions differ in the reviews."

    count = describe_all(run, tmp_path / "all.parquet", writer=sometimes)
    found: pd.DataFrame = pq.read_table(tmp_path / "all.parquet").to_pandas()
    assert found["product_id"].tolist() == sorted(run.tables["products"]["product_id"])
    assert len(found) == count == len(calls)
    assert found["text"].str.len().min() > 0
    assert [len(dropped) for dropped in found["dropped"]] == [1, 0] * (count // 2)
    plain = describe(run, found["product_id"][0])
    assert found["text"][0] == plain.text
    assert list(found["points"][0]) == plain.points


def test_verdicts_need_more_than_chance() -> None:
    def verdict(mentions: int, praise: float, complaint: float) -> str:
        return ThemeFact("t", "T", mentions, mentions, praise, complaint, 0.0).verdict

    assert verdict(100, 0.7, 0.3) == "praised"
    assert verdict(6, 0.6667, 0.3333) == "divided"
    assert verdict(100, 0.1, 0.8) == "criticized"
    assert verdict(100, 0.5, 0.1) == "unclear"


def test_names_and_percentages() -> None:
    assert percent(0.995) == "100%"
    assert percent(0.004) == "0%"
    assert shortened("Kettle") == "Kettle"
    long = "All-New Fire HD 8 Tablet, 8 HD Display, Wi-Fi, 16 GB - Includes Special Offers, Magenta"
    assert shortened(long) == "All-New Fire HD 8 Tablet"
