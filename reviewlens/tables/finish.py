"""From whole counts to what a reader wants: shares with their intervals, means, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reviewlens.schemas import OTHER, SCALE
from reviewlens.tables.stats import ratio, wilson

if TYPE_CHECKING:
    from reviewlens.tables import Context


def unchanged(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return the counts as they are."""
    return frame


def theme_shares(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Add the label, the share of reviews with its 95% Wilson interval, the mean score and the share of each intent."""
    low, high = wilson(frame["reviews"], frame["reviews_in_all"])
    keys = [c for c in frame.columns[: frame.columns.get_loc("reviews")]]
    made = {
        **{key: frame[key] for key in keys},
        "reviews": frame["reviews"],
        "label": frame["theme_id"].map({OTHER: OTHER, **context.labels}).fillna(frame["theme_id"]),
        "mentions": frame["mentions"],
        "reviews_in_all": frame["reviews_in_all"],
        "share": ratio(frame["reviews"], frame["reviews_in_all"]),
        "share_low": low,
        "share_high": high,
        "score": ratio(frame["score_sum"], frame["mentions"] * SCALE),
        **{f"{i}_share": ratio(frame[f"{i}_sum"], frame["mentions"]) for i in ("praise", "complaint", "wish")},
        **{c: frame[c] for c in frame.columns if "quote" in c},
    }
    return pd.DataFrame(made)


def means(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Replace the sums by means and add the share of positive reviews with its 95% Wilson interval."""
    low, high = wilson(frame["positive"], frame["reviews"])
    shown = frame.drop(columns=["score_sum", "stars_sum", "rating_sum"])
    return shown.assign(
        positive_share=ratio(frame["positive"], frame["reviews"]),
        positive_low=low,
        positive_high=high,
        score=ratio(frame["score_sum"], frame["reviews"] * SCALE),
        stars=ratio(frame["stars_sum"], frame["reviews"] * SCALE),
        rating=ratio(frame["rating_sum"].fillna(0).astype("int64"), frame["rated"] * SCALE),
    )
