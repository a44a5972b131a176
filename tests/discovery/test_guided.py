"""Guided themes: seeds grow cues from the user's own reviews."""

from __future__ import annotations

import pytest

from benchmarks.guided.sets import in_texts
from reviewlens.discovery import discover_themes
from reviewlens.discovery.guided import check_seeds
from reviewlens.errors import ConfigError

SEEDS = {"power": ["battery"], "picture": ["screen", "display"], "money": ["price", "cost"]}


def test_the_keys_are_the_ids_and_labels(english):
    themes = discover_themes(english, seeds=SEEDS)
    assert [theme.theme_id for theme in themes.themes] == list(SEEDS)
    assert [theme.label() for theme in themes.themes] == list(SEEDS)


def test_seeds_always_match_and_kin_is_found(english):
    themes = discover_themes(english, seeds=SEEDS)
    held = in_texts(
        themes, ["The battery.", "A display!", "What a price", "The charger failed.", "Nothing of the kind."]
    )
    assert held == [{"power"}, {"picture"}, {"money"}, {"power"}, set()]


def test_a_word_is_learned_from_company_alone():
    """`zorb` means nothing to any dictionary; the reviews put it beside the seed."""
    texts = [f"The seat is {w} and the zorb is {w} too, number {i}" for i, w in enumerate(["soft", "hard", "old"] * 20)]
    texts += [
        f"The blarg is {w} and the engine is {w} too, number {i}" for i, w in enumerate(["soft", "hard", "old"] * 20)
    ]
    themes = discover_themes(texts, seeds={"seat": ["seat"], "engine": ["engine"]})
    weights = {theme.theme_id: {cue.text: cue.weight for cue in theme.cues} for theme in themes.themes}
    assert weights["seat"]["zorb"] > 0 >= weights["seat"].get("blarg", 0)
    assert weights["engine"]["blarg"] > 0 >= weights["engine"].get("zorb", 0)


def test_chinese_and_english_together(english, chinese):
    seeds = {"屏幕": ["屏幕", "分辨率"], "price": ["price", "cost"], "物流": ["快递", "发货"]}
    themes = discover_themes(english + chinese, seeds=seeds)
    held = in_texts(themes, ["分辨率很高", "送货上门", "a low price"])
    assert held == [{"屏幕"}, {"物流"}, {"price"}]


def test_order_does_not_matter(english):
    assert discover_themes(english, seeds=SEEDS) == discover_themes(english[::-1], seeds=SEEDS)


def test_a_seed_that_matches_nothing_is_reported(english):
    with pytest.warns(UserWarning, match=r"matched nothing, theme 'power': chainsaw"):
        themes = discover_themes(english, seeds={"power": ["battery", "chainsaw"]})
    assert in_texts(themes, ["battery"]) == [{"power"}]


def test_a_theme_whose_seeds_all_match_nothing_keeps_them(english):
    with pytest.warns(UserWarning, match="matched nothing"):
        themes = discover_themes(english, seeds={"power": ["battery"], "garden": ["chainsaw", "mower"]})
    assert in_texts(themes, ["I bought a chainsaw", "battery"]) == [{"garden"}, {"power"}]


@pytest.mark.parametrize(
    ("seeds", "says"),
    [
        ({"a": ["price"], "b": ["Price "]}, "the seed 'price' stands for two themes, 'a' and 'b'"),
        ({}, "no seeds"),
        ({"a": []}, "has no seed"),
        ({"a": ["", "  "]}, "has no seed"),
        ({"a": "price"}, "list of texts"),
        ({"a": ["price", 3]}, "list of texts"),
        ({"a": None}, "list of texts"),
        ({"a": 5}, "list of texts"),
        ({"other": ["price"]}, "cannot be called 'other'"),
        ({"": ["price"]}, "cannot be called ''"),
    ],
)
def test_seeds_that_cannot_be_used(seeds, says, english):
    with pytest.raises(ConfigError, match=says):
        discover_themes(english, seeds=seeds)


def test_seeds_and_a_number_exclude_each_other(english):
    with pytest.raises(ConfigError, match="exclude each other"):
        discover_themes(english, seeds=SEEDS, n_themes=3)


def test_one_review_is_enough_for_a_guide():
    themes = discover_themes(["The battery died."], seeds={"power": ["battery"]})
    assert in_texts(themes, ["my battery", "my shoes"]) == [{"power"}, set()]


def test_update_keeps_guided_labels(english):
    import dataclasses

    from reviewlens.themes import ThemeSet

    first = discover_themes(english, seeds=SEEDS)
    renamed = ThemeSet(
        [dataclasses.replace(t, labels={"de": t.theme_id.upper()}) for t in first.themes], scope="review"
    )
    again = discover_themes(english, seeds={k: SEEDS[k] for k in ("power", "money")}, previous=renamed)
    assert [t.theme_id for t in again.themes if not t.retired] == ["power", "money"]
    assert next(t for t in again.themes if t.theme_id == "power").label("de") == "POWER"
    assert next(t for t in again.themes if t.theme_id == "picture").retired
    assert ("retired", "picture") in [(event.event, event.theme) for event in again.log]


def test_a_plural_is_the_same_seed() -> None:
    with pytest.raises(ConfigError, match="two themes"):
        check_seeds({"a": ["battery"], "b": ["batteries"]})
    assert check_seeds({"a": ["car"], "b": ["care"]}) == {"a": ["car"], "b": ["care"]}


def test_marks_alone_are_no_seed() -> None:
    with pytest.raises(ConfigError, match="no seed"):
        check_seeds({"a": ["!!"], "b": ["battery"]})
    assert check_seeds({"a": ["😡"]}) == {"a": ["😡"]}
