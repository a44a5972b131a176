"""Which column is which."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlens.errors import ColumnError
from reviewlens.read import plan
from reviewlens.read.columns import CANONICAL, data, find_columns


def names_of(ours: str) -> list[str]:
    return data("columns.toml")[ours]["names"]


def test_every_column_has_its_names():
    assert set(data("columns.toml")) == set(CANONICAL)
    everywhere = [
        name for known in data("columns.toml").values() for name in (*known["names"], *known.get("fallback", ()))
    ]
    assert len(everywhere) == len(set(everywhere))
    assert all(ours in names_of(ours) for ours in CANONICAL)


@given(st.data())
def test_a_column_is_known_by_any_of_its_names(drawn):
    ours = drawn.draw(st.lists(st.sampled_from(CANONICAL), unique=True).map(lambda found: sorted({*found, "text"})))
    theirs = {o: drawn.draw(st.sampled_from(names_of(o)), label=o) for o in ours}
    style = drawn.draw(
        st.sampled_from([str, str.upper, str.title, lambda n: n.replace("_", " "), lambda n: n.replace("_", "")])
    )
    columns = [style(name) for name in theirs.values()]
    assert find_columns([*columns, "helpful_votes", "url"], {}, where="here") == {
        o: style(theirs[o]) for o in CANONICAL if o in theirs
    }


@pytest.mark.parametrize("ours", CANONICAL)
def test_two_candidates_are_an_error_that_names_both(ours):
    one, two = names_of(ours)[:2]
    extra = {"text"} - {ours}
    with pytest.raises(ColumnError) as caught:
        find_columns([one, two, *extra], {}, where="a.parquet")
    assert all(repr(name) in str(caught.value) for name in (one, two))
    assert "a.parquet" in str(caught.value)
    assert find_columns([one, two, *extra], {ours: two}, where="a.parquet")[ours] == two


def test_exports_of_shops():
    amazon = [
        "reviewerID",
        "asin",
        "reviewerName",
        "helpful",
        "reviewText",
        "overall",
        "summary",
        "unixReviewTime",
        "reviewTime",
    ]
    assert find_columns(amazon, {}, where="") == {
        "product_id": "asin", "rating": "overall", "title": "summary", "text": "reviewText", "customer": "reviewerID",
        "created_at": "reviewTime",
    }  # fmt: skip
    later = [
        "rating",
        "title",
        "text",
        "images",
        "asin",
        "parent_asin",
        "user_id",
        "timestamp",
        "helpful_vote",
        "verified_purchase",
    ]
    assert find_columns(later, {}, where="")["product_id"] == "asin"
    chinese = ["评价内容", "评分", "商品名称", "评价时间", "用户ID"]
    assert list(find_columns(chinese, {}, where="")) == ["product_name", "rating", "text", "customer", "created_at"]


def test_what_the_user_says_wins():
    frame = pd.DataFrame({"text": ["ours"], "title": ["their text"]})
    found = plan(frame, columns={"text": "title"})
    assert found.columns == {"text": "title"}
    assert next(found.parts[0].batches()).column("text").to_pylist() == ["their text"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"txt": "a"}, ["'txt'", "'text'"]),
        ({"text": "a", "title": "a"}, ["'a'", "'text'", "'title'"]),
        ({"text": "bodi"}, ["'bodi'", "'body'"]),
        ({"rating": "starz"}, ["'starz'", "'stars'", "'body'"]),
        ({"row": "stars"}, ["'row'"]),
    ],
)
def test_a_wrong_mapping(columns, said):
    for data_ in (pd.DataFrame({"body": ["x"], "stars": [1]}), pa.table({"body": ["x"], "stars": [1]})):
        with pytest.raises(ColumnError) as caught:
            plan(data_, columns=columns)
        assert all(word in str(caught.value) for word in said)
        assert caught.value.exit_code == 2


def test_no_text_names_what_is_there_and_what_is_likely():
    with pytest.raises(ColumnError) as caught:
        plan(pd.DataFrame({"stars": [1], "what_customers_commented": ["x"]}))
    assert "'stars'" in str(caught.value)
    assert "columns={'text': 'what_customers_commented'}" in str(caught.value)


def test_one_name_twice():
    twice = pd.DataFrame([["a", "b"]], columns=["text", "text"])
    for data_ in (twice, pa.table([["a"], ["b"]], names=["text", "text"])):
        with pytest.raises(ColumnError):
            plan(data_)
        with pytest.raises(ColumnError):
            plan(data_, columns={"text": "text"})
