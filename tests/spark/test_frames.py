"""Spark DataFrames: the same scores and mentions as without Spark, whatever the columns' order, names and gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import reviewlens as rl
from reviewlens.classifier import Classifier
from reviewlens.errors import ColumnError
from reviewlens.schemas import SCALE
from reviewlens.scoring import ADDED
from reviewlens.themes import ThemeSet

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::FutureWarning:pyspark")]

ROWS = 300


@pytest.fixture(scope="module")
def reviews(sample):
    table = pq.read_table(sorted(sample.glob("*.parquet"))[0]).slice(0, ROWS)
    odd = {
        "review_id": [None, "x1", "x2"],
        "text": [None, "", "Tut gut. 😀\x00 The zip broke"],
        "product_id": ["p", None, "p"],
    }
    return pa.concat_tables([table, pa.table(odd)], promote_options="default")


@pytest.fixture
def frame(session, reviews):
    spark = session("local[2]")
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "64")
    return spark.createDataFrame(reviews)


def test_scores_are_those_without_spark(frame, reviews):
    import reviewlens.spark as rls

    shuffled = frame.select(*reversed(frame.columns)).withColumnRenamed("text", "Was gesagt wurde")
    scored = rls.score(shuffled, columns={"text": "Was gesagt wurde"})
    assert scored.columns == [*shuffled.columns, *ADDED.names]
    assert scored.schema[: len(shuffled.columns)] == shuffled.schema
    found = scored.toArrow().rename_columns(["text" if n.startswith("Was") else n for n in scored.columns])
    expected = rl.score(reviews)
    for name in reviews.schema.names:
        assert found.column(name).to_pylist() == expected.column(name).to_pylist()
    assert found.column("polarity").to_pylist() == expected.column("polarity").to_pylist()
    assert found.column("polarity").null_count >= 2  # of the rows without text
    for name in ADDED.names[1:]:
        np.testing.assert_allclose(found.column(name).to_numpy(), expected.column(name).to_numpy(), atol=1e-5)


def test_a_column_of_our_name_stays(frame):
    import reviewlens.spark as rls

    scored = rls.score(frame.withColumnRenamed("category", "Score"))
    assert [name for name in scored.columns if "score" in name.lower()] == ["Score", "score_predicted"]


def test_mentions_of_scored_reviews_are_those_of_a_run(frame, reviews, tmp_path):
    import reviewlens.spark as rls

    run = rl.analyze(reviews.slice(0, ROWS), out=tmp_path / "lens")
    known = run.mentions.to_table().to_pandas()
    ids = set(run.scored.to_table(columns=["review_id"]).column(0).to_pylist())
    found = rls.mentions(rls.score(frame)).toArrow().to_pandas()
    assert found["review_id"].isna().sum() == 0  # the review without any key says nothing
    found = found[found["review_id"].isin(ids)].assign(score=lambda t: np.rint(t["score"] * SCALE).astype(int))
    same = ["review_id", "start", "end", "theme_id", "cue", "cue_start", "cue_end", "polarity", "intent", "score"]
    found, known = (t[same].sort_values(same).reset_index(drop=True) for t in (found.drop_duplicates(), known))
    assert len(known) > 40
    pd.testing.assert_frame_equal(found, known, check_dtype=False)


def test_artefacts_are_shipped(frame, tmp_path):
    import reviewlens.spark as rls

    path = tmp_path / "themes.toml"
    Classifier.load().save(tmp_path / "model")
    ThemeSet.load().save(path)
    shipped = rls.mentions(frame, themes=path, classifier=tmp_path / "model").count()
    assert shipped == rls.mentions(frame).count() > 40


def test_a_schema_that_does_not_fit_is_an_error_at_once(frame):
    from pyspark.sql import functions as f

    import reviewlens.spark as rls

    for call in (rls.score, rls.mentions):
        with pytest.raises(ColumnError, match="no column with the text"):
            call(frame.select("review_id", "rating"))
        with pytest.raises(ColumnError, match="holds array, not text"):
            call(frame.withColumn("text", f.array("text")))
        with pytest.raises(ColumnError, match="did you mean 'text'"):
            call(frame, columns={"text": "texts"})
        with pytest.raises(ColumnError, match="two columns"):
            call(frame.select("*", f.col("text")))
    with pytest.raises(ColumnError, match="tells reviews apart"):
        rls.mentions(frame.select("text", "product_id"))
