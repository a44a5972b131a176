"""Mentions, wishes and the polarity of a review."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

import reviewlens as rl
from reviewlens import needs
from reviewlens.errors import InputError
from reviewlens.intent import find_wishes
from reviewlens.opinion import in_context, lean, leaned
from reviewlens.text import normalize, segments
from reviewlens.themes import Cue, Theme, ThemeSet
from reviewlens.wish_model import WishModel, damping, phrases, words

THEMES = ThemeSet(
    [Theme("battery", {}, (Cue("battery"), Cue("电池"))), Theme("price", {}, (Cue("price"), Cue("价格")))]
)
PIECES = [
    "the battery",
    "price",
    "电池",
    "价格",
    "I wish it had",
    "希望",
    "is good",
    "很好",
    ".",
    ", ",
    "。",
    "but ",
    "please add a mode",
    "要是",
    "就好了",
    " ",
]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=10).map("".join).map(normalize), max_size=5)


def mentioned(texts, proba=(0.2, 0.3, 0.5), themes=THEMES):
    owner, bounds = segments(texts)
    return needs.mentions(texts, owner, bounds, np.tile(np.float32(proba), (len(owner), 1)), themes).to_pandas()


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_mentions_are_of_their_text_alone(texts):
    together = mentioned(texts)
    assert together.drop(columns="segment").equals(
        together.drop(columns="segment").sort_values(["review", "start", "cue_start"], kind="stable", ignore_index=True)
    )
    for i, text in enumerate(texts):
        one = mentioned([text])
        mine = together[together["review"] == i].reset_index(drop=True)
        for column in ("start", "end", "theme_id", "cue", "cue_start", "cue_end", "polarity", "score", "intent"):
            assert mine[column].tolist() == one[column].tolist()


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_spans_lie_within_their_clause(texts):
    for row in mentioned(texts).itertuples():
        assert 0 <= row.start <= row.cue_start < row.cue_end <= row.end <= len(texts[row.review])
        assert (row.intent == "wish") == (not np.isnan(row.wish_start))
        if row.intent == "wish":
            assert row.start <= row.wish_start < row.wish_end <= row.end
        if row.theme_id == "other":
            assert row.intent == "wish"


def test_intent_follows_polarity():
    assert mentioned(["the battery"], (0.1, 0.2, 0.7))["intent"].tolist() == ["praise"]
    assert mentioned(["the battery"], (0.7, 0.2, 0.1))["intent"].tolist() == ["complaint"]
    assert mentioned(["the battery"], (0.2, 0.7, 0.1))["intent"].tolist() == ["statement"]


def test_several_themes_in_one_clause():
    assert mentioned(["电池和价格"])["theme_id"].tolist() == ["battery", "price"]


def test_a_wish_without_a_theme_is_other():
    found = mentioned(["I wish it had a longer cord."])
    assert found["theme_id"].tolist() == ["other"]
    assert found["cue"].tolist() == ["it had a longer cord"]


@pytest.mark.parametrize("texts", [[], [""], ["..."]])
def test_nothing_said(texts):
    found = mentioned(texts)
    assert found.empty
    assert list(found.columns) == needs.MENTION_COLUMNS.names


def test_fixed_expressions():
    texts = ["not expensive at all", "没有想象中好", "it is a phone", "could be better"]
    owner, bounds = segments(texts)
    assert np.sign(lean(texts, owner, bounds)).tolist() == [1, -1, 0, -1]


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("油耗高", -1),
        ("油耗低", 1),
        ("配置高", 1),
        ("配置低", -1),
        ("油耗真的不高", 1),
        ("很低的油耗", 1),
        ("空间没有隔壁那台大", -1),
        ("跑了一趟高速", 0),
        ("the battery life is long", 1),
        ("the wait is long", -1),
        ("low price", 1),
        ("low resolution", -1),
        ("the portions were not very large", -1),
        ("the steak was dry", -1),
        ("the weather was dry", 0),
        ("not delicious", -1),
        ("it has a hard drive", 0),
        ("there are no compatibility problems", 1),
        ("there are compatibility problems", -1),
        ("there is no way around these very serious problems", -1),  # too far
        ("房间没有想象中那么差", 1),
        ("味道没有宣传的那么好", -1),
        ("不是不好", 1),
        ("I don't love it", -1),
        ("not as bad as they say", 1),
        ("噪音不大", 1),
        ("配置很低", -1),
        ("加速不会很快", -1),
    ],
)
def test_a_word_says_of_a_thing_what_it_says_of_no_other(text, side):
    owner, bounds = segments([text])
    assert np.sign(lean([text], owner, bounds)).tolist() == [side]


def test_what_is_denied_says_more_than_a_plain_word():
    """A network misses a short negation more often than a word."""
    plain = ["compatibility problems", "delicious", "很糟糕", "房间糟糕"]
    denied = ["no compatibility problems", "not delicious", "也不糟糕", "没有想象中那么糟糕"]
    weight, against = (lean(texts, *segments(texts)) for texts in (plain, denied))
    assert (np.sign(weight) == -np.sign(against)).all()
    assert (np.abs(against) > np.abs(weight)).all()


def test_a_review_decides_what_its_clause_leaves_open():
    clauses, owner = np.float32([[0.3, 0.4, 0.3], [0.2, 0.5, 0.3], [0.9, 0.05, 0.05]]), np.array([0, 1, 0])
    moved = in_context(clauses, owner, np.float32([[0.1, 0.1, 0.8], [0.8, 0.1, 0.1]]))
    assert np.allclose(moved.sum(axis=1), 1, atol=1e-6)
    assert np.allclose(moved[:, 1], clauses[:, 1])
    assert moved[0, 2] > moved[0, 0] and moved[1, 2] < moved[1, 0]
    assert moved[2, 0] > 0.5  # a clear clause stands
    assert np.allclose(in_context(clauses, owner, np.float32([[0.4, 0.2, 0.4]] * 2)), clauses, atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(*[st.floats(0.01, 1)] * 3), min_size=1, max_size=5), st.integers(-3, 3))
def test_leaning_keeps_probabilities(rows, by):
    proba = np.array(rows, np.float32)
    proba /= proba.sum(axis=1, keepdims=True)
    moved = leaned(proba, np.full(len(rows), float(by)))
    assert np.allclose(moved.sum(axis=1), 1, atol=1e-5)
    shift = (moved[:, 2] - moved[:, 0]) - (proba[:, 2] - proba[:, 0])
    assert (shift * np.sign(by) >= -1e-6).all()


@pytest.mark.parametrize(
    ("clauses", "review", "expected"),
    [
        ([(0.9, 0.05, 0.05), (0.05, 0.05, 0.9)], (0.5, 0.2, 0.3), "mixed"),
        ([(0.05, 0.05, 0.9)] * 2, (0.1, 0.1, 0.8), "positive"),
        ([(0.9, 0.05, 0.05)] + [(0.05, 0.05, 0.9)] * 5, (0.1, 0.1, 0.8), "positive"),
        ([(0.2, 0.6, 0.2)], (0.2, 0.6, 0.2), "neutral"),
        ([], (0.7, 0.2, 0.1), "negative"),
    ],
)
def test_mixed_where_clauses_disagree(clauses, review, expected):
    owner = np.zeros(len(clauses), np.int32)
    text, bounds = "so it goes", np.tile(np.int32([[0, 10]]), (len(clauses), 1))
    clause = np.array(clauses, np.float32).reshape(-1, 3)
    got = needs.review_polarity(np.float32([review]), owner, clause, [text], bounds)
    assert got.tolist() == [expected]


def test_a_short_review_is_what_its_words_say_plainly():
    """However sure the classifier is; unless other words say the contrary, or there are many clauses."""
    said = ["I can't recommend it highly enough", "It is not overpriced", "It is a bad one"]
    contrary = said[1] + ". It was bland."
    texts = [*said, contrary, ". ".join([said[1], "So it is", "and so", "it goes"])]
    owner, bounds = segments(texts)
    sure = np.float32([0.9, 0.05, 0.05])
    found = needs.review_polarity(np.tile(sure, (5, 1)), owner, np.tile(sure, (len(owner), 1)), texts, bounds)
    assert np.bincount(owner).tolist() == [1, 1, 1, 2, 4]
    assert found.tolist() == ["positive", "positive", "negative", "negative", "negative"]
    none = needs.review_polarity(np.tile(sure, (5, 1)), owner[:0], np.zeros((0, 3), np.float32), texts, bounds[:0])
    assert none.tolist() == ["negative"] * 5


def test_a_review_of_doubt_is_what_all_its_clauses_say():
    """The words of the clauses count, unless the review is sure by itself, has many clauses, or these disagree."""
    texts = ["It is not overpriced", "It was bland", "Black, and so on"]
    bounds = np.array([[0, len(text)] for text in texts], np.int32)
    doubted, sure = np.float32([[0.4, 0.3, 0.3]] * 3), np.float32([[0.8, 0.1, 0.1]] * 3)
    owner = np.arange(3, dtype=np.int32)
    assert needs.review_polarity(doubted, owner, doubted, texts, bounds).tolist() == [
        "positive",
        "negative",
        "negative",
    ]
    assert needs.review_polarity(sure, owner, sure, ["So it is", *texts[1:]], bounds).tolist() == ["negative"] * 3
    both = texts[0] + ". " + texts[1] + "."
    parts = np.int32([[0, len(texts[0])], [len(texts[0]) + 2, len(both)]])
    disagree = needs.review_polarity(doubted[:1], np.zeros(2, np.int32), doubted[:2], [both], parts)
    assert disagree.tolist() == ["negative"]
    many = np.repeat(bounds[:1], needs.FEW + 1, axis=0)
    said = needs.review_polarity(doubted[:1], np.zeros(len(many), np.int32), doubted[[0] * len(many)], texts[:1], many)
    assert said.tolist() == ["negative"]
    alone = [
        needs.review_polarity(doubted[:1], owner[:1], doubted[:1], [t], bounds[i : i + 1])[0]
        for i, t in enumerate(texts)
    ]
    assert alone == needs.review_polarity(doubted, owner, doubted, texts, bounds).tolist()  # whatever stands beside


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("I wish it had a longer cord.", "it had a longer cord"),
        ("It would be better if the lid closed.", "the lid closed"),
        ("Please add a dark mode", None),
        ("希望电池再耐用一点", "电池再耐用一点"),
        ("要是有个指示灯就好了", None),
        ("建议商家用纸箱发货", None),
        ("I hope this helps", ""),
        ("You don't need a manual for this", ""),
        ("不建议购买", ""),
        ("比以前更好用了", ""),
    ],
)
def test_wishes_by_example(text, wish):
    owner, bounds = segments([text])
    found = find_wishes([text], owner, bounds)
    assert bool(len(found.segment)) == (wish != "")
    if wish:
        assert text[found.start[0] : found.end[0]] == wish


def test_chinese_wishes_of_our_own():
    lines = (Path(__file__).parent / "data" / "zh_wishes.txt").read_text("utf-8").splitlines()
    rows = [line for line in lines if line[0] in "+-"]
    assert len(rows) >= 300
    texts = [normalize(line[2:]) for line in rows]
    owner, bounds = segments(texts)
    wished = np.isin(np.arange(len(texts)), owner[find_wishes(texts, owner, bounds).segment])
    assert f1_score([line[0] == "+" for line in rows], wished) >= 0.95


def test_advice_of_guests_is_a_suggestion():
    lines = (Path(__file__).parent / "data" / "en_advice.txt").read_text("utf-8").splitlines()
    rows = [line for line in lines if line[0] in "+-"]
    texts = [normalize(line[2:]) for line in rows]
    owner, bounds = segments(texts)
    wished = np.isin(np.arange(len(texts)), owner[find_wishes(texts, owner, bounds).segment])
    assert f1_score([line[0] == "+" for line in rows], wished) >= 0.8


@pytest.mark.parametrize(
    "text",
    [
        "Don't buy this.",
        "Stay away from this hotel!",
        "I would recommend it to anyone.",
        "Highly recommended.",
        "Avoid this place at all costs.",
        "Save your money.",
        "建议大家不要买",
    ],
)
def test_a_verdict_is_no_suggestion(text):
    assert not len(find_wishes([text], *segments([text])).segment)


def test_an_imperative_counts_where_a_sentence_begins():
    model = WishModel({"of no matter": 1.0}, -0.5)
    opens, within = (
        ["It is loud. Take a room at the back."],
        ["We had a look, take a room at the back of it, and left."],
    )
    assert len(find_wishes(opens, *segments(opens), model=model).segment)
    assert not len(find_wishes(within, *segments(within), model=model).segment)


def test_a_model_objects_as_far_as_it_knows_what_is_said():
    said = ["They should put a kettle in every room."]
    stranger, expert = (
        WishModel(dict.fromkeys(known, -9.0), -1.0) for known in (["kettle"], phrases(words(said[0].lower())))
    )
    assert len(find_wishes(said, *segments(said), model=stranger).segment)
    assert not len(find_wishes(said, *segments(said), model=expert).segment)


def test_what_is_mostly_chinese_is_left_to_the_grammar():
    scores = WishModel({"usb type": 9.0}, 9.0).judged(["希望充电口换成 usb type c 的接口", "a usb type c port"])
    assert np.isnan(scores[0, 0]) and scores[0, 1] == 0
    assert scores[1, 0] > 9 and 0 < scores[1, 1] < 1


def test_model_of_passages():
    model = WishModel({"please add": 10.0, "please _ a": 5.0, "broken": -8.0}, -1.0)
    few, asks, complains, twice = model.scores(["ok", "pls add a mode", "it is broken", "please add a please add a"])
    assert np.isnan(few)
    assert asks == pytest.approx(15 / 8**0.6 - 1)
    assert complains == pytest.approx(-8 / 7**0.6 - 1)
    assert twice == pytest.approx(15 * (1 + np.log(2)) / 10**0.6 - 1)


WORDS = ["please", "pls", "add", "a", "mode", "0", "42", "!", "it's", "好", "_", "\n", "broken"]


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), max_size=6), st.randoms())
def test_model_of_passages_equals_its_sums_one_by_one(passages, random):
    some = ["please", "add", "0", "please add", "add _ mode", "a _ 0", "! _ !", "it's broken", "broken _ a", "mode a"]
    weights = {phrase: random.uniform(-9, 9) for phrase in random.sample(some, 7)}
    for passage, (found, share) in zip(passages, WishModel(weights, 0.5).judged(passages), strict=True):
        said = words(passage)
        counts = Counter(phrase for phrase in phrases(said) if phrase in weights)
        total = sum(weights[phrase] * (1 + np.log(n)) for phrase, n in counts.items())
        latin, ink = len("".join(re.findall(r"[a-z0-9']+|[!?]", passage))), len(passage) - passage.count(" ")
        expected = total / damping(len(said)) + 0.5 if len(said) > 1 and 2 * latin >= ink else np.nan
        assert found == pytest.approx(expected, nan_ok=True)
        assert share == pytest.approx(0 if np.isnan(expected) else counts.total() / len(phrases(said)))


def test_match_and_wishes_from_outside():
    texts = ["The battery died but shipping was fast", None, "I wish it had a longer cord."]
    found = rl.ThemeSet.load().match(texts)
    assert {"battery", "delivery"} <= set(found["theme_id"])
    assert found.loc[found["theme_id"] == "delivery", "polarity"].tolist() == ["positive"]
    assert rl.wishes(texts)["review"].tolist() == [2]
    with pytest.raises(InputError, match="one string"):
        rl.wishes("I wish")
    with pytest.raises(InputError, match="position 0"):
        rl.wishes([3])


def test_wishes_of_apps_are_found(data):
    frame = pd.read_parquet(data / "en_app_feedback_kinds.parquet")
    texts = [normalize(text) for text in frame["text"]]
    owner, bounds = segments(texts)
    wished = np.isin(np.arange(len(texts)), owner[find_wishes(texts, owner, bounds, model=WishModel({}, 0.0)).segment])
    assert f1_score(frame["kind"] == "feature request", wished) > 0.5  # the grammar alone


@pytest.mark.parametrize("text", ["arrived in two days, looks like the picture, boils like it should"])
def test_a_clause_that_the_grammar_rejects_makes_no_wish_of_its_neighbors(text: str) -> None:
    assert not len(rl.wishes([text]))
