"""An argument of a wrong kind is told by its name, with what it may be, in every public function."""

from __future__ import annotations

import pytest

import reviewlens as rl
from reviewlens.errors import ColumnError, ConfigError, InputNotFoundError

TEXTS = ["The zip broke.", "很好"]
NO_PATHS = (5, True, b"x", ["a"], {"a": ["b"]}, object())


@pytest.mark.parametrize("wrong", NO_PATHS)
@pytest.mark.parametrize("name", ["themes", "classifier", "engine", "config"])
def test_analyze(name, wrong, tmp_path):
    if (name, type(wrong)) == ("config", dict):
        pytest.skip("a mapping of settings is one")
    with pytest.raises(ConfigError, match=f"{name} cannot be of type {type(wrong).__name__}") as told:
        rl.analyze(TEXTS, out=tmp_path / "lens", **{name: wrong})
    assert told.value.hint.startswith("give ")
    assert told.value.where == name
    assert not (tmp_path / "lens").exists(), "a mistake leaves no trace"


@pytest.mark.parametrize("wrong", NO_PATHS)
def test_where_a_classifier_or_a_path_is_asked_for(wrong, tmp_path):
    kind = type(wrong).__name__
    for call in (
        lambda: rl.score(TEXTS, classifier=wrong),
        lambda: rl.check(TEXTS, classifier=wrong),
        lambda: rl.evaluate(wrong, tmp_path, text="text", label="label"),
        lambda: rl.Classifier.load(wrong),
        lambda: rl.Classifier.load().save(wrong),
        lambda: rl.ThemeSet.load(wrong),
        lambda: rl.ThemeSet.load().save(wrong),
        lambda: rl.open_run(wrong),
        lambda: rl.status(wrong),
        lambda: rl.forget(wrong, customer="x"),
        lambda: rl.analyze(TEXTS, out=wrong),
    ):
        with pytest.raises(ConfigError, match=f"cannot be of type {kind}"):
            call()


def test_a_theme_set_is_no_classifier_and_a_classifier_no_theme_set(tmp_path):
    with pytest.raises(ConfigError, match="classifier cannot be of type ThemeSet"):
        rl.analyze(TEXTS, out=tmp_path / "lens", classifier=rl.ThemeSet.load())
    with pytest.raises(ConfigError, match="themes cannot be of type Classifier"):
        rl.analyze(TEXTS, out=tmp_path / "lens", themes=rl.Classifier.load())


def test_columns_and_numbers():
    for wrong in (5, ["text"], "text"):
        for call in (rl.check, rl.score):
            with pytest.raises(ColumnError, match="columns cannot be of type"):
                call(TEXTS, columns=wrong)
    for name in ("neutral_prior", "abstain_below", "threads"):
        with pytest.raises(ConfigError, match=f"{name} must be a number"):
            rl.Classifier.load(**{name: "0.5"})


def test_an_empty_path_is_none_and_a_number_names_a_customer(tmp_path):
    run = rl.analyze(TEXTS, out=tmp_path / "lens", themes="", classifier="")
    assert rl.analyze(TEXTS, out=tmp_path / "lens").folder == run.folder, "nothing new"
    assert rl.forget(tmp_path / "lens", customer=1042) == 0
    for wrong in (None, 4.5, True):
        with pytest.raises(ConfigError, match="customer cannot be"):
            rl.forget(tmp_path / "lens", customer=wrong)
    with pytest.raises(InputNotFoundError):
        rl.open_run("")
