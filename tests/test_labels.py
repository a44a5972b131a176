"""Labels of every usual kind, and splits that keep copies together."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlens.errors import ColumnError, ConfigError, InputError, InputNotFoundError
from reviewlens.labelled import read_labelled
from reviewlens.labels import read_labels
from reviewlens.splits import copy_hashes, copy_key, held_out


@pytest.mark.parametrize(
    ("values", "kind", "polarity"),
    [
        ([0, 1, 1], "polarity", [0, 2, 2]),
        ([True, False], "polarity", [2, 0]),
        ([-1, 0, 1], "polarity", [0, 1, 2]),
        ([0, 1, 2], "polarity", [0, 1, 2]),
        (["True", "false"], "polarity", [2, 0]),
        (["Negative", "pos", "中性", "差评"], "polarity", [0, 2, 1, 0]),
        ([1, 2, 3, 4, 5], "stars", [0, 0, 1, 2, 2]),
        (["1", "5", None], "stars", [0, 2, -1]),
        ([1, 4, 7, 10], "stars", [0, 0, 2, 2]),
        ([1, 2, 3], "stars", [0, 1, 2]),
        ([0.0, 2.5, 5.0], "stars", [0, 1, 2]),
    ],
)
def test_labels_are_read_as_documented(values: list[object], kind: str, polarity: list[int]) -> None:
    labels = read_labels(values)
    assert labels.kind == kind
    assert labels.polarity.tolist() == polarity


def test_a_scale_can_be_said() -> None:
    assert read_labels([1, 3], scale=5).stars.tolist() == [1, 3]
    assert read_labels([1, 10], scale=10).stars.tolist() == [1, 5]
    assert read_labels([1, 2], scale=5).polarity.tolist() == [0, 0]


@pytest.mark.parametrize(("scale", "usual"), [(None, None), (10, None), (100, None), (None, (1.0, 10.0))])
def test_stars_that_say_what_they_are_of_mean_the_same_whatever_the_scale(
    scale: float | None, usual: tuple[float, float] | None
) -> None:
    ten = read_labels([f"{points}/10" for points in range(1, 11)], scale=scale, usual=usual)
    assert ten.polarity.tolist() == read_labels(list(range(1, 11))).polarity.tolist()
    assert ten.stars == pytest.approx(read_labels(list(range(1, 11))).stars)
    five = read_labels([f"{stars} out of 5 stars" for stars in range(1, 6)], scale=scale, usual=usual)
    assert five.stars.tolist() == [1, 2, 3, 4, 5]
    assert read_labels(["0%", "50%", "100%"], scale=scale, usual=usual).polarity.tolist() == [0, 1, 2]


def test_half_stars_begin_with_a_half() -> None:
    half = read_labels([0.5, 1, 2, 2.5, 3, 3.5, 5])
    assert half.scale == (0.5, 5.0)
    assert half.polarity.tolist() == [0, 0, 0, 1, 1, 2, 2], "2 stars are no neutral label"
    assert read_labels([0.5, 4.7]).scale == (0.0, 5.0)


@given(
    st.lists(st.integers(1, 100), min_size=1, max_size=20),
    st.sampled_from([(0.0, 5.0), (1.0, 5.0), (0.0, 10.0), (1.0, 10.0), (0.0, 100.0)]),
)
def test_some_stars_are_read_as_all_of_them_are(values: list[int], usual: tuple[float, float]) -> None:
    """A test set that happens to lack the ends of a scale is on that scale all the same."""
    inside = [value for value in values if usual[0] <= value <= usual[1]] or [int(usual[1])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        part = read_labels(inside, usual=usual)
    assert part.scale == usual
    whole = read_labels([*inside, usual[0], usual[1]], scale=usual[1])
    assert whole.scale == usual
    assert part.stars.tolist() == whole.stars[:-2].tolist()
    assert part.polarity.tolist() == whole.polarity[:-2].tolist()


def test_labels_of_another_kind_than_the_usual_are_read_as_ever() -> None:
    for values in ([0, 1, 1], [True, False], ["good", "bad"], [-1, 0, 1]):
        assert read_labels(values, usual=(1.0, 5.0)).kind == "polarity"
    assert read_labels([1, 7, 10], usual=(1.0, 5.0)).scale == (1.0, 10.0)
    assert read_labels([1, 2, 3], usual=(1.0, 5.0), scale=3).polarity.tolist() == [0, 1, 2]
    assert read_labels([1, 1], usual=(1.0, 5.0)).polarity.tolist() == [0, 0], "bad reviews alone, not good ones"
    with pytest.warns(UserWarning, match="1 to 5, are read on the scale of the training, up to 100"):
        assert read_labels([1, 2, 3, 4, 5], usual=(0.0, 100.0)).polarity.tolist() == [0] * 5


@pytest.mark.parametrize("scale", [0, 1, -5, np.nan, np.inf])
def test_a_scale_that_is_none_is_refused(scale: float) -> None:
    with pytest.raises(ConfigError, match="highest"):
        read_labels([1, 5], scale=scale)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["good", "maybe", "maybe"], "maybe.*2 rows"),
        ([None, ""], "no row"),
        ([1, 50], "no star scale"),
        ([-3, 2], "no star"),
        ([1, 2, 2], "two things"),
        ([1, 5, np.inf], "1 labels are infinite"),
    ],
)
def test_labels_that_mean_nothing_are_named(values: list[object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_labels(values)


def test_a_label_of_half_a_character_is_named_like_any_other() -> None:
    with pytest.raises(InputError, match="not understood: '\ufffd' \\(2 rows\\)"):
        read_labels(pd.Series(["\ud83d", "\ud83d", "good"], dtype=object))


def test_rows_without_text_or_label_are_left_out_with_a_warning() -> None:
    frame = pd.DataFrame({"t": ["good", None, " ", "bad"], "y": [1, 1, 0, np.nan]})
    with pytest.warns(UserWarning, match="3 of 4 rows"):
        assert read_labelled(frame, text="t", label="y").texts == ["good"]


def test_texts_that_are_all_empty_are_not_taken_for_something_else() -> None:
    with pytest.raises(InputError, match="no row has both a text and a label"):
        read_labelled(pd.DataFrame({"t": ["", ""], "y": [0, 1]}), text="t", label="y")
    with pytest.raises(InputError, match="holds no text but int"):
        read_labelled(pd.DataFrame({"t": [7, 8], "y": [0, 1]}), text="t", label="y")


def test_columns_and_files_that_are_not_there(tmp_path) -> None:
    with pytest.raises(ColumnError, match="stars"):
        read_labelled(pd.DataFrame({"t": ["a"]}), text="t", label="stars")
    with pytest.raises(InputNotFoundError):
        read_labelled(tmp_path / "none.parquet", text="t", label="y")


def test_a_folder_of_files_is_read_as_one(tmp_path) -> None:
    for name, text in (("a", "good"), ("b", "bad")):
        pd.DataFrame({"t": [text], "y": [text == "good"]}).to_parquet(tmp_path / f"{name}.parquet")
    reviews = read_labelled(tmp_path, text="t", label="y")
    assert (reviews.texts, reviews.labels.polarity.tolist()) == (["good", "bad"], [2, 0])


@given(st.lists(st.text(max_size=12), min_size=1, max_size=60), st.integers(0, 5))
def test_copies_stay_on_one_side_in_any_order(texts: list[str], seed: int) -> None:
    strata = np.array([len(text) % 3 for text in texts], dtype=np.int64)
    side = held_out(texts, strata, share=0.3, seed=seed)
    back = held_out(texts[::-1], strata[::-1], share=0.3, seed=seed)[::-1]
    assert side.tolist() == back.tolist()
    by_key: dict[str, set[bool]] = {}
    for text, chosen in zip(texts, side.tolist(), strict=True):
        by_key.setdefault(copy_key(text), set()).add(chosen)
    assert all(len(sides) == 1 for sides in by_key.values())


def test_the_share_held_out_is_kept_per_stratum() -> None:
    texts = [f"review number {i}" for i in range(400)]
    strata = np.repeat([0, 1], [300, 100])
    side = held_out(texts, strata, share=0.1, seed=0)
    assert [int(side[strata == k].sum()) for k in (0, 1)] == [30, 10]


def test_hashes_tell_copies() -> None:
    same, spaced, other = copy_hashes(["Great phone!", "great  PHONE", "bad phone"])
    assert same == spaced != other


def test_two_columns_of_one_name_and_halves_of_characters() -> None:
    frame = pd.DataFrame([["good \ud800", 1, 0], ["bad", 0, 1]], columns=["t", "y", "y"], dtype=object)
    with pytest.raises(ColumnError, match="2 columns are called 'y'"):
        read_labelled(frame, text="t", label="y")
    assert read_labelled(frame.iloc[:, :2], text="t", label="y").texts == ["good \ufffd", "bad"]
    with pytest.raises(InputError, match="dict"):
        read_labelled({"t": ["good"], "y": [1]}, text="t", label="y")
