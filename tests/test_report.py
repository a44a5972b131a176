"""The report without a browser: what it says is what the tables say, in both languages, and with little to say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT

import reviewlens as rl
from reviewlens.config import JobConfig
from reviewlens.errors import ConfigError
from reviewlens.report import SECTIONS, _marked, render_report
from reviewlens.report.charts import HEIGHT, WIDTH, columns, interval, round_up, shade, trend
from reviewlens.report.needs import needs, rising, theme_trend
from reviewlens.report.page import Page, shortened
from reviewlens.report.pages import pages as product_pages
from reviewlens.report.quotes import said
from reviewlens.report.words import Words
from reviewlens.schemas import INTENTS, POLARITIES

TEMPLATES = ROOT / "reviewlens" / "templates" / "report"


def plain(page: str) -> str:
    """Return the text of a page without its tags."""
    import html

    return html.unescape(
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", re.sub(r"<style>.*?</style>", "", page, flags=re.S)))
    )


@pytest.fixture(scope="module")
def pages(sample_run):
    made = {}
    for language in ("en", "zh"):
        config = JobConfig(**{**sample_run.manifest["config"], "language": language})
        made[language] = render_report(sample_run.tables, sample_run.manifest, config)
    return made


def sentences(language: str) -> dict[str, str]:
    return tomllib.loads((TEMPLATES / f"{language}.toml").read_text("utf-8"))


def test_languages_say_the_same_things_with_the_same_values():
    english, chinese = sentences("en"), sentences("zh")
    required = {key for key in english if not key.endswith("_one")}
    assert set(chinese) == required
    for key in required:
        assert set(re.findall(r"{(\w+)}", english[key])) == set(re.findall(r"{(\w+)}", chinese[key])), key


def test_every_sentence_is_used_and_every_used_one_exists():
    known = set(sentences("en"))
    sources = [*TEMPLATES.glob("*.html"), *(ROOT / "reviewlens" / "report").glob("*.py")]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    used = set(re.findall(r"""\b(?:t|say)\(\s*f?["']([a-z_]+)["']""", text))
    beginnings = {key for key in used if not any(key in (k, f"{k}_") for k in known)} | {
        f"{name}_" for name in SECTIONS
    }
    assert all(any(key.startswith(begin) for key in known) for begin in beginnings)
    beginnings |= {"mood_", "reason_", "fingerprint_", "measure_", "rise_", "drift_", "set_", "trouble_", "language_"}
    literals = set(re.findall(r"""["']([a-z_]+)["']""", text)) | {*POLARITIES, *INTENTS, "best", "worst"}
    unused = {k for k in known if k.removesuffix("_one") not in literals and not k.startswith(tuple(beginnings))}
    assert unused == set()


def test_a_section_is_a_function_and_a_template():
    assert {f"{name}.html" for name in SECTIONS} <= {path.name for path in TEMPLATES.glob("*.html")}


def test_the_page_is_whole_in_itself(pages):
    for page in pages.values():
        assert "<script" not in page
        assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)
        assert "url(" not in page
        assert len(page) < 1_000_000


def test_the_numbers_are_those_of_the_tables(pages, sample_run):
    text = plain(pages["en"])
    counts = sample_run.manifest["counts"]
    assert f"{counts['scored']:,} reviews of {len(sample_run.tables['products'])} products" in text
    themes = sample_run.tables["themes"]
    top = themes.sort_values("opportunity", ascending=False).iloc[0]
    assert f"The largest unmet need is {top['label']}: {top['reviews']:,} reviews" in text
    for reason, n in zip(*sample_run.tables["intake"][["reason", "reviews"]].to_numpy().T, strict=True):
        assert re.search(rf"{re.escape(Words.load('en').name_of('reason', reason))} ?{n:,}", text), reason
    worst = sample_run.tables["products"].sort_values(["positive_high", "product_id"]).iloc[0]
    assert text.index(worst["product_name"]) < text.index("Most liked")


def test_chinese_is_chinese(pages):
    text = plain(pages["zh"])
    assert "最大的未满足需求" in text
    assert '<html lang="zh">' in pages["zh"]
    english = [s for s in sentences("en").values() if len(s) > 25 and "{" not in s]
    assert [s for s in english if s in text] == []


def test_numbers_cite_quotes_with_ids(pages, sample_run):
    quote, review = (
        sample_run.tables["themes"].sort_values("opportunity", ascending=False).iloc[0][["quote_1", "quote_1_id"]]
    )
    assert plain(quote) in plain(pages["en"])
    assert f"<cite>{review}</cite>" in pages["en"]


def test_the_footer_says_what_is_masked_and_what_is_not(pages):
    assert "names of persons and postal addresses in running text are not" in plain(pages["en"])
    assert "人名和通信地址未脱敏" in plain(pages["zh"])


def test_a_need_is_shown_by_a_complaint(sample_run):
    tables, config = sample_run.tables, JobConfig(**sample_run.manifest["config"])
    page = Page(tables, sample_run.manifest, config, Words.load("en"))
    shown = needs(page)
    rows = [*shown["first"], *shown["rest"]]
    assert {row["kind"] for row in rows[:6]} == {"complaint"}
    said = [row["quote"].text for row in rows if row["quote"]]
    assert len(said) == len(set(said))
    mentions = sample_run.mentions.to_table().to_pandas()
    for row in rows:
        if row["kind"] == "complaint":
            assert "complaint" in set(mentions.loc[mentions["quote"] == row["quote"].text, "intent"])


def test_where_no_complaint_is_known_the_quote_is_no_evidence_of_one(sample_run):
    tables = {**sample_run.tables, "wishes": sample_run.tables["wishes"].head(0)}
    for name in ("themes", "theme_by_product", "theme_by_period", "theme_by_product_period"):
        kinds = {column: "statement" for column in tables[name] if column.endswith("_intent")}
        tables[name] = tables[name].assign(**kinds)
    page = render_report(tables, sample_run.manifest, JobConfig(**sample_run.manifest["config"]))
    assert "<small>What is said of it</small>" in page
    assert "<small>A complaint</small>" not in page


def test_overall_shares_are_told_with_what_they_are_counted_from(pages, sample_run, tmp_path):
    counted = sample_run.scored.to_table(columns=["polarity"]).column("polarity").to_pylist()
    n, good, bad = len(counted), counted.count("positive"), counted.count("negative")
    assert f"Of {n:,} reviews, {good / n:.0%} ({good:,}) are positive and {bad / n:.0%} ({bad:,}) neg" in plain(
        pages["en"]
    )
    assert f"{n:,} 条评论中，{good / n:.0%}（{good:,} 条）为正面" in plain(pages["zh"])


def test_shares_of_texts_alone_are_shares_of_reviews(tmp_path):
    run = rl.analyze(["The battery died.", "Great sound", "Great sound, lovely case"] * 4, out=tmp_path / "lens")
    assert "Of 12 reviews, 67% (8) are positive and 33% (4) negative" in plain(run.report.read_text("utf-8"))


def test_what_changed_since_the_last_run(sample_run):
    tables, config = sample_run.tables, JobConfig(**sample_run.manifest["config"])
    scored = sample_run.manifest["counts"]["scored"]
    for there, sentence in ((scored - 30, "30 more than"), (scored + 7, "7 fewer than"), (scored, "as many as")):
        before = {"intake": pd.DataFrame({"reason": ["scored"], "reviews": [there]})}
        assert sentence in plain(render_report(tables, sample_run.manifest, config, before=before))
    assert "at the last run" not in plain(render_report(tables, sample_run.manifest, config))


@pytest.mark.parametrize(
    "reviews",
    [
        ["The battery died.", "Lovely.", "I wish it were blue."],
        [""],
        pd.DataFrame({"text": ["Great battery"] * 3, "product_id": ["p"] * 3}),
        pd.DataFrame(
            {"text": ["电池不好"] * 9, "created_at": pd.date_range("2026-01-01", periods=9, freq="20D", tz="UTC")}
        ),
    ],
    ids=["texts alone", "nothing to read", "no dates", "no products"],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_with_little_to_say_it_says_little(tmp_path, reviews, language):
    run = rl.analyze(
        reviews, out=tmp_path / "lens", config={"language": language, "max_reject_share": 1.0, "workers": 1}
    )
    page = run.report.read_text("utf-8")
    assert 'id="intake"' in page
    assert not re.search(r">\s*(nan|None|NaT)\b", page)
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets <= set(re.findall(r'id="([^"]+)"', page))


def test_unknown_language_is_an_error_that_says_what_to_do(sample_run):
    config = JobConfig().model_copy(update={"language": "xx"})
    with pytest.raises(ConfigError, match=r"templates/report/xx\.toml"):
        render_report(sample_run.tables, sample_run.manifest, config)


unit = st.floats(0, 1)
triples = st.lists(st.tuples(unit, unit, unit).map(sorted), min_size=1, max_size=30)


@settings(deadline=None)
@given(triples, st.booleans())
def test_a_trend_stays_in_its_picture(points, partial):
    low, values, high = zip(*points, strict=True)
    picture = trend(values, low, high, [False] * (len(values) - 1) + [partial])
    points = [tuple(map(float, p.split(","))) for p in f"{picture.line} {picture.band} {picture.tail}".split()]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert picture.top >= max(values) - 1e-9


@settings(deadline=None)
@given(unit)
def test_round_up_is_the_least_round_share_not_below(x):
    assert round_up(x) >= x
    assert round_up(round_up(x)) == round_up(x)


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1))
def test_interval_keeps_its_order(a, b, c, most):
    low, at, high = sorted((a, b, c))
    drawn = interval(low, at, high, most)
    assert 0 <= drawn.low <= drawn.at <= drawn.high <= 100


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=12))
def test_columns_stand_on_the_floor_and_fit(counts):
    made = columns(counts, ("a", "b"), ["t"] * len(counts), width=100, height=50)
    tallest = max(sum(row) for row in counts) or 1
    for row, column in zip(counts, made, strict=True):
        assert sum(tall for _, _, tall in column.boxes) == pytest.approx(50 * sum(row) / tallest, abs=0.2)
        assert all(y >= -0.1 for _, y, _ in column.boxes)
        assert column.x + column.width <= 100


