"""The sample exports are what their script makes, and hold what the demo needs."""

import runpy
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

SAMPLE = Path(__file__).parent.parent / "examples" / "sample"


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted(SAMPLE.glob("reviews-*.parquet"))], ignore_index=True)


def newest(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values("exported_at").drop_duplicates("review_id", keep="last")


def test_script_makes_the_committed_files(tmp_path: Path) -> None:
    runpy.run_path(str(SAMPLE / "make_sample.py"))["main"](tmp_path)
    made, committed = sorted(tmp_path.iterdir()), sorted(SAMPLE.glob("*.parquet"))
    assert [path.name for path in made] == [path.name for path in committed]
    for one, other in zip(made, committed, strict=True):
        assert pq.read_table(one).equals(pq.read_table(other)), one.name


def test_enough_reviews_in_both_languages(rows: pd.DataFrame) -> None:
    reviews = newest(rows)
    chinese = reviews.text.str.contains("[一-鿿]")
    assert len(reviews) >= 800
    assert 0.4 < chinese.mean() < 0.6
    assert reviews.product_id.nunique() == 10
    assert reviews.text.nunique() > 600


def test_exports_overlap_and_disagree_as_real_ones_do(rows: pd.DataFrame) -> None:
    versions = rows.groupby("review_id")
    assert versions.size().median() == 2
    assert (versions.text.nunique() > 1).sum() >= 10
    assert newest(rows).deleted_at.notna().sum() >= 5
    assert (rows.text.str.strip() == "").sum() >= 10
    assert not rows.duplicated(["review_id", "exported_at"]).any()


def test_the_story_is_in_the_data(rows: pd.DataFrame) -> None:
    reviews = newest(rows)
    battery = reviews[reviews.product_id.eq("EB-200") & reviews.text.str.contains("batter", case=False)]
    after = battery.created_at >= "2026-06-01"
    assert battery[after].rating.mean() < battery[~after].rating.mean() - 1
    delivery = reviews[reviews.text.str.contains("delivery|shipping|courier|快递|物流", case=False)]
    after = delivery.created_at >= "2026-05-01"
    assert delivery[after].rating.mean() > delivery[~after].rating.mean() + 0.5
