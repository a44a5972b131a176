"""The summary tables against slow, obvious versions in pandas."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from reviewlens.config import JobConfig
from reviewlens.read.stars import likely_scale
from reviewlens.schemas import MENTIONS, SCORED
from reviewlens.tables import Context, Inputs, Summary
from reviewlens.tables.stats import ratio, wilson

DAY = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)

rows = st.lists(
    st.fixed_dictionaries(
        {
            "part": st.integers(1, 3),
            "key": st.integers(1, 6),
            "reason": st.sampled_from(["scored", "scored", "scored", "empty_text", "deleted"]),
            "exported": st.none() | st.integers(0, 3),
            "created": st.none() | st.integers(0, 70),
            "product": st.none() | st.sampled_from(["a", "b"]),
            "score": st.integers(-10000, 10000),
            "themes": st.lists(st.sampled_from(["battery", "price", "other"]), max_size=3),
        }
    ),
    max_size=25,
)
AGES = {1: 100, 2: 200, 3: 200}


def when(days: int | None) -> dt.datetime | None:
    return None if days is None else DAY + dt.timedelta(days=days)


def frames(made):
    scored, mentions = [], []
    for i, row in enumerate(made):
        read = row["reason"] == "scored"
        score = row["score"] if read else None
        scored.append(
            {
                **dict.fromkeys(SCORED.names),
                "part": row["part"],
                "row": i,
                "key": row["key"],
                "reason": row["reason"],
                "review_id": str(row["key"]),
                "product_id": row["product"],
                "created_at": when(row["created"]),
                "exported_at": when(row["exported"]),
                "content": i,
                "text_hash": i,
                "polarity": ("negative" if row["score"] < 0 else "positive") if read else None,
                "score": score,
                "stars": 30000 if read else None,
            }
        )
        for k, theme in enumerate(row["themes"] if read else []):
            mentions.append(
                {
                    **dict.fromkeys(MENTIONS.names),
                    "part": row["part"],
                    "row": i,
                    "start": k,
                    "theme_id": theme,
                    "score": score,
                    "intent": "complaint" if row["score"] < 0 else "praise",
                    "quote": f"clause {i % 4}",
                    "quote_rank": i % 99,
                }
            )
    return scored, mentions


def build(folder, made, splits=True, **config):
    scored, mentions = frames(made)
    paths = {"scored": [], "mentions": []}
    for part in AGES if splits else (None,):
        for kind, all_rows, schema in (("scored", scored, SCORED), ("mentions", mentions, MENTIONS)):
            path = folder / f"{kind}-{part}.parquet"
            mine = [r for r in all_rows if part in (None, r["part"])]
            pq.write_table(pa.Table.from_pylist(mine, schema), path)
            paths[kind].append(str(path))
    inputs = Inputs(paths["scored"], paths["mentions"], AGES, {"not_parquet": 2} if made else {})
    context = Context(JobConfig(**config), {"battery": "Battery"})
    with Summary(inputs, context, memory_mb=100, scratch=folder / "scratch") as summary:
        return dict(summary.tables()), summary.superseded().to_pandas()


@settings(max_examples=20, deadline=None)
@given(
    usual=st.lists(st.sampled_from([1.0, 3.0, 4.5, 5.0]), max_size=60),
    odd=st.lists(st.sampled_from([6.0, 8.0, 10.0, 60.0, 99.0, 500.0]), max_size=5),
    declared=st.sampled_from([None, 5.0, 10.0]),
)
def test_ratings_off_the_scale_say_nothing(tmp_path_factory, usual, odd, declared):
    folder, ratings = tmp_path_factory.mktemp("scale"), [*usual, *odd]
    made = [
        {**dict.fromkeys(SCORED.names), "part": 7, "row": i, "key": i, "reason": "scored", "product_id": "p"}
        | {"review_id": str(i), "text_hash": i, "score": 0, "stars": 30000, "polarity": "neutral", "rating": rating}
        for i, rating in enumerate(ratings)
    ]
    pq.write_table(pa.Table.from_pylist(made, SCORED), folder / "scored.parquet")
    pq.write_table(MENTIONS.empty_table(), folder / "mentions.parquet")
    inputs = Inputs([str(folder / "scored.parquet")], [str(folder / "mentions.parquet")], {7: 0}, {})
    context = Context(JobConfig(rating_scale=declared), {})
    with Summary(inputs, context, memory_mb=100, scratch=folder / "scratch") as summary:
        products = dict(summary.tables())["products"]
        scale, above = summary.ratings()
    assert scale == (declared or likely_scale(np.array(ratings, float)))
    kept = [rating for rating in ratings if rating <= scale]
    assert above == len(ratings) - len(kept)
    assert len(ratings) == products["reviews"].sum(), "the reviews count"
    assert products["rated"].sum() == len(kept)
    if kept:
        assert products["rating"].iloc[0] == pytest.approx(sum(kept) / len(kept), abs=1e-4)


def winners(made):
    best = {}
    for i, row in enumerate(made):
        far = -1
        rank = (
            far if row["exported"] is None else row["exported"],
            far if row["created"] is None else row["created"],
            AGES[row["part"]],
            i,
        )
        if row["key"] not in best or rank > best[row["key"]][0]:
            best[row["key"]] = (rank, i)
    return {i for _, i in best.values()}


@settings(max_examples=25, deadline=None)
@given(made=rows)
def test_tables_equal_a_slow_count(tmp_path_factory, made):
    tables, superseded = build(tmp_path_factory.mktemp("t"), made)
    newest = winners(made)
    counted = [(i, row) for i, row in enumerate(made) if i in newest and row["reason"] == "scored"]
    reasons = pd.Series(
        [row["reason"] if i in newest else "superseded" for i, row in enumerate(made)], dtype=object
    ).value_counts()
    if made:
        reasons["not_parquet"] = 2
    assert dict(zip(tables["intake"]["reason"], tables["intake"]["reviews"], strict=True)) == reasons.to_dict()
    intake = tables["intake"].set_index("reason")
    for polarity, sign in (("negative", -1), ("positive", 1)):
        expected = sum((row["score"] < 0) == (sign < 0) for _, row in counted)
        assert intake[polarity].sum() == intake[polarity].get("scored", 0) == expected
    losers = {i for i, row in enumerate(made) if i not in newest and row["reason"] == "scored"}
    assert set(superseded["row"]) == losers

    themes = tables["themes"].set_index("theme_id")
    said = {t for _, row in counted for t in row["themes"]}
    assert set(themes.index) == said
    for theme in said:
        having = [row for _, row in counted if theme in row["themes"]]
        uses = [row["score"] for row in having for t in row["themes"] if t == theme]
        got = themes.loc[theme]
        assert (got["reviews"], got["mentions"]) == (len(having), len(uses))
        assert got["share"] == pytest.approx(len(having) / len(counted), abs=1e-4)
        assert got["score"] == pytest.approx(np.mean(uses) / 10000, abs=1e-4)
        assert got["complaint_share"] == pytest.approx(np.mean([s < 0 for s in uses]), abs=1e-4)
        assert got["share_low"] <= got["share"] <= got["share_high"]
    cells = tables["theme_by_product_period"]
    expected = {
        (t, row["product"], when(row["created"]).date().replace(day=1))
        for _, row in counted
        for t in row["themes"]
        if row["product"] and row["created"] is not None
    }
    assert {
        (t, p, d.date())
        for t, p, d in zip(cells["theme_id"], cells["product_id"], pd.to_datetime(cells["period"]), strict=True)
    } == expected
    for product, row in tables["products"].set_index("product_id").iterrows():
        scores = [r["score"] for _, r in counted if r["product"] == product]
        assert row["reviews"] == len(scores)
        assert row["score"] == pytest.approx(np.mean(scores) / 10000, abs=1e-4)


@settings(max_examples=10, deadline=None)
@given(made=rows)
def test_how_rows_lie_in_files_does_not_matter(tmp_path_factory, made):
    split, _ = build(tmp_path_factory.mktemp("t"), made)
    whole, _ = build(tmp_path_factory.mktemp("t"), made, splits=False)
    for name in split:
        pd.testing.assert_frame_equal(split[name], whole[name], check_exact=True)


def test_run_date_leaves_out_what_came_later(tmp_path):
    base = {"part": 1, "reason": "scored", "exported": None, "product": "a", "score": 1, "themes": []}
    tables, _ = build(
        tmp_path, [{**base, "key": 1, "created": 10}, {**base, "key": 2, "created": 11}], run_date="2024-01-11"
    )
    assert tables["intake"].set_index("reason")["reviews"].to_dict() == {"later": 1, "scored": 1, "not_parquet": 2}


def test_periods_begin_in_the_time_zone(tmp_path):
    row = {
        "part": 1,
        "key": 1,
        "reason": "scored",
        "exported": None,
        "created": 30,
        "product": "a",
        "score": 1,
        "themes": [],
    }
    tables, _ = build(tmp_path, [row | {"created": 31 - 1 / 24}], timezone="Asia/Shanghai")
    assert str(pd.to_datetime(tables["periods"]["period"])[0].date()) == "2024-02-01"


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.integers(1, 500)).map(lambda kn: (min(kn), max(kn))), min_size=1, max_size=20
    )
)
def test_wilson_equals_statsmodels(pairs):
    k, n = np.array(pairs).T
    low, high = wilson(k, n)
    expected = proportion_confint(k, n, method="wilson")
    np.testing.assert_allclose(low, np.clip(expected[0], 0, 1), atol=6e-5)
    np.testing.assert_allclose(high, np.clip(expected[1], 0, 1), atol=6e-5)


def test_nothing_counted_is_unknown():
    assert [x.tolist() for x in wilson([0], [0])] == [[0.0], [1.0]]
    assert np.isnan(ratio([0], [0])).all()
