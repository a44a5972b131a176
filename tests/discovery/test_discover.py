"""`discover_themes` without seeds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from benchmarks.guided.sets import in_texts
from reviewlens.discovery import discover_themes
from reviewlens.errors import ConfigError, InputError, InputNotFoundError
from reviewlens.themes import Theme, ThemeSet


@pytest.fixture(scope="module")
def found(english) -> ThemeSet:
    return discover_themes(english, n_themes=6)


def theme_of(themes: ThemeSet, cue: str) -> Theme:
    return next(theme for theme in themes.themes if any(c.text == cue for c in theme.cues))


def test_words_of_one_thing_share_a_theme(found):
    assert theme_of(found, "battery") == theme_of(found, "charger")
    assert theme_of(found, "screen") == theme_of(found, "brightness")
    assert theme_of(found, "battery") != theme_of(found, "screen")


def test_every_cue_is_in_one_theme(found):
    cues = [cue.text for theme in found.themes for cue in theme.cues]
    assert len(cues) == len(set(cues))
    assert len(found.themes) <= 6


def test_order_of_reviews_copies_and_form_of_data_do_not_matter(found, english):
    assert discover_themes(english[::-1] + english[:50], n_themes=6) == found
    assert discover_themes(pd.DataFrame({"review_body": english}), n_themes=6) == found
    assert discover_themes(pd.Series(english), n_themes=6, seed=3) == found


def test_path_and_column(found, english, tmp_path):
    frame = pd.DataFrame({"words": english, "text": "nothing"})
    frame.iloc[:100].to_parquet(tmp_path / "a.parquet")
    frame.iloc[100:].to_parquet(tmp_path / "b.parquet")
    assert discover_themes(tmp_path, text="words", n_themes=6) == found


def test_equal_text_equal_theme(found, english):
    held = in_texts(found, english + english[::-1])
    assert held == held[::-1]


def test_what_is_left_over_is_told(english):
    strange = [f"zxq {i} wvut {i + 1}" for i in range(30)]
    themes = discover_themes(english + strange, n_themes=6)
    held = in_texts(themes, english + strange)
    assert themes.about["reviews"] == len(english + strange)
    assert themes.about["other_share"] == pytest.approx(sum(not h for h in held) / len(held), abs=1e-4)
    assert sum(themes.about["other_reasons"].values()) == sum(not h for h in held)
    counts = {theme.theme_id: sum(theme.theme_id in h for h in held) for theme in themes.themes}
    assert themes.about["theme_reviews"] == counts


def test_the_theme_set_survives_its_file(found, tmp_path):
    found.save(tmp_path / "themes.toml")
    assert ThemeSet.load(tmp_path / "themes.toml") == found


def test_ids_and_edited_labels_survive_new_reviews(found, english):
    last = found.themes[-1].theme_id
    edited = dataclasses.replace(found.themes[0], labels={"en": "Mine"}, note="hand-made", yields_to=last)
    before = ThemeSet([edited, *found.themes[1:]], edition=found.edition, log=found.log)
    more = [text.replace("shop", "store").replace("never", "always") for text in english[:60]]
    after = discover_themes(english + more, previous=before)
    living = {theme.theme_id for theme in after.themes if not theme.retired}
    assert {theme.theme_id for theme in found.themes} <= living
    kept = next(theme for theme in after.themes if theme.theme_id == edited.theme_id)
    assert (kept.labels, kept.note, kept.yields_to) == ({"en": "Mine"}, "hand-made", last)
    assert after.edition == 2
    assert after.log[: len(before.log)] == before.log


def test_a_theme_nobody_speaks_of_is_retired_and_its_id_stays_taken(found, english):
    silent = [text for text in english if not any(w in text.lower() for w in ("ship", "courier", "parcel", "delivery"))]
    gone = theme_of(found, "courier").theme_id
    after = discover_themes(silent, previous=found)
    retired = next(theme for theme in after.themes if theme.theme_id == gone)
    assert retired.retired
    assert any(event.theme == gone and event.event in {"retired", "merged"} for event in after.log)
    later = discover_themes(english, previous=after, n_themes=8)
    fresh = {theme.theme_id for theme in later.themes if not theme.retired} - {t.theme_id for t in after.themes}
    assert gone not in fresh
    assert len({theme.theme_id for theme in later.themes}) == len(later.themes)


def test_births_are_logged(found):
    assert [(event.event, event.theme) for event in found.log] == [("born", t.theme_id) for t in found.themes]


def test_two_languages_in_one_export(english, chinese):
    themes = discover_themes(english + chinese, n_themes=8)
    assert theme_of(themes, "屏幕") == theme_of(themes, "分辨率")
    assert "zh" in theme_of(themes, "屏幕").labels
    assert "en" in theme_of(themes, "battery").labels


@pytest.mark.parametrize("texts", [["One review about a battery that died."], ["the same words again"] * 50])
def test_too_little_to_find_a_theme_in(texts):
    with pytest.raises(InputError, match="no theme can be found in 1 distinct text"):
        discover_themes(texts)


def test_rare_words_find_a_theme_in_a_small_export(english):
    rare = ["A fine battery lid.", "The screen bezel is ugly."]
    themes = discover_themes([*english, *rare], n_themes=6)
    assert theme_of(themes, "battery lid") == theme_of(themes, "battery")
    assert theme_of(themes, "screen bezel") == theme_of(themes, "screen")


def test_the_product_itself_is_no_theme(english):
    owned = [f"I bought this zorb for my zorb shelf and my zorb is fine, {n}" for n in range(40)]
    cues = {cue.text for theme in discover_themes([*english, *owned]).themes for cue in theme.cues}
    assert "zorb" not in cues
    assert "battery" in cues


def test_no_texts():
    with pytest.raises(InputError, match="no text"):
        discover_themes([])
    with pytest.raises(InputError):
        discover_themes(["", "  ", None])
    with pytest.raises(InputNotFoundError):
        discover_themes("/nowhere/at/all/*.parquet")


@pytest.mark.parametrize("wrong", [0, -3, True, 2.5])
def test_number_of_themes_is_checked(wrong, english):
    with pytest.raises(ConfigError, match="n_themes"):
        discover_themes(english, n_themes=wrong)


def test_one_product_is_no_trouble(english):
    frame = pd.DataFrame({"text": english, "product_id": "P1"})
    assert len(discover_themes(frame, n_themes=4).themes) == 4


def test_a_large_export_is_sampled_by_turns(english):
    from reviewlens.discovery.corpus import sample

    loud = pd.DataFrame({"text": [f"loud {i}" for i in range(500)], "product_id": "loud"})
    quiet = pd.DataFrame({"text": [f"quiet {i}" for i in range(20)], "product_id": "quiet"})
    both = pd.concat([loud, quiet])
    chosen = sample(both, limit=40)
    assert len(chosen) == 40
    assert sum(text.startswith("quiet") for text in chosen) == 20
    assert chosen == sample(both.sample(frac=1, random_state=1), limit=40)
    assert set(chosen) != set(sample(both, limit=40, seed=1))
    assert sorted(sample(both, limit=1000)) == sorted(both["text"])


def test_affinity_is_that_of_the_formula():
    import scipy.sparse as sp

    from reviewlens.discovery.affinity import affinity

    held = (np.random.default_rng(0).random((60, 5)) < 0.4).astype(float)
    near = affinity(sp.csr_matrix(held))
    for i in range(5):
        for j in range(5):
            both = (held[:, i] * held[:, j]).sum()
            p, pi, pj = both / 60, held[:, i].mean(), held[:, j].mean()
            expected = 0 if i == j or both == 0 else max(0, np.log(p / (pi * pj)) / -np.log(p)) * both / (both + 5)
            assert near[i, j] == pytest.approx(expected, abs=1e-6)


def test_no_cue_or_label_holds_personal_data() -> None:
    told = ["great battery and fast charging", "slow delivery and a torn box", "the screen is sharp and bright"]
    texts = [f"{told[i % 3]} number {i}, write to dana.k@shopmail.com or WeChat: dana_k88" for i in range(120)]
    written = str(discover_themes(texts).themes)
    assert not any(secret in written for secret in ("dana", "shopmail", "k88"))
    assert "battery" in written