@settings(deadline=None)
@given(st.floats(-1, 1))
def test_shade_has_the_sign_of_the_score(score):
    assert -3 <= shade(score) <= 3
    assert shade(score) * score >= 0
    assert shade(-score) == -shade(score)


def test_words_format_as_a_reader_expects():
    words = Words.load("en")
    assert [words.share(x) for x in (0.031, 0.4512, 0.0999, np.nan)] == ["3.1%", "45%", "10%", "–"]
    assert [words.chance(p) for p in (0.0001, 0.0312)] == ["< 0.001", "= 0.031"]
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.say("reviews_n", n=1) == "1 review"
    assert words.say("reviews_n", n=1234) == "1,234 reviews"


def test_a_quote_that_goes_on_says_so():
    words = Words.load("en")
    assert words.clause("Battery drains in the case now,") == "Battery drains in the case now …"
    assert words.clause("充电速度没有宣传的那么快，") == "充电速度没有宣传的那么快……"
    assert words.clause("Great sound, lovely case. ") == "Great sound, lovely case. "
    assert words.clause("不新鲜。。。。。。。。") == "不新鲜。。。"
    assert words.clause("一言难尽,粉是糊的!") == "一言难尽，粉是糊的！"  # as Chinese is set, whatever is stored


def test_no_line_breaks_within_a_date(pages):
    facts = re.search(r'<p class="facts">(.*?)</p>', pages["en"], re.S)[1]
    assert '<span class="date">2026-01-02</span>' in facts
    assert not re.search(r"\d{4}-\d\d", re.sub(r'<span class="date">[^<]*</span>', "", facts))


