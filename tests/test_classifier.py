"""The classifier's laws: equal text, equal answer; clauses in one pass; artefacts that lie are refused."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reviewlens as rl
from reviewlens.classifier import ABSTAINED, Classifier
from reviewlens.errors import ArtefactError, ConfigError, InputError, InputNotFoundError, StoreError
from reviewlens.text import segments

REVIEWS = [
    "The battery died after two days. Terrible!",
    "Love it, works exactly as described and arrived early.",
    "It is okay, nothing special.",
    "屏幕很清晰，但是电池太差了。",
    "质量非常好，很满意",
    "BROKEN ON ARRIVAL!!! do not buy 😡",
    "",
    "   ",
    "ok",
    "The screen is lovely, the sound is awful, the price is fair; " * 30,
    "Sehr gute Qualität, gerne wieder",
]
TEXT = st.one_of(st.text(max_size=200), st.sampled_from(REVIEWS))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(threads=1)


@settings(max_examples=25, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_equal_text_equal_answer_whatever_the_batch(classifier: Classifier, texts: list[str], random) -> None:
    company = [*texts, *REVIEWS]
    random.shuffle(company)
    together = classifier.predict_proba(company)
    for text, row in zip(company, together, strict=True):
        if text in texts:
            assert np.array_equal(classifier.predict_proba([text])[0], row)


def test_clauses_do_not_depend_on_the_batch_or_the_threads(classifier: Classifier) -> None:
    owner, bounds = segments(REVIEWS)
    together = Classifier.load(threads=2).score_segments(REVIEWS, owner, bounds)
    for row, text in enumerate(REVIEWS):
        alone = classifier.score_segments([text], *segments([text]))
        assert np.array_equal(alone.segment_proba, together.segment_proba[owner == row])
        assert np.array_equal(alone.proba[0], together.proba[row])


def test_one_pass_says_of_the_review_what_predict_proba_says(classifier: Classifier) -> None:
    scores = classifier.score_segments(REVIEWS, *segments(REVIEWS))
    assert np.array_equal(scores.proba, classifier.predict_proba(REVIEWS))
    assert np.array_equal(scores.stars, classifier.predict_stars(REVIEWS))


@settings(max_examples=25, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=6))
def test_probabilities_and_labels_agree(classifier: Classifier, texts: list[str]) -> None:
    proba = classifier.predict_proba(texts)
    assert proba.shape == (len(texts), 3)
    assert proba.dtype == np.float32
    assert np.allclose(proba.sum(1), 1, atol=1e-5)
    assert [classifier.labels[k] for k in proba.argmax(1)] == classifier.predict(texts).tolist()
    stars = classifier.predict_stars(texts)
    assert ((stars >= 1) & (stars <= 5)).all()


def test_plain_opinions_in_two_languages(classifier: Classifier) -> None:
    bad = ["Terrible, broke at once", "质量太差了，很失望", "TERRIBLE, BROKE AT ONCE", "😡😡"]
    good = ["Excellent, I love it", "非常好，很满意", "EXCELLENT, I LOVE IT", "👍👍"]
    assert classifier.predict(bad + good).tolist() == ["negative"] * len(bad) + ["positive"] * len(good)


def test_clauses_of_one_review_differ(classifier: Classifier) -> None:
    text = "The screen is excellent, but the battery is terrible."
    scores = classifier.score_segments([text], *segments([text]))
    polarity = scores.segment_proba[:, 2] - scores.segment_proba[:, 0]
    assert polarity[0] > 0.3 > -0.3 > polarity[-1]


@pytest.mark.parametrize("repeats", [60, 400])
def test_clauses_beyond_what_the_network_reads_are_answered(classifier: Classifier, repeats: int) -> None:
    filler = "We went home late and it rained. "
    text = filler * repeats + "The battery is terrible and broke. " + filler * repeats
    owner, bounds = segments([text])
    scores = classifier.score_segments([text], owner, bounds)
    where = [i for i, (start, end) in enumerate(bounds) if "terrible" in text[start:end]]
    assert scores.truncated.tolist() == [repeats == 400]
    assert scores.segment_proba[where[0], 0] > 0.7


def test_no_texts_and_no_clauses(classifier: Classifier) -> None:
    assert classifier.predict_proba([]).shape == (0, 3)
    empty = np.zeros(0, dtype=np.int32), np.zeros((0, 2), dtype=np.int32)
    scores = classifier.score_segments(["fine", "bad"], *empty)
    assert scores.proba.shape == (2, 3)
    assert scores.segment_proba.shape == (0, 3)


def test_texts_must_be_a_list_of_strings(classifier: Classifier) -> None:
    with pytest.raises(InputError, match="one string"):
        classifier.predict("good")
    with pytest.raises(InputError, match="position 1"):
        classifier.predict(["good", None])  # type: ignore[list-item]
    for wrong in (None, 5, b"good", {"good": 1}):
        with pytest.raises(InputError, match=f"type {type(wrong).__name__}"):
            classifier.predict(wrong)  # type: ignore[arg-type]
        with pytest.raises(InputError, match=f"type {type(wrong).__name__}"):
            classifier.explain(wrong)  # type: ignore[arg-type]
    column = pa.array(["good", "bad"])
    assert classifier.predict(column).tolist() == classifier.predict(column.to_pylist()).tolist()  # type: ignore[arg-type]


def test_unknown_rate_rises_with_unknown_scripts(classifier: Classifier) -> None:
    known, unknown, empty = classifier.unknown_rate(["a good product", "ꦲꦏ꧀ꦱꦫꦗꦮ", ""])
    assert known == 0 == empty
    assert unknown > 0.9


def test_the_prior_of_neutral_moves_neutral_and_nothing_else() -> None:
    low, high = Classifier.load(neutral_prior=0.02), Classifier.load(neutral_prior=0.5)
    a, b = low.predict_proba(REVIEWS[:6]).astype(float), high.predict_proba(REVIEWS[:6]).astype(float)
    assert (b[:, 1] > a[:, 1]).all()
    assert np.allclose(a[:, 0] / a[:, 2], b[:, 0] / b[:, 2], rtol=1e-3)
    odds = (b[:, 1] / (1 - b[:, 1])) / (a[:, 1] / (1 - a[:, 1]))
    assert np.allclose(odds, (0.5 / 0.5) / (0.02 / 0.98), rtol=1e-3)
    assert low.fingerprint != high.fingerprint
    with pytest.raises(ConfigError, match="neutral_prior"):
        Classifier.load(neutral_prior=1.0)


def test_abstention_leaves_out_what_is_less_sure() -> None:
    proba = Classifier.load().predict_proba(REVIEWS)
    labels = Classifier.load(abstain_below=0.8).predict(REVIEWS)
    assert [label == ABSTAINED for label in labels] == (proba.max(1) < np.float32(0.8)).tolist()
    with pytest.raises(ConfigError, match="abstain_below"):
        Classifier.load(abstain_below=2)


def test_explanation_points_at_what_decides(classifier: Classifier) -> None:
    text = "The <b>screen</b> is excellent, but the battery is terrible."
    explanation = classifier.explain(text)
    weights = {word.text: word.weight for word in explanation.words}
    assert weights["excellent"] > 0 > weights["terrible"]
    assert all(text[word.start : word.end] == word.text for word in (*explanation.words, *explanation.clauses))
    assert "<b>screen</b>" not in explanation._repr_html_()
    assert "terrible" in str(explanation)


def test_deleting_what_matters_moves_the_score_more_than_deleting_what_does_not(classifier: Classifier) -> None:
    for text in (
        "I absolutely love this phone, works great every day",
        "Waste of money, it stopped working after a week",
    ):
        words = sorted(classifier.explain(text).words, key=lambda word: -abs(word.weight))
        whole = classifier.predict_proba([text])[0]

        def moved(span, text=text, whole=whole) -> float:
            left = classifier.predict_proba([text[: span.start] + text[span.end :]])[0]
            return abs(float((left[2] - left[0]) - (whole[2] - whole[0])))

        assert moved(words[0]) >= moved(words[-1])


def test_save_and_load_answer_alike(classifier: Classifier, tmp_path) -> None:
    classifier.save(tmp_path / "copy")
    loaded = Classifier.load(tmp_path / "copy")
    assert np.array_equal(loaded.predict_proba(REVIEWS), classifier.predict_proba(REVIEWS))
    assert loaded.fingerprint == classifier.fingerprint
    with pytest.raises(StoreError, match="overwrite"):
        classifier.save(tmp_path / "copy")


def test_the_folder_holds_no_pickle_and_stays_small(tmp_path) -> None:
    Classifier.load().save(tmp_path / "copy")
    files = {path.name: path.stat().st_size for path in (tmp_path / "copy").iterdir()}
    expected = {"config.json", "tokenizer.json", "model.safetensors", "model.onnx", "calibration.json", "metrics.json"}
    assert set(files) == expected | {"README.md"}
    assert sum(files.values()) < 12_000_000


def _edit(folder, **changes: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def _calibrate(folder, **changes: float) -> None:
    path = folder / "calibration.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    files = json.loads((folder / "config.json").read_text())["files"]
    _edit(folder, files=files | {path.name: hashlib.sha256(path.read_bytes()).hexdigest()})


def _instead(folder, name: str, target: str) -> None:
    (folder / name).unlink()
    (folder / name).symlink_to(target)


def _pipe(folder, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "model.onnx").unlink(), "missing"),
        (lambda f: (f / "model.safetensors").write_bytes(b"nonsense"), "hash"),
        (lambda f: (f / "calibration.json").write_text('{"network_weight": "x"}'), "hash"),
        (lambda f: _edit(f, format_version=99), "format_version"),
        (lambda f: _edit(f, model="oracle"), "not known"),
        (lambda f: _edit(f, files={"../../etc/passwd": "0"}), "lists no"),
        (lambda f: (f / "config.json").write_text("[]"), "object"),
        (lambda f: (f / "config.json").write_text("{"), "JSON"),
        (lambda f: (f / "config.json").write_text("[" * 100_000), "JSON"),
        (lambda f: _instead(f, "README.md", "/dev/zero"), "leads out"),
        (lambda f: _instead(f, "metrics.json", "/etc/hostname"), "leads out"),
        (lambda f: _pipe(f, "README.md"), "no file"),
        (lambda f: _calibrate(f, network_slope=1e308), "impossible"),
    ],
)
def test_an_artefact_that_lies_is_refused(tmp_path, damage, message: str) -> None:
    Classifier.load().save(tmp_path / "m")
    damage(tmp_path / "m")
    with pytest.raises(ArtefactError, match=message):
        Classifier.load(tmp_path / "m")


def test_a_file_outside_the_folder_is_refused(tmp_path) -> None:
    Classifier.load().save(tmp_path / "m")
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    shutil.move(tmp_path / "m" / "model.onnx", tmp_path / "elsewhere.onnx")
    (tmp_path / "m" / "model.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    with pytest.raises(ArtefactError, match="leads out"):
        Classifier.load(tmp_path / "m")
    (tmp_path / "m" / "model.onnx").unlink()
    shutil.copy(tmp_path / "elsewhere.onnx", tmp_path / "m" / "model.onnx")
    _edit(tmp_path / "m", files=config["files"] | {"../elsewhere.onnx": "0"})
    with pytest.raises(ArtefactError, match="no part"):
        Classifier.load(tmp_path / "m")


def test_a_card_that_is_no_text_does_not_matter(tmp_path) -> None:
    """Found by fuzzing."""
    folder = tmp_path / "model"
    Classifier.load().save(folder)
    (folder / "README.md").write_bytes(b"\xff\xca")
    assert Classifier.load(folder).predict(["Very good, I love it."]).tolist() == ["positive"]


def test_no_model_there(tmp_path) -> None:
    with pytest.raises(InputNotFoundError, match=r"config\.json"):
        Classifier.load(tmp_path)


def test_scoring_never_imports_torch() -> None:
    code = (
        "import sys, reviewlens as rl; rl.Classifier.load().predict(['good']);"
        "assert not {'torch', 'transformers', 'onnx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_language_never_trained_on_is_read_with_less_certainty() -> None:
    """The same six statements in five languages: right more often than not, and less sure than in English."""
    statements = {
        "en": [
            "Very good product, I recommend it",
            "Bad quality, broken after two days",
            "Works perfectly, clear recommendation",
            "Never again, total rubbish",
            "I am very satisfied with it",
            "A disappointment, I want my money back",
        ],
        "de": [
            "Sehr gutes Produkt, ich empfehle es",
            "Schlechte Qualität, nach zwei Tagen kaputt",
            "Funktioniert einwandfrei, klare Empfehlung",
            "Nie wieder, totaler Schrott",
            "Ich bin sehr zufrieden damit",
            "Eine Enttäuschung, ich will mein Geld zurück",
        ],
        "fr": [
            "Très bon produit, je le recommande",
            "Mauvaise qualité, cassé au bout de deux jours",
            "Fonctionne parfaitement, je recommande",
            "Plus jamais, une vraie camelote",
            "J'en suis très satisfait",
            "Une déception, je veux être remboursé",
        ],
        "es": [
            "Muy buen producto, lo recomiendo",
            "Mala calidad, se rompió a los dos días",
            "Funciona perfectamente, muy recomendable",
            "Nunca más, pura basura",
            "Estoy muy satisfecho",
            "Una decepción, quiero que me devuelvan el dinero",
        ],
        "ja": [
            "とても良い商品です。おすすめします",
            "品質が悪く、二日で壊れました",
            "完璧に動きます。おすすめです",
            "二度と買いません。ゴミです",
            "とても満足しています",
            "期待はずれでした。返金してほしいです",
        ],
    }
    good = np.array([True, False, True, False, True, False])
    classifier = Classifier.load()
    sure = {}
    for language, texts in statements.items():
        proba = classifier.star_probabilities(texts)
        positive = proba[:, 3:].sum(1) > proba[:, :2].sum(1)
        assert (positive == good).mean() > 0.5, language
        sure[language] = float(np.maximum(proba[:, 3:].sum(1), proba[:, :2].sum(1)).mean())
    assert max(value for language, value in sure.items() if language != "en") < sure["en"], sure


def test_all_ways_to_ask_read_the_same_normal_form(classifier: Classifier) -> None:
    texts = [
        "He said “works great” and it didn’t.",
        "\x00bad",
        "\ufeff很好用",
        "not\u200b good",
        "plain words, plainly bad",
    ]
    scored = rl.score(texts, classifier=classifier)
    proba = classifier.predict_proba(texts)
    assert np.allclose(proba, scored[["p_negative", "p_neutral", "p_positive"]], atol=1e-6)
    assert np.allclose([classifier.explain(text).score for text in texts], scored.score, atol=1e-6)
    explained = classifier.explain(texts[0])
    assert all(span.text == texts[0][span.start : span.end] for span in (*explained.words, *explained.clauses))
