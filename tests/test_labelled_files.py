"""Labelled reviews as people have them: other separators, stars in words, columns mixed up, too little of a class."""

from __future__ import annotations

import gzip
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reviewlens as rl
from reviewlens.cli import main
from reviewlens.errors import ColumnError, ConfigError, InputError
from reviewlens.labelled import read_labelled
from reviewlens.labels import read_labels

SAID = [("love it, works great", 5), ("broke; after a week", 1), ('so "soft"\tand warm', 4), ("meh", 3)]


def table(n: int, *, bad: int | None = None) -> pd.DataFrame:
    words = ["great", "lovely", "superb", "awful", "broken", "useless"]
    rows = [(f"{words[i % 6]} thing number {i} of the shop", int(i % 6 < 3)) for i in range(n)]
    found = pd.DataFrame(rows, columns=["text", "label"])
    return found if bad is None else pd.concat([found[found.label == 1], found[found.label == 0].head(bad)])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".CSV", ".csv.gz"])
def test_any_separator(separator, suffix, tmp_path):
    shown = pd.DataFrame(SAID, columns=["text", "stars"]).to_csv(index=False, sep=separator).encode("utf-8-sig")
    path = tmp_path / f"a{suffix}"
    path.write_bytes(gzip.compress(shown) if suffix.endswith("gz") else shown)
    for source in (path, str(path), [path]):
        found = read_labelled(source, text="text", label="stars")
        assert found.texts == [text for text, _ in SAID]
        assert found.labels.stars.tolist() == [stars for _, stars in SAID]


def test_a_folder_of_them(tmp_path):
    frame = pd.DataFrame(SAID, columns=["text", "stars"])
    frame.to_csv(tmp_path / "a.csv", index=False, sep=";")
    frame.to_csv(tmp_path / "b.tsv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "c.parquet")
    assert len(read_labelled(tmp_path, text="text", label="stars").texts) == 3 * len(SAID)


def test_what_is_no_utf_8_is_told(tmp_path):
    pd.DataFrame(SAID, columns=["text", "stars"]).to_csv(tmp_path / "a.csv", index=False, encoding="utf-16")
    with pytest.raises(InputError, match="not UTF-8"):
        read_labelled(tmp_path / "a.csv", text="text", label="stars")


@given(st.lists(st.integers(1, 5), min_size=1, max_size=9))
def test_stars_in_words_are_the_stars(stars):
    expected = read_labels([*stars, 1, 5], usual=(1.0, 5.0)).stars.tolist()[: len(stars)]
    ways = (
        lambda n: f"{n} stars",
        lambda n: f"{n}.0 out of 5 stars",
        lambda n: "★" * n,
        lambda n: "零一二三四五"[n] + "星",
    )
    for way in ways:
        found = read_labels([way(n) for n in stars])
        assert found.kind == "stars"
        assert found.stars.tolist() == expected
        assert found.scale == (1.0, 5.0)


def test_words_that_are_no_stars_are_none():
    with pytest.raises(InputError, match=r"'recommended' \(1 rows\)"):
        read_labels(["5 stars", "recommended"])
    with pytest.raises(InputError, match=r"'x{40}'"):
        read_labels(["x" * 300, "positive"])
    assert np.isnan(read_labels(["4 stars", None, ""]).stars[1:]).all()


def test_columns_that_are_mixed_up_are_told():
    frame = pd.DataFrame(SAID, columns=["text", "stars"])
    for wrong, message in (
        ({"text": "text", "label": "text"}, "the same column, 'text'"),
        ({"text": "stars", "label": "text"}, "labels not understood|holds no text"),
        ({"text": ["text"], "label": "stars"}, "cannot be named by"),
    ):
        with pytest.raises(InputError, match=message):
            read_labelled(frame, **wrong)
    with pytest.raises(InputError, match="'stars' holds no text but int64"):
        read_labelled(frame.assign(label=[0, 1, 1, 0]), text="stars", label="label")
    with pytest.raises(ColumnError):
        read_labelled(frame, text="body", label="stars")
    with pytest.raises(InputError, match=r"(?s)dict cannot be read.*pandas.DataFrame"):
        read_labelled(frame.to_dict("list"), text="text", label="stars")


@pytest.mark.parametrize("seed", ["a", -1, 1.5, None, True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ConfigError, match="seed="):
        rl.train(table(60), text="text", label="label", model="linear", seed=seed)


def test_too_little_of_a_class_and_a_model_that_may_be_guessing_are_warned_of():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        rl.train(table(120, bad=3), text="text", label="label", model="linear", progress=False)
    assert "negative are only 3 of 63 reviews: too few to learn it" in [str(warning.message) for warning in told]
    noise = table(90).assign(label=lambda t: np.random.default_rng(0).integers(0, 2, len(t)))
    with pytest.warns(UserWarning, match="not surely better than guessing"):
        rl.train(noise, text="text", label="label", model="linear", progress=False)


def test_one_class_is_not_measured_as_if_there_were_no_other():
    frame = pd.DataFrame({"text": ["awful, it broke", "love it", "hate it"], "label": "positive"})
    with pytest.warns(UserWarning, match="every label is positive"):
        found = rl.evaluate(rl.Classifier.load(), frame, text="text", label="label")
    assert found.values["accuracy"] == pytest.approx(1 / 3)


def test_a_classifier_says_what_it_is():
    assert repr(rl.Classifier.load(abstain_below=0.8)) == "Classifier(lstm, learned en, zh, abstains below 0.8)"
    trained = rl.train(table(60), text="text", label="label", model="linear", progress=False)
    assert repr(trained) == "Classifier(linear, learned en)"


def test_the_command_line_warns_in_words(tmp_path, capsys):
    frame = table(60)
    frame.loc[0, "text"] = None
    frame.to_csv(tmp_path / "a.csv", index=False)
    asked = [str(tmp_path / "a.csv"), "--text", "text", "--label", "label"]
    for words in (
        ["train", *asked, "--model", "linear", "--out", str(tmp_path / "m")],
        ["evaluate", str(tmp_path / "m"), *asked],
    ):
        with pytest.raises(SystemExit) as ended:
            main(words)
        told = capsys.readouterr().err
        assert ended.value.code == 0
        assert "warning: 1 of 60 rows lack a text or a label and are left out\n" in told
        assert ".py" not in told
    assert "warning: 59 of 59 reviews were trained on: expect less on new reviews\n" in told