@given(st.text(max_size=40))
def test_marks_never_undo_the_escaping(text):
    marked = str(_marked(text))
    bare = re.sub(r'</?(?:b|code)>|<span class="date">|</span>', "", marked)
    assert "<" not in bare
    assert ">" not in bare
    assert str(_marked("42% since 2026-08 in `themes`")) == (
        '<b>42%</b> since <span class="date">2026-08</span> in <code>themes</code>'
    )


@pytest.fixture
def page(sample_run):
    return Page(sample_run.tables, sample_run.manifest, JobConfig(**sample_run.manifest["config"]), Words.load("en"))


def with_tables(page, **tables):
    return Page({**page.tables, **tables}, page.manifest, page.config, page.words)


def test_a_theme_is_shown_from_where_most_speak_of_it(page):
    hotel = [
        quote.text
        for name in ("theme_by_product", "theme_by_product_period")
        for _, row in page.table(name).query("theme_id == 'room' and product_id == 'HT-0571'").iterrows()
        for quote in page.quotes(row)
    ]
    assert said(page.tables, Words.load("zh"))["room", "complaint"][0].text in hotel


def test_kinds_of_quotes_are_those_of_their_mentions(sample_run):
    mentions = sample_run.mentions.to_table(columns=["theme_id", "review_id", "quote", "intent"]).to_pandas()
    known = set(mentions.itertuples(index=False, name=None))
    for name in ("themes", "theme_by_product", "theme_by_period", "theme_by_product_period"):
        table = sample_run.tables[name]
        for quote in (c for c in ("quote_1", "quote_2", "quote_3") if c in table):
            told = table[table[quote].notna()][["theme_id", f"{quote}_id", quote, f"{quote}_intent"]]
            assert len(told) > 5
            assert set(told.itertuples(index=False, name=None)) <= known


