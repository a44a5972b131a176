"""Which languages the classifier learned, and how many reviews are in another: in the table, the report and `check`."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT
from test_report import plain

import reviewlens as rl
from reviewlens import artefact
from reviewlens.config import JobConfig
from reviewlens.errors import ArtefactError
from reviewlens.identify import UNTOLD, code_of, identifiable, languages, unlearned
from reviewlens.report import render_report
from reviewlens.starting import LEARNED
from reviewlens.text import segments

OLD_MODEL = ROOT / "tests" / "fixtures" / "models" / "v1-linear"
GERMAN = {
    "gut": ["sehr gut", "wirklich toll", "einfach super", "sehr schön", "ganz hervorragend"],
    "schlecht": ["leider kaputt", "nicht zu gebrauchen", "sehr schlecht", "wirklich mies", "nur enttäuschend"],
}
ENGLISH = ["The zip broke and it is not good.", "It is a great tent and we love it.", "This was the worst of them."]


def german(n: int) -> pd.DataFrame:
    things = [" ".join(pair) for pair in itertools.product(["Die Lampe", "Der Koffer", "Das Zelt"], ["ist", "war"])]
    draw = random.Random(0)
    rows = [
        (f"{draw.choice(things)} {draw.choice(GERMAN[side])}, und das nach {i} Tagen", side == "gut")
        for i, side in zip(range(n), itertools.cycle(GERMAN), strict=False)
    ]
    return pd.DataFrame(rows, columns=["text", "good"])


@pytest.fixture(scope="module")
def ours() -> rl.Classifier:
    """A model of German reviews."""
    return rl.train(german(160), text="text", label="good", model="linear", progress=False)


def test_the_bundled_model_says_what_it_learned() -> None:
    assert rl.Classifier.load().languages == tuple(sorted(LEARNED)) == ("en", "zh")


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ("en", "en"),
        ("EN_us.UTF-8", "en"),
        ("pt-BR", "pt"),
        ("English (US)", "en"),
        ("ger", "de"),
        ("Français", "fr"),
        ("中文（简体）", "zh"),
        ("zh-Hant-TW", "zh"),
        ("unknown", None),
        ("us", None),
        ("", None),
        ("??", None),
    ],
)
def test_languages_are_known_by_any_of_their_names(declared: str, code: str | None) -> None:
    assert code_of(declared) == code


@given(
    st.dictionaries(st.sampled_from(["en", "zh", "de", "ja", "tr", "sv", UNTOLD]), st.integers(1, 9)),
    st.none() | st.sets(st.sampled_from(["en", "de", "sv", UNTOLD])),
)
def test_a_review_is_strange_or_learned_or_tells_nothing(rows, learned) -> None:
    found = unlearned(rows, learned)
    if learned is None:
        assert found is None
        return
    assert UNTOLD not in found
    assert not set(found) & learned
    assert {code: rows[code] for code in found} == found
    assert list(found.values()) == sorted(found.values(), reverse=True)
    for code in set(rows) - set(found) - learned - {UNTOLD}:
        assert UNTOLD in learned
        assert code not in identifiable(), "texts would have told it"


def test_the_table_counts_them_and_the_report_says_so(tmp_path) -> None:
    german_ones, french = german(12).text.tolist(), ["C'est un très bon produit et je ne suis pas déçu"] * 2
    texts = [*ENGLISH * 5, *german_ones, *french, "物流很快，很满意", "👍", "", "ok"]
    declared = [*[None] * 15, "de_DE", *[None] * 13, None, None, None, "unknown"]
    run = rl.analyze(pd.DataFrame({"text": texts, "language": declared}), out=tmp_path / "lens")
    intake = run.tables["intake"].set_index("reason")
    assert intake["reviews"].sum() == len(texts)
    assert intake.loc["scored", ["unlearned", "unlearned_languages"]].tolist() == [14, "de 12, fr 2"]
    assert intake.loc["empty_text", ["unlearned", "unlearned_languages"]].tolist() == [0, ""]
    stored = run.scored.to_table(columns=["language"]).column("language").to_pylist()
    assert sum(code not in {"en", "zh", UNTOLD} for code in stored) == 14 == run.manifest["counts"]["unlearned"]
    said = "14 reviews (44% of all) are in languages that the model was not trained on, German (12) and French (2)"
    assert plain(run.report.read_text("utf-8")).count(said) == 2, "among the facts, and where it says what was read"
    chinese = JobConfig(**{**run.manifest["config"], "language": "zh"})
    page = plain(render_report(run.tables, run.manifest, chinese))
    assert "有 14 条评论（占全部的 44%）所用的语言模型没有学过：德语（12 条）和法语（2 条）" in page


def test_few_are_told_where_it_says_what_was_read_and_many_in_the_log(tmp_path, caplog) -> None:
    numbered = [f"{text} {i}" for i in range(20) for text in ENGLISH]
    few = rl.analyze([*numbered, *german(2).text], out=tmp_path / "few")
    assert not [r for r in caplog.records if getattr(r, "event", "") == "unlearned"]
    page = plain(few.report.read_text("utf-8"))
    assert page.count("2 reviews (3.2% of all) are in languages") == 1
    rl.analyze([*numbered, *german(9).text], out=tmp_path / "many")
    (told,) = [r for r in caplog.records if getattr(r, "event", "") == "unlearned"]
    assert (told.reviews, told.languages) == (9, "de 9")
    alone = rl.analyze([*numbered, *german(1).text], out=tmp_path / "one")
    assert "1 review (1.6% of all) is in a language" in plain(alone.report.read_text("utf-8"))
    none = rl.analyze(numbered, out=tmp_path / "none")
    assert "not trained on" not in plain(none.report.read_text("utf-8"))


def test_a_model_of_ones_own_knows_its_language(ours, tmp_path) -> None:
    assert ours.languages == ("de",)
    ours.save(tmp_path / "ours")
    assert rl.Classifier.load(tmp_path / "ours").languages == ("de",)
    texts = [*german(6).text, *ENGLISH]
    for number, classifier in enumerate([ours, tmp_path / "ours"]):
        intake = rl.analyze(texts, out=tmp_path / str(number), classifier=classifier).tables["intake"]
        assert intake.loc[0, ["unlearned", "unlearned_languages"]].tolist() == [3, "en 3"]
    assert rl.check(texts, classifier=ours).unlearned == {"en": 3}
    assert rl.check(texts, classifier=tmp_path / "ours").unlearned == {"en": 3}
    assert rl.check(texts).unlearned == {"de": 6}
    assert "not learned by the classifier" in str(rl.check(texts))


def test_labelled_reviews_may_declare_a_language_that_texts_do_not_tell() -> None:
    turkish = german(80).assign(lang="tr_TR", text=lambda t: t.text.str.replace("[aeiou]", "ğ", regex=True))
    declared = rl.train(turkish, text="text", label="good", model="linear", progress=False)
    assert declared.languages == ("tr",)
    silent = rl.train(turkish.drop(columns="lang"), text="text", label="good", model="linear", progress=False)
    assert UNTOLD in silent.languages
    assert unlearned({"tr": 5, "ja": 2}, silent.languages) == {"ja": 2}, "it may well be Turkish"


def test_a_network_that_went_on_from_the_bundled_one_keeps_its_languages() -> None:
    pytest.importorskip("torch")
    table = pd.DataFrame(
        [(f"The {thing} is {word} and I had it for {i} days", good)
         for i in range(12) for thing in ("lamp", "tent", "bag") for word, good in (("great", 1), ("broken", 0))],
        columns=["text", "good"],
    )  # fmt: skip
    found = {
        m: rl.train(table, text="text", label="good", model=m, epochs=1, progress=False) for m in ("lstm", "linear")
    }
    assert found["linear"].languages == ("en",)
    weighed = found["lstm"].calibration.network_weight > 0
    assert found["lstm"].languages == (("en", "zh") if weighed else ("en",))


def test_an_older_model_says_nothing_and_nothing_is_claimed(tmp_path) -> None:
    assert rl.Classifier.load(OLD_MODEL).languages is None
    run = rl.analyze([*ENGLISH, ""], out=tmp_path / "lens", classifier=OLD_MODEL)
    intake = run.tables["intake"]
    assert intake[["unlearned", "unlearned_languages"]].isna().all(axis=None)
    assert "unlearned" not in run.manifest["counts"]
    assert "does not say which languages" in plain(run.report.read_text("utf-8"))
    assert rl.check(german(3), columns={"text": "text"}, classifier=OLD_MODEL).unlearned == {}


def test_languages_that_are_no_list_are_told(ours, tmp_path) -> None:
    ours.save(tmp_path / "ours")
    config = json.loads((tmp_path / "ours" / "config.json").read_text("utf-8"))
    (tmp_path / "ours" / "config.json").write_text(json.dumps(config | {"languages": "de"}), "utf-8")
    with pytest.raises(ArtefactError, match="languages 'de' are no list"):
        artefact.read(tmp_path / "ours")


def test_forgetting_keeps_what_the_model_learned(ours, tmp_path) -> None:
    table = pd.DataFrame({"text": [*german(4).text, *ENGLISH], "customer": ["a", *"bcdefg"]})
    rl.analyze(table, out=tmp_path / "lens", classifier=ours)
    assert rl.forget(tmp_path / "lens", customer="g") == 1
    intake = rl.open_run(tmp_path / "lens").tables["intake"].set_index("reason")
    assert intake.loc["scored", ["unlearned", "unlearned_languages"]].tolist() == [2, "en 2"]


def test_what_it_never_learned_it_is_less_sure_of() -> None:
    same = {
        "en": """The device broke after a week.|Very good quality, I am very satisfied.|The battery does not work well.|
            I can only recommend it.|Not worth the money, cheap plastic.|My son loves it, a great present.""",
        "de": """Das Gerät ging nach einer Woche kaputt.|Sehr gute Qualität, ich bin sehr zufrieden.|
            Der Akku funktioniert nicht gut.|Ich kann es nur empfehlen.|Das Geld nicht wert, billiges Plastik.|
            Mein Sohn liebt es, ein tolles Geschenk.""",
        "es": """El aparato se rompió en una semana.|Muy buena calidad, estoy muy satisfecho.|Lo recomiendo mucho.|
            La batería no funciona bien.|No vale lo que cuesta, plástico barato.|
            A mi hijo le encanta, un gran regalo.""",
    }
    bundled = rl.Classifier.load()
    sure = {code: bundled.predict_proba(said.split("|")).max(axis=1).mean() for code, said in same.items()}
    assert sure["de"] < sure["en"] - 0.05
    assert sure["es"] < sure["en"] - 0.05


def test_ways_to_declare_a_language_are_one(tmp_path) -> None:
    run = rl.analyze(pd.DataFrame({"text": ENGLISH, "language": ["en-US", "English", "EN"]}), out=tmp_path / "lens")
    assert run.scored.to_table(columns=["language"]).column("language").to_pylist() == ["en"] * 3


UNKNOWN_TO_IT = ["సినిమా చాలా బాగుంది", "ꦲꦏ꧀ꦱꦫꦗꦮ", "இது நல்ல தயாரிப்பு"]


def test_a_script_that_it_neither_has_nor_learned_is_hardly_judged(ours) -> None:
    bundled = rl.Classifier.load()
    for classifier, texts in (
        (bundled, UNKNOWN_TO_IT),
        (ours, [*UNKNOWN_TO_IT, "质量很好，物流也快", "Отличный товар"]),
    ):
        assert (classifier.unknown_rate(texts) > 0.8).all()
        proba = classifier.predict_proba(texts)
        assert (np.maximum(proba[:, 0], proba[:, 2]) < 0.75).all()
        owner, bounds = segments(texts)
        assert np.array_equal(classifier.score_segments(texts, owner, bounds).proba, proba), (
            "asked one way or the other"
        )


def test_what_it_learned_is_judged_as_ever(ours) -> None:
    """Emoji and languages that it learned are no reason to doubt, however their characters are spelled."""
    texts = ["😡😡", "👍 ok", "very good 👍👍👍👍👍👍", "质量很好", *german(3).text]
    for classifier in (rl.Classifier.load(), ours):
        silent = rl.Classifier(replace(classifier.parts, extra={}))  # one that does not say what it learned
        spoken = [i for i, code in enumerate(languages(texts)) if code in {UNTOLD, *(classifier.languages or ())}]
        assert len(spoken) > 2
        chosen = [texts[i] for i in spoken]
        assert np.array_equal(classifier.predict_proba(chosen), silent.predict_proba(chosen))
