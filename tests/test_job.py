"""The laws of the job: no row vanishes, equal reviews, equal answers, any split and history the same tables."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import reviewlens as rl
from reviewlens.batch import Artefacts, read_rows, told
from reviewlens.classifier import Classifier
from reviewlens.config import RunOptions, load_settings
from reviewlens.engines.local import LocalEngine
from reviewlens.errors import ConfigError, InputError, LockedError, RejectsError, StoreError
from reviewlens.job import run_night
from reviewlens.schemas import REVIEWS
from reviewlens.store import Store
from reviewlens.themes import ThemeSet

PHRASES = [
    "The battery died after a week.",
    "Lovely colour and very comfortable!",
    "I wish it came with a longer cable.",
    "发货很快，包装也好。",
    "电池不耐用，希望能改进",
    "Not expensive, but the zip broke",
    "ok",
    "👍👍",
    "客服态度差，再也不买了",
    "It was fine. Nothing special; does the job",
    "",
    "   ",
]


def export(rng: random.Random, n: int, first_id: int = 0) -> pd.DataFrame:
    """Reviews as an export has them, some of them empty."""
    return pd.DataFrame(
        {
            "review_id": [f"r{first_id + i}" for i in range(n)],
            "product_id": [rng.choice(["p1", "p2", None]) for _ in range(n)],
            "text": [" ".join(rng.sample(PHRASES, rng.randint(0, 3))) for _ in range(n)],
            "rating": [float(rng.randint(1, 5)) for _ in range(n)],
            "created_at": pd.to_datetime("2024-01-01", utc=True)
            + pd.to_timedelta([rng.randint(0, 100) for _ in range(n)], "D"),
            "exported_at": pd.Timestamp("2024-06-01", tz="UTC"),
        }
    )


def assert_same_tables(a: rl.Run, b: rl.Run) -> None:
    assert list(a.tables) == list(b.tables)
    for name in a.tables:
        pd.testing.assert_frame_equal(a.tables[name], b.tables[name], check_exact=True, obj=name)


def evidence(run: rl.Run) -> list[dict]:
    columns = ["review_id", "start", "theme_id", "cue", "polarity", "score", "intent"]
    return sorted(run.mentions.to_table(columns=columns).to_pylist(), key=str)


def test_no_row_vanishes_and_the_sample_reads_true(sample_run, sample):
    rows = sum(pq.read_metadata(path).num_rows for path in sample.glob("*.parquet"))
    intake = sample_run.tables["intake"]
    assert intake["reason"].is_unique
    assert intake["reviews"].sum() == rows == sample_run.manifest["counts"]["rows"]
    assert {"scored", "superseded", "deleted", "empty_text"} <= set(intake["reason"])
    scored = int(intake.set_index("reason")["reviews"]["scored"])
    assert sample_run.scored.count_rows() == scored
    assert sample_run.tables["products"]["reviews"].sum() <= scored
    themes = sample_run.tables["themes"]
    assert len(themes) >= 10
    assert (themes["share_low"] <= themes["share"]).all()
    assert (themes["share"] <= themes["share_high"]).all()


def test_tables_are_keyed_and_ordered(sample_run):
    keys = {"theme_by_product": ["theme_id", "product_id"], "theme_by_period": ["theme_id", "period"]}
    for name, table in sample_run.tables.items():
        key = list(table.columns[: list(table.columns).index("reviews")])
        assert key == keys.get(name, key)
        assert not table.duplicated(key).any(), name
        stored = pd.read_csv(sample_run.folder / "tables" / f"{name}.csv")
        assert list(stored.columns) == list(table.columns)
        assert len(stored) == len(table)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_any_split_and_any_history_gives_the_same_tables(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("history")
    rng = random.Random(seed)
    frame = export(rng, 30)
    again = frame.sample(8, random_state=seed).assign(
        exported_at=pd.Timestamp("2024-06-02", tz="UTC"), text="Changed: the strap broke."
    )
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    whole = pd.concat([frame, again])
    whole.to_parquet(folder / "a" / "all.parquet")
    any_share = {"max_reject_share": 1.0}  # a night of ten rows may well have six bad ones
    once = rl.analyze(folder / "a", out=folder / "once", config=any_share)
    nights = [frame[:10], pd.concat([frame[5:20], again[:4]]), pd.concat([frame[20:], again[4:]])]
    for i, night in enumerate(nights):
        night.to_parquet(folder / "b" / f"{i}.parquet", row_group_size=rng.randint(1, 9))
        run = rl.analyze(
            folder / "b",
            out=folder / "nightly",
            config={"part_rows": rng.randint(1, 12), "batch_rows": rng.randint(1, 7), **any_share},
        )
    repeated = sum(len(n) for n in nights) - len(whole)
    intake, expected = (r.tables["intake"].set_index("reason")["reviews"] for r in (run, once))
    assert intake.sum() == expected.sum() + repeated
    for name in once.tables:
        if name != "intake":
            pd.testing.assert_frame_equal(run.tables[name], once.tables[name], check_exact=True, obj=name)
    assert evidence(run) == evidence(once)


def reviews(texts: list[str]) -> pa.RecordBatch:
    columns = {"row": range(len(texts)), "review_id": [str(i) for i in range(len(texts))], "text": texts}
    return pa.RecordBatch.from_pylist(
        [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)], REVIEWS
    )


@settings(max_examples=10, deadline=None)
@given(
    texts=st.lists(st.sampled_from(PHRASES) | st.text(max_size=60), min_size=1, max_size=12), seed=st.integers(0, 99)
)
def test_equal_review_equal_answer(texts, seed):
    artefacts = Artefacts(Classifier.load(), ThemeSet.load(), b"k")
    texts = [t.encode("utf-8", "replace").decode() for t in texts]
    order = list(range(len(texts)))
    random.Random(seed).shuffle(order)

    def answers(order: list[int], size: int) -> dict:
        found: dict = {}
        for k in range(0, len(order), size):
            ids = order[k : k + size]
            read = read_rows(reviews([texts[i] for i in ids]), "s", artefacts)
            scored, mentions = told(*read, artefacts, 1)
            for i, row in zip(ids, scored.to_pylist(), strict=True):
                found[i] = [
                    row[c]
                    for c in ("reason", "polarity", "p_negative", "p_neutral", "score", "stars", "quote", "language")
                ]
            for row in mentions.to_pylist():
                found[ids[row["row"]]].append(
                    [row[c] for c in ("start", "end", "theme_id", "cue", "polarity", "score", "intent", "quote")]
                )
        return found

    assert answers(order, 3) == answers(list(range(len(texts))), len(texts))


def test_workers_and_batches_do_not_matter(tmp_path, sample, sample_run):
    run = rl.analyze(sample, out=tmp_path / "lens", engine=LocalEngine(2), config={"part_rows": 100, "batch_rows": 33})
    assert_same_tables(run, sample_run)
    assert evidence(run) == evidence(sample_run)


def test_nothing_new_is_the_same_run(tmp_path):
    frame = export(random.Random(1), 10)
    first = rl.analyze(frame, out=tmp_path / "lens")
    again = rl.analyze(frame, out=tmp_path / "lens")
    assert again.folder == first.folder
    changed = rl.analyze(frame.assign(text="The screen broke."), out=tmp_path / "lens")
    assert changed.folder != first.folder
    assert rl.open_run(tmp_path / "lens").folder == changed.folder
    assert len(rl.status(tmp_path / "lens")) == 2


@pytest.mark.parametrize(("on_removed", "left"), [("keep", 10), ("drop", 4)])
def test_a_removed_export(tmp_path, on_removed, left):
    frame = export(random.Random(2), 10)
    (tmp_path / "in").mkdir()
    frame[:6].to_parquet(tmp_path / "in" / "a.parquet")
    rl.analyze(tmp_path / "in", out=tmp_path / "lens")
    (tmp_path / "in" / "a.parquet").unlink()
    frame[6:].to_parquet(tmp_path / "in" / "b.parquet")
    run = rl.analyze(tmp_path / "in", out=tmp_path / "lens", config={"on_removed": on_removed})
    assert run.manifest["counts"]["rows"] == left


def test_identity_without_ids(tmp_path):
    base = {"product_id": "p", "customer": "c", "created_at": "2024-01-01", "text": "It broke."}
    rows = [base, base, base | {"customer": "d"}, base | {"text": "It is great."}]
    run = rl.analyze(pd.DataFrame(rows), out=tmp_path / "with_customer")
    assert run.tables["intake"].set_index("reason")["reviews"].to_dict() == {"scored": 3, "superseded": 1}
    texts = rl.analyze(["good", "good", "bad"], out=tmp_path / "texts_only")
    assert texts.tables["intake"].set_index("reason")["reviews"].to_dict() == {"scored": 3}


def test_no_rows_gives_empty_tables(tmp_path):
    run = rl.analyze(pd.DataFrame({"text": pd.Series([], dtype=str)}), out=tmp_path / "lens")
    assert all(len(table) == 0 for table in run.tables.values())
    assert run.report.exists()


def test_a_bad_file_is_quarantined_and_taken_when_it_is_mended(tmp_path):
    (tmp_path / "in").mkdir()
    frame = export(random.Random(3), 12)
    frame[:8].to_parquet(tmp_path / "in" / "a.parquet")
    (tmp_path / "in" / "b.parquet").write_bytes(b"PAR1 this is not Parquet PAR1")
    run = rl.analyze(tmp_path / "in", out=tmp_path / "lens")
    assert run.manifest["counts"]["quarantined_files"] == 1
    frame[8:].to_parquet(tmp_path / "in" / "b.parquet")
    mended = rl.analyze(tmp_path / "in", out=tmp_path / "lens")
    assert mended.manifest["counts"]["quarantined_files"] == 0
    assert mended.manifest["counts"]["rows"] == 12


def test_too_many_rejects_publish_nothing(tmp_path):
    with pytest.raises(RejectsError, match="empty_text") as caught:
        rl.analyze(pd.DataFrame({"text": ["fine", "", None, "  "]}), out=tmp_path / "lens")
    assert caught.value.exit_code == 3
    assert Store(tmp_path / "lens").current_run() is None


def test_nothing_readable(tmp_path):
    with pytest.raises(InputError):
        rl.analyze(tmp_path / "absent.parquet", out=tmp_path / "lens")
    with Store(tmp_path / "lens").lock(), pytest.raises(LockedError):
        rl.analyze(["good"], out=tmp_path / "lens")


def test_customers_are_hashed_and_quotes_masked(tmp_path):
    secret = "customer-4711"
    frame = pd.DataFrame(
        {
            "customer": [secret] * 30,
            "text": [f"The battery died, write to me at jane{i}@example.com please." for i in range(30)],
        }
    )
    run = rl.analyze(frame, out=tmp_path / "lens")
    everything = b"".join(
        p.read_bytes() for p in (tmp_path / "lens").rglob("*") if p.is_file() and p.name != "customer.key"
    )
    assert secret.encode() not in everything
    columns = run.scored.to_table().to_pylist() + run.mentions.to_table().to_pylist()
    assert not any("example.com" in str(row) for row in columns)
    assert all(row["customer"] for row in run.scored.to_table(columns=["customer"]).to_pylist())


def test_a_csv_cell_is_no_formula(tmp_path):
    frame = pd.DataFrame(
        {
            "product_id": ["=cmd|' /C calc'!A0"],
            "product_name": ["@SUM(1)"],
            "text": ["=1+1 the battery broke again and again"],
        }
    )
    run = rl.analyze(frame, out=tmp_path / "lens")
    for path in (run.folder / "tables").glob("*.csv"):
        for cell in pd.read_csv(path, dtype=str).stack().dropna():
            assert not cell.startswith(("=", "@", "+", "\t", "\r")), path.name


def test_the_same_reviews_as_frame_table_and_file(tmp_path):
    frame = export(random.Random(5), 20)
    frame.to_parquet(tmp_path / "x.parquet")
    runs = [
        rl.analyze(d, out=tmp_path / f"{i}")
        for i, d in enumerate(
            [frame, pa.Table.from_pandas(frame), tmp_path / "x.parquet", [str(tmp_path / "x.parquet")]]
        )
    ]
    for run in runs[1:]:
        assert_same_tables(runs[0], run)


def test_scores_are_whole_ten_thousandths_that_add_up(sample_run):
    frame = sample_run.scored.to_table(columns=["p_negative", "p_neutral", "p_positive", "score", "stars"]).to_pandas()
    assert (frame[["p_negative", "p_neutral", "p_positive"]].sum(axis=1) == 10_000).all()
    assert (frame["score"] == frame["p_positive"] - frame["p_negative"]).all()
    assert frame["stars"].between(10_000, 50_000).all()
    assert np.isfinite(frame).all().all()
    assert sample_run.folder.is_dir()


def test_copies_are_counted_once_and_never_fill_a_table(tmp_path):
    paste = "The battery of this phone is really wonderful and lasts two long days, I recommend it to all of you"
    texts = [paste + "!" * (i % 3) for i in range(20)] + [paste.replace("long", "full")] * 5
    own = ["The battery died after a week and nobody answered me.", "电池不耐用，一天要充三次电，太失望了"]
    run = rl.analyze(texts + own, out=tmp_path / "lens")
    top = run.tables["copies"].iloc[0]
    assert top["reviews"] == 25
    battery = run.tables["themes"].set_index("theme_id").loc["battery"]
    assert battery["reviews"] == 27
    assert battery["distinct_texts"] == 3
    quotes = battery[["quote_1", "quote_2", "quote_3"]].dropna()
    assert sum("lasts" in quote or "wonderful" in quote for quote in quotes) <= 2


def test_one_mismatch_stands_for_the_copies_of_its_text(tmp_path):
    texts = [
        "Terrible, it broke at once and nobody helped.",
        "great product",
        "great product",
        "great product",
        "great product",
    ]
    frame = pd.DataFrame(
        {"review_id": list("eabcd"), "product_id": list("PPPQQ"), "rating": [5, 1, 1, 2, 5], "text": texts}
    )
    found = rl.analyze(frame, out=tmp_path / "lens").tables["mismatches"].set_index("review_id")
    assert found["reviews"].to_dict() == {"e": 1, "a": 3}
    assert found.loc["a", ["product_id", "rating"]].tolist() == ["P", 1.0]


def test_what_the_shop_wrote_is_nobodys_opinion(tmp_path):
    run = rl.analyze(
        ["默认好评", "此用户没有填写评价。", "The customer left no comment.", "good product"], out=tmp_path / "lens"
    )
    assert run.tables["intake"].set_index("reason")["reviews"].to_dict() == {"boilerplate": 3, "scored": 1}


def test_values_that_cannot_be_read_are_counted(tmp_path, caplog):
    frame = export(random.Random(3), 6).assign(
        text="Lovely colour", rating=["5", "four-ish?", "3", "??", "1", "2"], deleted_at=["", "maybe", "", "", "", ""]
    )
    frame["created_at"] = ["2024-01-01", "yesterday or so", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
    run = rl.analyze(frame, out=tmp_path / "lens")
    troubles = {"created_at unreadable": 1, "deleted_at unreadable": 1, "rating unreadable": 2}
    assert run.manifest["troubles"] == troubles
    assert [part["troubles"] for part in run.manifest["parts"]] == [troubles]
    assert "deleted_at unreadable 1" in caplog.text
    assert run.manifest["counts"]["scored"] == 6  # a mark of deletion that cannot be read deletes nothing


def test_a_rating_off_the_scale_is_absent_and_told(tmp_path, caplog):
    frame = pd.DataFrame({"text": [f"Lovely color {i}" for i in range(12)], "rating": [1, 5] * 5 + [5, 99]})
    frame["product_id"] = "p"
    assert rl.check(frame).troubles == {"rating off_scale": 1}
    run = rl.analyze(frame, out=tmp_path / "lens")
    product = run.tables["products"].iloc[0]
    assert (product["reviews"], product["rated"], product["rating"]) == (12, 11, round(35 / 11, 4))
    assert (run.manifest["troubles"], run.manifest["rating_scale"]) == ({"rating off_scale": 1}, 5.0)
    assert "ratings above the highest, 5, count as absent: 1" in caplog.text
    assert "above the highest rating, 5, and count as absent: 1" in run.report.read_text("utf-8")
    declared = rl.analyze(frame, out=tmp_path / "lens", config={"rating_scale": 100})
    assert declared.tables["products"]["rated"].iloc[0] == 12


def test_status_counts_whole_reviews(tmp_path):
    frame = export(random.Random(1), 8).assign(text="fine", customer=[f"c{i}" for i in range(8)])
    rl.analyze(frame, out=tmp_path / "lens")
    rl.analyze(pd.concat([frame, frame.assign(review_id="")]), out=tmp_path / "lens")
    rl.forget(tmp_path / "lens", customer="c3")
    rl.analyze(frame.assign(text=["", *["good"] * 7]), out=tmp_path / "lens")
    found = rl.status(tmp_path / "lens")
    counts = {"rows", "scored", "mentions", "quarantined_files", "new_alerts", "forgotten", "rows_scored"}
    assert counts <= set(found)
    assert {name: found[name].dtype.kind for name in sorted(counts)} == dict.fromkeys(sorted(counts), "i")
    assert found["current"].dtype == bool


def test_a_table_that_is_not_there_is_named_with_those_that_are(sample_run):
    with pytest.raises(KeyError, match="there is no table 'nope'") as caught:
        sample_run.tables["nope"]
    assert isinstance(caught.value, InputError)
    assert "theme_by_product" in str(caught.value)
    assert "nope" not in sample_run.tables
    assert sample_run.tables.get("nope") is None


def test_a_wrong_setting_from_python_is_no_matter_of_the_command_line(tmp_path):
    with pytest.raises(ConfigError) as caught:
        rl.analyze(["good"], out=tmp_path / "lens", config={"period": "year"})
    assert "command line" not in str(caught.value)
    assert "arguments" in str(caught.value)


@pytest.mark.parametrize("chosen", [False, True])
def test_default_memory_that_is_too_little_grows_and_memory_that_was_set_does_not(
    tmp_path, sample_run, sample, caplog, chosen
):
    few = RunOptions(workers=1).model_dump() | {"memory_mb": 4}  # far below what may be set: DuckDB does run out of it
    options = RunOptions.model_construct({"memory_mb"} if chosen else set(), **few)
    given = load_settings(None, overrides={})._replace(options=options)
    if chosen:
        with pytest.raises(StoreError, match="Out of Memory"):
            run_night(tmp_path / "lens", sample, given)
        assert not (tmp_path / "lens" / "current").exists()
    else:
        assert_same_tables(run_night(tmp_path / "lens", sample, given), sample_run)
        assert "4 MB are too few" in caplog.text
