"""Gates: what makes a published run fail on the user's wish."""

from __future__ import annotations

import pandas as pd
import pytest

import reviewlens as rl
from reviewlens.config import RunOptions
from reviewlens.errors import GateError
from reviewlens.gates import measure_drift


def month(number: int, broken: int, *, reviews: int = 60) -> pd.DataFrame:
    """Reviews of a month, `broken` of which complain of the battery."""
    texts = ["The battery died after a week."] * broken + ["Lovely colour, very pretty."] * (reviews - broken)
    return pd.DataFrame(
        {
            "review_id": [f"{number}-{i}" for i in range(reviews)],
            "product_id": "p1",
            "text": texts,
            "created_at": pd.Timestamp(2024, number, 5, tz="UTC"),
            "exported_at": pd.Timestamp(2024, number, 28, tz="UTC"),
        }
    )


def test_new_alerts_fail_the_run_that_brings_them_and_only_that_one(tmp_path):
    exports, lens, gate = tmp_path / "in", tmp_path / "lens", {"fail_on": ["alerts"]}
    exports.mkdir()
    for number in (1, 2, 3):
        month(number, broken=2).to_parquet(exports / f"{number}.parquet")
    assert not len(rl.analyze(exports, out=lens, config=gate).tables["alerts"])
    month(4, broken=45).to_parquet(exports / "4.parquet")
    with pytest.raises(GateError, match="new alerts") as caught:
        rl.analyze(exports, out=lens, config=gate)
    assert caught.value.exit_code == 4
    run = rl.open_run(lens)  # published all the same
    alerts = run.tables["alerts"]
    assert run.manifest["counts"]["new_alerts"] == len(alerts) > 0
    assert set(alerts["period"].astype(str)) == {"2024-04-01"}
    month(1, broken=2, reviews=61).to_parquet(exports / "1.parquet")
    after = rl.analyze(exports, out=lens, config=gate)  # the alert is still there, but it is known
    assert after.folder != run.folder
    assert len(after.tables["alerts"]) == len(alerts)
    assert after.manifest["counts"]["new_alerts"] == 0


def profile(language: str, reviews: int = 600) -> dict[str, dict[str, int]]:
    """A night of reviews that differ in nothing but the language."""
    return {
        "score": {"01": reviews},
        "length": {"03": reviews},
        "unknown": {"00": reviews},
        "language": {language: reviews},
    }


def test_reviews_that_are_scored_again_are_no_drift():
    last, options = {"drift": {"history": [profile("en")]}}, RunOptions()
    assert measure_drift(last, [profile("zh")], options)["drifted"] == ["language"]
    for what, remembered in (
        ("themes", [profile("en")]),
        ("customer_key", [profile("en")]),
        ("classifier", [profile("zh")]),
    ):
        found = measure_drift(last, [profile("zh")], options, changed=[what])
        assert (found["drifted"], found["index"], found["history"]) == ([], {}, remembered), what
    assert measure_drift(last, [profile("zh")], options, changed=["config"])["drifted"] == ["language"]
