from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import reviewlens as rl
from reviewlens.errors import ColumnError, ConfigError, InputError, InputNotFoundError
from reviewlens.recommend import Recommender, read_interactions, recommend_all
from reviewlens.recommend.signals import SHRINK, Companions, Trend, histories

DAYS = st.integers(0, 400).map(lambda day: pd.Timestamp("2024-01-01") + pd.Timedelta(days=day))
ROW = st.tuples(st.sampled_from("abcdef"), st.sampled_from("PQRSTU"), DAYS, st.integers(1, 5))
TABLES = st.lists(ROW, min_size=1, max_size=30).map(
    lambda rows: pd.DataFrame(rows, columns=["customer", "product_id", "created_at", "rating"])
)


@pytest.fixture
def table() -> pd.DataFrame:
    """Customers a to d; all but d have P and Q, R sells last."""
    rows = [
        ("a", "P", "2024-01-01", 5), ("a", "Q", "2024-01-05", 5),
        ("b", "P", "2024-01-02", 5), ("b", "Q", "2024-01-06", 1),
        ("c", "P", "2024-01-03", 4), ("c", "Q", "2024-01-09", 4), ("c", "R", "2024-06-01", 4),
        ("d", "P", "2024-01-04", 5),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["customer", "product_id", "created_at", "rating"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES, st.integers(1, 7))
def test_answers_are_new_ordered_and_as_many_as_there_are(table: pd.DataFrame, k: int) -> None:
    model = Recommender.fit(table)
    for customer, had in table.groupby("customer")["product_id"]:
        answer = model.recommend(customer=str(customer), k=k)
        assert list(answer.columns) == ["product_id", "score", "reason"]
        assert not set(answer["product_id"]) & set(had)
        assert len(answer) == min(k, table["product_id"].nunique() - had.nunique())
        assert answer["reason"].str.len().min() > 0 if len(answer) else True
        pairs = list(zip(-answer["score"], answer["product_id"], strict=True))
        assert pairs == sorted(pairs)


@settings(max_examples=30, deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(table: pd.DataFrame, random: object) -> None:
    shuffled = table.sample(frac=1, random_state=random.randrange(2**31))  # type: ignore[attr-defined]
    one, other = Recommender.fit(table), Recommender.fit(shuffled)
    for customer in table["customer"].unique():
        pd.testing.assert_frame_equal(one.recommend(customer=customer), other.recommend(customer=customer))


@settings(max_examples=40, deadline=None)
@given(TABLES)
def test_companions_against_a_plain_count(table: pd.DataFrame) -> None:
    rows = read_interactions(table)
    found = Companions.fit(rows, dissent=1.0)
    baskets = table.groupby("product_id")["customer"].agg(set)
    for i, one in enumerate(rows.products):
        for j, other in enumerate(rows.products):
            both = 0 if i == j else len(baskets[one] & baskets[other])
            assert found.together[i, j] == both
            assert found.weights[i, j] == pytest.approx(both / (len(baskets[one]) + SHRINK))


@settings(max_examples=40, deadline=None)
@given(TABLES, st.lists(st.floats(-1e4, 1e5), min_size=1, max_size=3))
def test_trend_is_a_share(table: pd.DataFrame, moments: list[float]) -> None:
    rows = read_interactions(table)
    found = Trend.fit(rows).score(histories(rows)[:0], np.array(moments))
    assert found.shape == (len(moments), len(rows.products))
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_trend_follows_the_moment(table: pd.DataFrame) -> None:
    model = Recommender.fit(table)
    assert model.recommend(customer="nobody", k=1, at="2024-01-03")["product_id"].tolist() == ["P"]
    assert model.recommend(customer="nobody", k=1)["product_id"].tolist() == ["R"]  # the end of the data


def test_the_moment_is_the_end_of_the_data_unless_given(table: pd.DataFrame) -> None:
    model = Recommender.fit(table)
    end = model.recommend(customer="a", at="2024-06-01")
    pd.testing.assert_frame_equal(model.recommend(customer="a"), end)
    early = model.recommend(customer="a", at="2024-01-01")
    assert end["score"][0] > early["score"][0]  # R sold in June


def test_a_pair_of_opposite_opinions_counts_less(table: pd.DataFrame) -> None:
    rows = read_interactions(table)
    p, q = 0, 1
    plain, found = Companions.fit(rows, dissent=1.0), Companions.fit(rows, dissent=0.5)
    assert plain.weights[p, q] == pytest.approx(3 / (4 + SHRINK))
    assert found.weights[p, q] == pytest.approx(2.5 / (4 + SHRINK))  # b liked P and disliked Q
    assert found.together[p, q] == 3


def test_reasons_are_true(table: pd.DataFrame) -> None:
    model = Recommender.fit(table)
    answer = model.recommend(customer="d", at="2024-01-04").set_index("product_id")
    said = answer["reason"]
    assert "in demand: 3 customers took it within 90 days of 2024-01-04" in set(said)
    model.weights["companions"] = 1e3
    assert model.recommend(customer="d").set_index("product_id").loc["Q", "reason"] == (
        "3 of the 4 customers who have P have it too"
    )


def test_similar(table: pd.DataFrame) -> None:
    model = Recommender.fit(table)
    answer = model.similar("P")
    assert answer["product_id"].tolist() == ["Q", "R"]
    assert answer["reason"][0] == "3 of the 4 customers who have P have Q too"
    with pytest.raises(InputError, match="unknown product 'X'"):
        model.similar("X")


def test_texts_make_products_alike() -> None:
    strings = "bright strings that stay in tune, guitar strings"
    mic = "microphone with a clear voice, studio microphone"
    rows = [
        ("a", "S1", "2024-01-01", strings), ("b", "S2", "2024-01-01", strings + " indeed"),
        ("c", "M1", "2024-01-01", mic), ("d", "M2", "2024-01-01", mic + " indeed"),
    ]  # fmt: skip
    model = Recommender.fit(pd.DataFrame(rows, columns=["customer", "product_id", "created_at", "text"]))
    assert model.similar("S1")["product_id"][0] == "S2"
    assert model.similar("M2", k=1)["reason"][0] == "reviews speak of it as they do of M2"
    assert model.recommend(customer="a", k=1)["product_id"][0] == "S2"


def _evidence(rows: list[tuple[str, str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer", "product_id", "theme_id", "intent"]).assign(quote="it is so")


def test_needs_start_a_new_customer(table: pd.DataFrame) -> None:
    said = [("x", "Q", "battery", "praise")] * 9 + [("x", "Q", "battery", "complaint")]
    said += [("x", "P", "battery", "complaint")] * 10 + [("x", "R", "price", "praise")] * 10
    model = Recommender.fit(table, evidence=_evidence(said))
    answer = model.recommend(customer="new", needs=["battery"], k=1)
    assert answer["product_id"][0] == "Q"
    assert answer["reason"][0] == "you care for battery; 9 of the 10 mentions of it here that judge it praise it"
    with pytest.raises(ConfigError, match="unknown theme 'smell'"):
        model.recommend(customer="new", needs=["smell"])
    with pytest.raises(ConfigError, match="fit with a run"):
        Recommender.fit(table).recommend(customer="new", needs=["battery"])


def test_a_product_that_is_blamed_most_is_not_what_a_need_asks_for(table: pd.DataFrame) -> None:
    said = [("x", "P", "battery", "complaint")] * 40 + [("x", "P", "battery", "praise")] * 13
    said += [("x", "Q", "battery", "praise")] * 6 + [("x", "Q", "price", "praise")] * 60
    answer = Recommender.fit(table, evidence=_evidence(said)).recommend(customer="new", needs=["battery"])
    assert answer["product_id"].tolist() == ["Q", "R", "P"]  # R, of which nobody said anything, before the blamed
    assert answer["score"].iloc[-1] < 0
    known = Recommender.fit(table, evidence=_evidence(said)).recommend(customer="d", needs=["battery"])
    assert known["product_id"].tolist() == ["Q", "R"]  # d has P
    with pytest.raises(ConfigError, match="needs is a text"):
        Recommender.fit(table, evidence=_evidence(said)).recommend(customer="new", needs="battery")


def test_a_product_that_nobody_took_is_recommended_by_what_is_said_of_it(table: pd.DataFrame) -> None:
    said = [("x", "P", "tea", "mild green tea"), ("x", "NEW", "tea", "mild green tea"), ("y", "Q", "tea", "loud fan")]
    said += [("y", "R", "tea", "loud red fan")]
    evidence = pd.DataFrame(said, columns=["customer", "product_id", "theme_id", "quote"]).assign(intent="praise")
    model = Recommender.fit(table, evidence=evidence)
    model.weights["likeness"] = 10.0
    answer = model.recommend(customer="d", k=1)
    assert answer["product_id"][0] == "NEW"
    assert answer["reason"][0] == "reviews speak of it as they do of P, which you have"
    assert not model.recommend(customer="x").empty  # known by reviews alone


def test_all_customers_as_parquet(table: pd.DataFrame, tmp_path: Path) -> None:
    model = Recommender.fit(table)
    path = tmp_path / "deep" / "all.parquet"
    assert recommend_all(model, path, k=2) == 4  # R for a and b, nothing for c, Q and R for d
    found = pq.read_table(path).to_pandas()
    assert list(found.columns) == ["customer", "rank", "product_id", "score", "reason"]
    for customer, rows in found.groupby("customer"):
        own = model.recommend(customer=str(customer), k=2)
        pd.testing.assert_frame_equal(rows[own.columns].reset_index(drop=True), own, check_dtype=False)
        assert rows["rank"].tolist() == list(range(1, len(rows) + 1))
    assert [p.name for p in path.parent.iterdir()] == ["all.parquet"]


def test_latest_of_a_pair_counts() -> None:
    rows = [("a", "P", "2024-01-01", 5), ("a", "P", "2024-02-01", 1), ("a", "Q", "2024-03-01", 3)]
    found = read_interactions(pd.DataFrame(rows, columns=["customer", "product_id", "created_at", "rating"]))
    assert len(found) == 2
    assert found.opinion.tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("rating", [1, 3, 5], [-1, 0, 1]),
        ("rating", [1, 10, 5.5], [-1, 1, 0]),
        ("recommended", [True, False, None], [1, -1, 0]),
        ("score", [0.25, -0.5, np.nan], [0.25, -0.5, 0]),
        ("polarity", ["positive", "negative", "mixed"], [1, -1, 0]),
    ],
)
def test_opinions(column: str, values: list[object], expected: list[float]) -> None:
    frame = pd.DataFrame({"customer": list("abc"), "product_id": "P", "created_at": "2024-01-01", column: values})
    assert read_interactions(frame).opinion.tolist() == expected


def test_one_row() -> None:
    model = Recommender.fit(pd.DataFrame([("a", "P", "2024-01-01")], columns=["customer", "product_id", "created_at"]))
    assert model.recommend(customer="a").empty
    assert model.recommend(customer="b")["product_id"].tolist() == ["P"]
    assert model.similar("P").empty


def test_rows_that_cannot_be_used_are_skipped_and_counted(table: pd.DataFrame) -> None:
    bad = pd.DataFrame([(None, "P", "2024-01-01", 5), ("e", None, "2024-01-01", 5), ("e", "P", "soon", 5)])
    bad.columns = table.columns
    assert read_interactions(pd.concat([table, bad], ignore_index=True)).skipped == 2


def test_what_a_customer_has_without_a_date_is_not_recommended_and_in_demand_at_no_time(table: pd.DataFrame) -> None:
    undated = pd.DataFrame([("e", "P", None, 5), ("e", "Q", "soon", 5)], columns=table.columns)
    model = Recommender.fit(pd.concat([table, undated], ignore_index=True))
    assert model.recommend(customer="e")["product_id"].tolist() == ["R"]
    told = model.recommend(customer="new", at="2024-01-01").set_index("product_id")["reason"]
    assert told["P"].startswith("in demand: 4 customers took it")  # and not the fifth, whose time nobody knows


def test_bad_input(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match=r"missing column customer.*\n.*\n.*product_id, created_at, rating"):
        Recommender.fit(table.drop(columns="customer"))
    with pytest.raises(InputError, match="no interaction has"):
        Recommender.fit(table[:0])
    with pytest.raises(InputError, match="nothing to learn from"):
        Recommender.fit()
    with pytest.raises(InputNotFoundError):
        Recommender.fit(tmp_path / "none.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        Recommender.fit(tmp_path / "broken.parquet")
    with pytest.raises(ColumnError, match="numbers, not times"):
        Recommender.fit(table.assign(created_at=1_700_000_000))
    with pytest.raises(ColumnError, match="holds no numbers"):
        Recommender.fit(table.assign(rating="five"))
    with pytest.raises(ColumnError, match="missing column theme_id"):
        Recommender.fit(table, evidence=table.assign(intent="praise", quote="so"))
    model = Recommender.fit(table)
    with pytest.raises(ConfigError, match="k must be at least 1"):
        model.recommend(customer="a", k=0)
    with pytest.raises(ConfigError, match="not a time"):
        model.recommend(customer="a", at="yesterday evening or so")


def test_a_run_is_enough(sample_run: rl.Run) -> None:
    model = Recommender.fit(run=sample_run)
    assert set(model.interactions.products) <= set(sample_run.tables["products"]["product_id"])
    assert model.needs is not None and model.likeness is not None
    answer = model.recommend(customer="new", needs=["sound"], k=2)
    cell = sample_run.tables["theme_by_product"].set_index(["theme_id", "product_id"])
    row = cell.loc[("sound", answer["product_id"][0])]
    praised, judged = row["praise_share"], row["praise_share"] + row["complaint_share"]
    told = f"{round(praised * row['mentions'])} of the {round(judged * row['mentions'])} mentions"
    assert told in answer["reason"][0]


def test_customers_of_a_run_are_hashed_and_still_found(sample_run: rl.Run) -> None:
    orders = pd.DataFrame(
        [("ann", "EB-200", "2026-03-01"), ("bob", "EB-200", "2026-03-01"), ("bob", "KT-17", "2026-03-05")],
        columns=["customer", "product_id", "created_at"],
    )
    model = Recommender.fit(orders, run=sample_run)
    assert "ann" not in model.interactions.customers
    assert "EB-200" not in set(model.recommend(customer="ann", k=20)["product_id"])
    assert "KT-17" in set(model.recommend(customer="ann", k=20)["product_id"])