def test_products_have_names_that_tell_them_apart():
    assert shortened("A short name,") == "A short name"
    long = shortened("Amazing Kettle with Everything You Ever Wanted, 1.7 L, Stainless Steel, Black")
    assert long == "Amazing Kettle with Everything You Ever…"
    assert len(shortened("无" * 90)) <= 44


def test_long_names_that_become_equal_are_told_apart(page):
    products = page.table("products").head(2).assign(product_name=["Kettle " * 9 + "black", "Kettle " * 9 + "white"])
    names = with_tables(page, products=products).product_names
    assert len(set(names.values())) == 2
    assert all(product in name for product, name in names.items())


def test_sparse_periods_are_kept_in_time_and_not_drawn(page):
    periods = page.table("periods")
    sparse = pd.concat([periods.head(1).assign(period=periods["period"].min() - pd.DateOffset(months=4)), periods])
    sparse.iloc[0, list(sparse).index("reviews")] = 1
    thin = with_tables(page, periods=sparse.reset_index(drop=True))
    assert len(thin.recent) == len(periods) + 4, "months without a review take their place"
    assert thin.recent["reviews"].iloc[1:4].tolist() == [0, 0, 0]
    whole, drawn = theme_trend(page, "battery"), theme_trend(thin, "battery")
    assert len(drawn.line.split()) == len(whole.line.split()), "one review says nothing of a share"
    assert float(drawn.line.split(",")[0]) > float(whole.line.split(",")[0]), "but time has passed since"


def test_what_is_praised_is_no_unmet_need(page):
    praised = page.table("themes").assign(praise_share=0.9, complaint_share=0.1, wish_share=0.0)
    text = plain(render_report({**page.tables, "themes": praised}, page.manifest, page.config))
    assert "largest unmet need" not in text
    assert re.search(r"Customers speak most of [^:]+: [\d,]+ reviews, and 90% of what they say is praise", text)
    assert "Most complaints are about" in text


def test_a_rise_of_many_periods_is_told_once(page):
    alerts = page.table("alerts")
    earlier = alerts.assign(period=alerts["period"] - pd.DateOffset(months=1))
    twice = pd.concat([alerts, earlier]).sort_values("period", ascending=False, kind="stable")
    once, found = rising(page)["rows"], rising(with_tables(page, alerts=twice))["rows"]
    assert [(row["label"], row["where"], row["period"]) for row in found] == [
        (row["label"], row["where"], row["period"]) for row in once
    ]
    assert all(len(row["earlier"]) == 1 for row in found)


def test_what_nobody_likes_together_is_no_advice(page):
    disliked = page.table("together").assign(liked=0)
    assert product_pages(with_tables(page, together=disliked))["any"]
    rows = product_pages(with_tables(page, together=disliked))
    assert [row for row in [*rows["first"], *rows["rest"]] if row["companions"]] == []


def test_report_is_written_beside_the_tables(sample_run):
    assert Path(sample_run.report).read_text("utf-8").startswith("<!doctype html>")


def test_how_the_model_was_measured_is_told(sample_run):
    text = plain(sample_run.report.read_text("utf-8"))
    measured = sample_run.manifest["model"]["metrics"]["development"]
    for row in measured.values():
        assert f"{row['f1']:.1f}" in text
    assert len(measured) >= 3
