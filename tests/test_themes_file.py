"""`themes.toml`: what is saved is what is loaded; a mistake is named by line and key."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.errors import ArtefactError, ConfigError, InputNotFoundError, StoreError
from reviewlens.themes import Cue, Event, Theme, ThemeSet
from reviewlens.themes.file import parse

ANY = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12).filter(str.strip)
WEIGHTS = st.floats(-9, 9, allow_nan=False).map(lambda w: round(w, 3))
CUES = st.lists(st.tuples(ANY, WEIGHTS), max_size=4, unique_by=lambda c: c[0]).map(
    lambda cs: tuple(Cue(t, w) for t, w in cs)
)
THEMES = st.lists(
    st.builds(
        Theme,
        theme_id=ANY.filter(lambda t: t != "other"),
        labels=st.dictionaries(ANY, ANY, max_size=2),
        cues=CUES,
        excludes=st.lists(ANY, max_size=2).map(tuple),
        threshold=st.sampled_from([1.0, 0.5, 2.25]),
        retired=st.booleans(),
        note=st.text(st.characters(exclude_categories=("Cs",)), max_size=9),
        witnesses=st.lists(ANY, max_size=2).map(tuple),
    ),
    max_size=4,
    unique_by=lambda t: t.theme_id,
)
EVENTS = st.lists(
    st.builds(
        Event,
        st.integers(1, 9),
        st.sampled_from(["born", "merged", "split", "retired"]),
        ANY,
        st.lists(ANY, max_size=2).map(tuple),
        ANY,
    ),
    max_size=3,
)


@settings(deadline=None, max_examples=60)
@given(THEMES, EVENTS)
def test_saved_is_loaded(tmp_path_factory, themes, log):
    path = tmp_path_factory.mktemp("themes") / "themes.toml"
    made = ThemeSet(themes, edition=3, scope="review", log=log, about={"share": 0.25, "由": "x"})
    made.save(path)
    again = ThemeSet.load(path)
    assert again.themes == made.themes
    assert (again.log, again.edition, again.scope, again.about) == (made.log, 3, "review", made.about)
    assert again.fingerprint == made.fingerprint


def test_built_in_is_saved_as_it_is(tmp_path):
    built_in = ThemeSet.load()
    built_in.save(tmp_path / "themes.toml")
    assert ThemeSet.load(tmp_path / "themes.toml").themes == built_in.themes


def test_a_theme_yields_to_one_of_its_set(tmp_path):
    pair = ThemeSet([Theme("a", yields_to="b"), Theme("b")])
    pair.save(tmp_path / "themes.toml")
    assert ThemeSet.load(tmp_path / "themes.toml").themes == pair.themes
    ThemeSet(pair.themes[:1]).save(tmp_path / "themes.toml")
    assert ThemeSet.load(tmp_path / "themes.toml").themes == (Theme("a"),)


def test_fingerprint_follows_the_cues():
    one, two = (ThemeSet([Theme("a", {}, (Cue("battery", w),))]) for w in (1.0, 0.9))
    assert one.fingerprint != two.fingerprint


HEAD = "format = 1\n\n[[theme]]\nid = 'a'\n\n[[theme]]\n"


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        (HEAD + "id = 'a'\n", 7, "id"),
        (HEAD + "id = 'other'\n", 7, "id"),
        (HEAD + "labels = {}\n", 6, "id"),
        (HEAD + "id = 'b'\nthreshold = 'high'\n", 8, "threshold"),
        (HEAD + "id = 'b'\n\n[theme.cues]\nen = ['x', 3]\n", 10, "en"),
        (HEAD + "id = 'b'\n\n[theme.cues]\n'电池' = 'heavy'\n", 10, "电池"),
        (HEAD + "id = 'b'\nexcludes = 'x'\n", 8, "excludes"),
        (HEAD + "id = 'b'\nlables = {}\n", 8, "lables"),
        (HEAD + "id = 'b'\nretired = 1\n", 8, "retired"),
        (HEAD + "id = 'b'\nyields_to = 'c'\n", 8, "yields_to"),
        (HEAD + "id = 'b'\nyields_to = 'b'\n", 8, "yields_to"),
        (HEAD + "id = 'b'\nyields_to = 3\n", 8, "yields_to"),
        (HEAD + "id = 'b'\nwitnesses = 'hotel'\n", 8, "witnesses"),
        ("format = 2\n", 1, "format"),
        ("format = 1\nscope = 'word'\n", 2, "scope"),
        ("format = 1\nedition = 0\n", 2, "edition"),
        ("format = 1\n[about]\nreviews = 3\nother_phrases = 'x'\n", 4, "other_phrases"),
        ("format = 1\n[about]\nother_phrases = ['x', 3]\n", 3, "other_phrases"),
        ("format = 1\n[about]\nother_reasons = { rare = 'x' }\n", 3, "other_reasons"),
        ("format = 1\n[[log]]\nedition = 1\nevent = 'died'\ntheme = 'a'\n", 4, "event"),
        ("format = 1\n[[theme]\n", 2, ""),
        (HEAD + "id = 'b'\ncues = ['x', 'y'\n\n[[theme]]\nid = 'c'\n", 8, "cues"),
        (HEAD + "id = 'b'\ncues = ['x', 'y'\n", 8, "cues"),
        (HEAD + "id = 'b'\n[theme.cues]\nx = 1\nx = 2\n", 10, "x"),
        (HEAD + "id 'b'\n", 7, "id"),
    ],
)
def test_a_mistake_is_named(text, line, key):
    with pytest.raises(ArtefactError) as error:
        parse(text, "themes.toml")
    assert f"line {line}" in str(error.value)
    assert key in str(error.value)
    assert "themes.toml" in str(error.value)


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputNotFoundError):
        ThemeSet.load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"format = 1 # \xe9")
    with pytest.raises(ArtefactError, match="UTF-8"):
        ThemeSet.load(tmp_path / "latin.toml")


@pytest.mark.parametrize("ids", [["a", "a"], ["other"], [""]])
def test_ids_are_distinct(ids):
    with pytest.raises(ConfigError):
        ThemeSet([Theme(i) for i in ids])


def test_a_folder_in_the_place_of_the_file_is_said_and_leaves_nothing(tmp_path):
    (tmp_path / "themes.toml").mkdir()
    with pytest.raises(StoreError, match="a folder is where"):
        ThemeSet.load().save(tmp_path / "themes.toml")
    assert [path.name for path in tmp_path.iterdir()] == ["themes.toml"]
