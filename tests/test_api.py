"""The public face: names and signatures that others call."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import reviewlens as rl

SIGNATURES = {
    "analyze": ["data", "*out", "*columns", "*themes", "*classifier", "*engine", "*config"],
    "open_run": ["out"],
    "check": ["data", "*columns"],
    "status": ["out"],
    "forget": ["out", "*customer"],
    "score": ["data", "*columns", "*classifier", "*out"],
    "train": ["data", "*text", "*label", "*model", "*teacher", "*search", "*out", "*seed"],
    "evaluate": ["classifier", "data", "*text", "*label"],
    "discover_themes": ["data", "*text", "*seeds", "*n_themes", "*previous", "*seed"],
    "wishes": ["texts"],
    "describe": ["run", "product_id", "*language", "*writer"],
}
METHODS = {
    ("Classifier", "load"): ["path"],
    ("Classifier", "save"): ["path"],
    ("Classifier", "predict"): ["texts"],
    ("Classifier", "predict_proba"): ["texts"],
    ("Classifier", "predict_stars"): ["texts"],
    ("Classifier", "explain"): ["text"],
    ("ThemeSet", "load"): ["path"],
    ("ThemeSet", "save"): ["path"],
    ("ThemeSet", "match"): ["texts"],
    ("Recommender", "fit"): ["interactions", "*run"],
    ("Recommender", "recommend"): ["*customer", "*k"],
    ("Recommender", "similar"): ["product_id", "*k"],
}
VERBS = ["run", "check", "score", "status", "config", "forget"]
VERBS += ["train", "evaluate", "discover", "describe", "recommend"]


def names(function) -> list[str]:
    """Parameter names, keyword-only ones with a star."""
    shown = inspect.signature(function).parameters.values()
    return [("*" if p.kind is p.KEYWORD_ONLY else "") + p.name for p in shown if p.name not in {"self", "cls"}]


@pytest.mark.parametrize("name", SIGNATURES)
def test_functions_take_what_was_promised(name):
    given = names(getattr(rl, name))
    assert given[: len([n for n in SIGNATURES[name] if n[0] != "*"])] == [n for n in SIGNATURES[name] if n[0] != "*"]
    assert set(SIGNATURES[name]) <= set(given)


@pytest.mark.parametrize(("kind", "name"), METHODS)
def test_methods_take_what_was_promised(kind, name):
    given = names(getattr(getattr(rl, kind), name))
    promised = METHODS[kind, name]
    assert [n for n in given if n[0] != "*"][: len(promised)] == [n for n in promised if n[0] != "*"]
    assert set(promised) <= set(given)


def test_everything_promised_is_there_and_nothing_else():
    assert set(SIGNATURES) | {kind for kind, _ in METHODS} <= set(rl.__all__) == set(dir(rl))
    for name in rl.__all__:
        assert getattr(rl, name) is not None
    with pytest.raises(AttributeError, match="nothing_like_this"):
        _ = rl.nothing_like_this
    assert rl.Classifier.load().labels == ("negative", "neutral", "positive")


def test_importing_and_scoring_never_import_torch_and_stay_light():
    code = (
        "import sys, reviewlens as rl; heavy = {'torch', 'pandas', 'onnxruntime', 'duckdb', 'sklearn'};"
        "assert not heavy & set(sys.modules); rl.score(['good']); assert not {'torch', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb):
    done = subprocess.run([sys.executable, "-m", "reviewlens", verb, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert f"reviewlens {verb}" in done.stdout.split("Options:")[0].replace("Usage:", "", 1).split("\n", 1)[1]
