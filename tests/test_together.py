"""Companions: the table against a slow count, and what the report says of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given, settings
from hypothesis import strategies as st

import reviewlens as rl
from reviewlens.config import JobConfig
from reviewlens.report import render_report
from reviewlens.schemas import MENTIONS, SCORED
from reviewlens.tables import Context, Inputs, Summary

MOST_PRODUCTS = 30  # of a customer who counts
taken = st.lists(
    st.tuples(
        st.none() | st.sampled_from("abcd"),
        st.none() | st.sampled_from("pqrstuvw"),
        st.sampled_from(["positive", "negative"]),
    ),
    max_size=60,
)
RESELLER = [("a", f"p{i}", "positive") for i in range(31)] + [("b", "p0", "positive"), ("b", "p1", "positive")]


def table_of(folder, reviews):
    rows = [
        {
            **dict.fromkeys(SCORED.names),
            "part": 1, "row": i, "key": i, "content": i, "text_hash": i, "reason": "scored", "review_id": str(i),
            "customer": customer, "product_id": product, "polarity": polarity, "score": 0, "stars": 30_000,
        }
        for i, (customer, product, polarity) in enumerate(reviews)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, SCORED), folder / "scored.parquet")
    pq.write_table(MENTIONS.empty_table(), folder / "mentions.parquet")
    inputs = Inputs([str(folder / "scored.parquet")], [str(folder / "mentions.parquet")], {1: 1}, {})
    with Summary(inputs, Context(JobConfig(), {}), memory_mb=100, scratch=folder / "scratch") as summary:
        return dict(summary.tables())["together"]


def slow_count(reviews):
    """Return the rows of the table as tuples, in its order."""
    liked: dict[tuple[str, str], bool] = {}
    for customer, product, polarity in reviews:
        if customer and product:
            liked[customer, product] = liked.get((customer, product), False) or polarity == "positive"
    has: dict[str, set[str]] = {}
    for customer, product in liked:
        has.setdefault(customer, set()).add(product)
    has = {customer: products for customer, products in has.items() if len(products) <= MOST_PRODUCTS}
    size = {p: sum(p in products for products in has.values()) for p in {p for ps in has.values() for p in ps}}
    found = []
    for a in sorted(size):
        near = []
        for b in sorted(size):
            both = [c for c, products in has.items() if a != b and {a, b} <= products]
            if len(both) > 1:
                likes = sum(liked[c, a] and liked[c, b] for c in both)
                near.append((-(len(both) ** 2) / (size[b] + 10), b, len(both), likes))
        for place, (_, b, both, likes) in enumerate(sorted(near)[:5], 1):
            found.append((a, b, both, place, likes, size[a], size[b], len(has)))
    return found


@settings(max_examples=40, deadline=None)
@given(taken)
@example(RESELLER)
@example([(c, p, "positive") for c in "abcd" for p in "pqrstuvw"])
def test_companions_equal_a_slow_count(tmp_path_factory, reviews):
    found = table_of(tmp_path_factory.mktemp("t"), reviews)
    counted = ["product_id", "other_id", "reviews", "place", "liked", "customers", "other_customers", "all_customers"]
    assert [tuple(row) for row in found[counted].itertuples(index=False)] == slow_count(reviews)
    share = found["reviews"] / found["customers"]
    np.testing.assert_allclose(found["share"], share, atol=1e-4)
    assert (found["share_low"] <= found["share"]).all()
    assert (found["share"] <= found["share_high"]).all()


def shop(n=12, customers=True):
    """Two products that every customer reviews and two customers like, and one that nobody shares."""
    bad, good = "The zipper broke, terrible quality.", "Great quality, very sturdy."
    rows = [
        {"product_id": product, "text": f"{text} Order {i}.", "customer": f"c{i}"}
        for i in range(n)
        for product, text in {"bag": good if i < 2 else bad, "mug": good}.items()
    ]
    rows += [{"product_id": "hat", "text": f"Great quality, number {i}.", "customer": f"h{i}"} for i in range(n)]
    frame = pd.DataFrame(rows)
    return frame if customers else frame.drop(columns="customer")


def test_the_report_says_what_goes_together_and_why(tmp_path):
    run = rl.analyze(shop(), out=tmp_path / "lens", config={"workers": 1})
    page = run.report.read_text("utf-8")
    assert "12 of the 12 customers who reviewed this reviewed it too (100%; of other customers 0.0%)" in page
    assert "Praised there and missed here: durability" in page
    assert "No other product has 5 customers in common" in page  # the hat
    for language, said in (("en", "Its customers also reviewed"), ("zh", "它的顾客还评论了")):
        config = JobConfig(**{**run.manifest["config"], "language": language})
        assert said in render_report(run.tables, run.manifest, config)


def test_what_no_customer_likes_beside_it_is_no_advice(tmp_path):
    frame = shop()
    frame.loc[frame["product_id"] == "bag", "text"] = [
        f"The zipper broke, terrible quality. Order {i}." for i in range(12)
    ]
    run = rl.analyze(frame, out=tmp_path / "lens", config={"workers": 1})
    assert "who reviewed this reviewed it too" not in run.report.read_text("utf-8")


def test_without_customers_the_report_says_so(tmp_path):
    run = rl.analyze(shop(customers=False), out=tmp_path / "lens", config={"workers": 1})
    page = run.report.read_text("utf-8")
    assert "What goes together cannot be told" in page
    assert "Its customers also reviewed" not in page
    assert 'id="pages"' in page


def test_descriptions_in_the_report_are_those_of_describe_and_bounded(tmp_path, sample_run):
    import html

    page = html.unescape(sample_run.report.read_text("utf-8"))
    for product in sample_run.tables["products"]["product_id"]:
        assert rl.describe(sample_run, product).text in page
    many = pd.DataFrame(
        {"product_id": f"p{p:02}", "text": f"Great battery {i}"} for p in range(20) for i in range(6 if p < 15 else 1)
    )
    run = rl.analyze(many, out=tmp_path / "lens", config={"workers": 1})
    shown = run.report.read_text("utf-8")
    assert shown.count('class="prose"') == 12
    assert "8 more products:" in shown


def test_companions_are_symmetric_in_count(sample_run):
    table = sample_run.tables["together"].set_index(["product_id", "other_id"])
    assert len(table)
    for a, b in table.index:
        if (b, a) in table.index:
            assert table.loc[(a, b), ["reviews", "liked"]].tolist() == table.loc[(b, a), ["reviews", "liked"]].tolist()
