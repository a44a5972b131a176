"""Finding themes: against a slow and obvious search, and by example."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.letters import SPACED, kinds
from reviewlens.text import fold, segments
from reviewlens.themes import Cue, Theme, ThemeSet
from reviewlens.themes.inflect import forms

PIECES = [
    "battery",
    "batteries",
    "life",
    "battery life",
    "电池",
    "电",
    "池",
    "车",
    "slow",
    " ",
    " ",
    ",",
    ".",
    "but",
    "x",
    "s",
    "CAR",
    "care",
    "电池盒",
]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), max_size=4)
PHRASES = st.sampled_from(["battery", "battery life", "life", "电池", "电", "池", "car", "slow", "x", "电池盒"])
CUES = st.dictionaries(PHRASES, st.sampled_from([0.4, 0.6, 1.0, -0.5]), max_size=4)
THEMES = st.lists(st.tuples(CUES, st.lists(PHRASES, max_size=2)), min_size=1, max_size=3)


def slowly(text, a, b, themes):
    """Return {theme: total} for one clause by trying every span of it."""
    clause = fold(text)
    spaced = [kinds()[ord(c)] == SPACED for c in clause]

    def whole(i, j):
        return not (i and spaced[i - 1] and spaced[i]) and not (j < len(clause) and spaced[j] and spaced[j - 1])

    spans = [(i, j) for i in range(a, b) for j in range(i + 1, b + 1) if whole(i, j)]
    places = {(i, j): clause[i:j] for i, j in spans}
    spelled = {form for theme in themes for cue in theme.cues for form in forms(cue.text)}
    cues = {s: t for s, t in places.items() if t in spelled}
    alone = {s: t for s, t in cues.items() if not any(o != s and o[0] <= s[0] and s[1] <= o[1] for o in cues)}
    totals = {}
    for index, theme in enumerate(themes):
        barred = [s for s, t in places.items() if t in {f for e in theme.excludes for f in forms(e)}]
        seen = {}
        for (i, j), said in alone.items():
            for n, cue in enumerate(theme.cues):
                if said in forms(cue.text) and not any(x <= i and j <= y for x, y in barred):
                    seen[n] = cue.weight
        if sum(seen.values()) >= theme.threshold - 1e-9 and any(w > 0 for w in seen.values()):
            totals[index] = round(sum(seen.values()), 5)
    return totals


@settings(deadline=None, max_examples=60)
@given(TEXTS, THEMES)
def test_found_as_by_slow_search(texts, given_themes):
    themes = [
        Theme(f"t{i}", {}, tuple(Cue(c, w) for c, w in cues.items()), tuple(excludes), threshold=0.6)
        for i, (cues, excludes) in enumerate(given_themes)
    ]
    owner, bounds = segments(texts)
    found = ThemeSet(themes).find(texts, owner, bounds)
    expected = [
        (m, theme, total)
        for m, (o, (a, b)) in enumerate(zip(owner, bounds, strict=True))
        for theme, total in slowly(texts[o], a, b, themes).items()
    ]
    got = [
        (int(m), int(t), round(float(w), 5)) for m, t, w in zip(found.segment, found.theme, found.weight, strict=True)
    ]
    assert sorted(got) == sorted(expected)


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_a_clause_is_found_in_wherever_it_stands(texts):
    themes = ThemeSet(
        [Theme("a", {}, (Cue("battery"), Cue("电池"))), Theme("b", {}, (Cue("car", 0.5), Cue("life", 0.5)))]
    )
    owner, bounds = segments(texts)
    together = themes.find(texts, owner, bounds)
    for i, text in enumerate(texts):
        one = themes.find([text], *segments([text]))
        mine = owner[together.segment] == i
        assert together.cue[mine].tolist() == one.cue.tolist()
        assert together.start[mine].tolist() == one.start.tolist()
        assert together.end[mine].tolist() == one.end.tolist()


def cues_found(text, themes=None):
    found = (themes or ThemeSet.load()).find([text], *segments([text]))
    return {
        (themes or ThemeSet.load()).themes[t].theme_id: text[a:b]
        for t, a, b in zip(found.theme, found.start, found.end, strict=True)
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the batteries charge slowly", {"battery": "batteries"}),
        ("it took care of the scar", {}),
        ("the battery life is short", {"battery": "battery life"}),
        ("room for improvement", {}),
        ("這個電池很耐用", {"battery": "電池", "durability": "耐用"}),
        ("这个wifi信号很差", {"compatibility": "wifi", "performance": "信号"}),
        ("it sounds like a good deal", {"value": "good deal"}),
        ("我对他不熟悉", {}),
        ("酒店有充电桩", {}),
        ("裤子没有什么味道", {"smell": "味道"}),
        ("苹果味道一般", {"taste": "味道"}),
        ("it hums, and the children hum along", {"sound": "hums"}),
        ("I recommend this box for streaming", {}),
        ("The author tells a sweet story. The plot is slow.", {"content": "plot"}),
        ("The tablet is slow with this book.", {"performance": "slow"}),
        ("这本书的情节很苦", {"content": "这本书"}),
    ],
)
def test_built_in_taxonomy(text, expected):
    assert cues_found(text) == expected


def test_a_word_yields_to_what_the_review_is_about():
    work = Theme("work", {}, (Cue("plot"), Cue("author", 0.5), Cue("tablet", -1.0)))
    taste = Theme("taste", {}, (Cue("sweet"), Cue("too sweet")), yields_to="work")
    themes = ThemeSet([work, taste])
    assert cues_found("The plot is sweet.", themes) == {"work": "plot", "taste": "sweet"}  # weighs 1
    assert cues_found("It is sweet. The author has a plot.", themes) == {"work": "plot"}
    assert cues_found("It is too sweet. The author has a plot.", themes) == {"work": "plot", "taste": "too sweet"}
    assert cues_found("It is sweet. A plot, a plot.", themes) == {"work": "plot", "taste": "sweet"}  # a cue counts once
    assert cues_found("It is sweet. The author has a plot on my tablet.", themes) == {"taste": "sweet"}


def test_a_weak_cue_needs_a_witness_in_its_review():
    cues = (Cue("room", 0.5), Cue("suite"), Cue("chat", -1.0))
    themes = ThemeSet(
        [Theme("rooms", {}, cues, ("room for",), witnesses=("hotel",)), Theme("a", {}, (Cue("room", 0.5),))]
    )
    assert cues_found("The room is small.", themes) == {}
    assert cues_found("The suite is small.", themes) == {"rooms": "suite"}
    assert cues_found("A nice hotel. The room is small.", themes) == {"rooms": "room"}
    assert cues_found("The room is small. Other hotels are large.", themes) == {"rooms": "room"}
    assert cues_found("A nice hotel with room for two.", themes) == {}
    assert cues_found("A nice hotel, the chat room is empty", themes) == {}
    assert cues_found("A nice hotel.", themes) == {}
    two = ["A nice hotel.", "The room is small."]
    assert not len(themes.find(two, *segments(two)).segment)  # of another review


@pytest.mark.parametrize(
    ("text", "theme", "found"),
    [
        ("Roomy enough for two pairs of socks.", "room", False),
        ("I heard it from the next room.", "room", False),
        ("I dropped it in the shower.", "room", False),
        ("It warms up the whole bathroom.", "room", False),
        ("We stayed at this hotel. No towels in the bathroom.", "room", True),
        ("The rooms were small and the lobby was cold.", "room", True),
        ("水烧得很快，洗澡的热水够用。", "room", False),
        ("酒店不错，洗澡的热水不够。", "room", True),
        ("A sweet little gadget.", "taste", False),
        ("The jar holds more than a mouse's breakfast.", "taste", False),
        ("The breakfast was cold.", "taste", True),
        ("Tasty, but a bit sweet.", "taste", True),
        ("I bought a pair of these.", "compatibility", False),
        ("It will not pair with my phone.", "compatibility", True),
        ("一直支持国货！", "compatibility", False),
        ("不支持五G网络。", "compatibility", True),
        ("去地铁很方便。", "ease_of_use", False),
        ("用起来很方便。", "ease_of_use", True),
        ("Fast shipping.", "performance", False),
        ("物流速度快。", "performance", False),
        ("It is fast.", "performance", True),
        ("I found it by trial and error.", "performance", False),
        ("It ends with an error message.", "performance", True),
        ("The box plays every channel.", "packaging", False),
        ("It arrived today, and the box was crushed.", "packaging", True),
        ("They charged my credit card twice.", "battery", False),
        ("They charged me for nothing.", "value", True),
        ("It must be charged twice a day.", "battery", True),
        ("The earbuds leak sound.", "safety", False),
        ("The earbuds leak sound.", "sound", True),
        ("It fits the bill.", "size_fit", False),
        ("I can't fit more than sixty songs.", "size_fit", False),
        ("The glove fits well.", "size_fit", True),
        ("I returned to a paper map.", "returns", False),
        ("I returned the map.", "returns", True),
        ("The server at work is backed up.", "service", False),
        ("The food came late and our server was gone.", "service", True),
        ("Plain and simple, it leaks.", "ease_of_use", False),
        ("I am comfortable with that price.", "comfort", False),
    ],
)
def test_words_of_one_trade_are_not_taken_for_another(text, theme, found):
    assert (theme in cues_found(text)) == found


def test_retired_theme_matches_nothing():
    themes = ThemeSet([Theme("a", {}, (Cue("battery"),), retired=True)])
    assert not len(themes.find(["battery"], *segments(["battery"])).segment)


def test_scope_of_a_review():
    cues = (Cue("slow", 0.6), Cue("heavy", 0.6))
    text = ["slow. heavy"]
    assert not len(ThemeSet([Theme("a", {}, cues)]).find(text, *segments(text)).segment)
    assert ThemeSet([Theme("a", {}, cues)], scope="review").find(text, *segments(text)).segment.tolist() == [0, 1]


def test_a_user_may_name_themes_in_any_language_and_with_markup():
    themes = ThemeSet([Theme("价格", {"zh": "价格"}, (Cue("便宜"),)), Theme("../<b>&", {}, (Cue("cheap"),))])
    assert cues_found("很便宜", themes) == {"价格": "便宜"}
    assert cues_found("cheap", themes) == {"../<b>&": "cheap"}


def test_no_theme_no_text():
    empty = ThemeSet([])
    assert not len(empty.find(["battery"], *segments(["battery"])).segment)
    assert not len(ThemeSet.load().find([], np.zeros(0, np.int32), np.zeros((0, 2), np.int32)).segment)


@pytest.mark.parametrize(
    ("cue", "form"),
    [
        ("battery", "batteries"),
        ("charge", "charging"),
        ("box", "boxes"),
        ("fit", "fitted"),
        ("battery life", "battery life"),
        ("screen", "screens"),
    ],
)
def test_inflections(cue, form):
    assert form in forms(cue)


def test_a_cue_in_quotes_is_exact():
    assert forms('"will last"') == ["will last"]
    themes = ThemeSet([Theme("a", {}, (Cue('"size"'),))])
    assert themes.find(["the size"], *segments(["the size"])).cue.tolist() == ["size"]
    assert not len(themes.find(["sized"], *segments(["sized"])).segment)
    assert forms("电池") == ["电池"]


def test_a_missing_text_has_no_mention():
    themes = ThemeSet([Theme("battery", {}, (Cue("battery"),))])
    found = themes.match([None, "", "the battery died", float("nan")])
    assert found["review"].tolist() == [2]


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("I wish the bin were bigger", "size_fit"),
        ("Please make it a bit quieter", "sound"),
        ("It should have a keep warm function", "features"),
        ("裤腿再大一点就好了", "size_fit"),
        ("希望加个定时功能", "features"),
        ("I wish the jacket had a pocket", "features"),
        ("希望加个口袋", "features"),
        ("希望出个微辣的", "taste"),
        ("希望附一双筷子", "completeness"),
        ("希望出个轻一点的", "size_fit"),
        ("要是有自助洗衣机就好了", "room"),
    ],
)
def test_a_wish_for_more_of_something_finds_its_theme(text: str, theme: str) -> None:
    found = ThemeSet.load().match([text])
    assert theme in found["theme_id"][found["intent"] == "wish"].tolist()


@pytest.mark.parametrize("text", ["It functions as it should.", "A bigger problem came later.", "她的销售模式很老套"])
def test_words_of_features_and_size_in_another_sense_are_left_alone(text: str) -> None:
    assert not {"features", "size_fit"} & set(ThemeSet.load().match([text])["theme_id"])


def test_not_cheap_is_not_inconvenient() -> None:
    assert ThemeSet.load().match(["价格不便宜"])["theme_id"].tolist() == ["value"]
    assert ThemeSet.load().match(["使用不便"])["theme_id"].tolist() == ["ease_of_use"]
