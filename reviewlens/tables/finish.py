"""From whole counts to what a reader wants: shares with their intervals, tested changes, means, labels, quotes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reviewlens.identify import UNTOLD, code_of, unlearned
from reviewlens.schemas import OTHER, SCALE, SCORED_REASON
from reviewlens.tables.stats import (
    change_p_value,
    false_discovery,
    false_discovery_by,
    opportunity,
    ratio,
    rise_p_value,
    wilson,
)

if TYPE_CHECKING:
    from reviewlens.tables import Context

INTENTS = ("praise", "complaint", "wish")
QUOTES = r"^quote_\d"
OTHER_LABELS = {"en": "other", "zh": "其他"}


def unchanged(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return the counts as they are."""
    return frame


def intake(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """One row per reason, with the reviews that are in languages that the classifier was not trained on.

    Both columns are empty where the classifier does not say what it was trained on.
    """
    counts = [name for name in frame if name not in ("reason", "language")]
    shown = frame.groupby("reason", as_index=False)[counts].sum()
    told = frame[(frame["reason"] == SCORED_REASON) & frame["language"].notna()]
    rows: Counter[str] = Counter()
    for said, n in zip(told["language"], told["reviews"], strict=True):
        rows[code_of(said) or UNTOLD] += int(n)  # parts of before have languages as exports write them
    strange = unlearned(rows, context.learned)
    scored = shown["reason"] == SCORED_REASON
    if strange is None:
        absent = {"unlearned": "Int64", "unlearned_languages": "str"}
        return shown.assign(**{name: pd.Series(pd.NA, shown.index, kind) for name, kind in absent.items()})
    named = ", ".join(f"{code} {n}" for code, n in strange.items())
    return shown.assign(
        unlearned=np.where(scored, sum(strange.values()), 0).astype(np.int64),
        unlearned_languages=pd.Series(np.where(scored, named, ""), shown.index, "str"),
    )


def themes(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Shares of each theme in all reviews, ranked by opportunity."""
    shown = theme_shares(frame, context)
    enough = frame["reviews"] >= context.config.min_reviews
    known = frame["theme_id"] != OTHER
    importance = 10 * frame["reviews"] / max(frame["reviews"].where(known).max(), 1)
    met = frame["praise_sum"] + 1
    satisfaction = 10 * met / (met + frame["complaint_sum"] + frame["wish_sum"] + 1)
    ranked = np.where(enough & known, opportunity(importance, satisfaction), np.nan)
    shown.insert(list(shown).index("quote_1"), "opportunity", ranked)
    return shown


def theme_cells(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Shares of each theme in the reviews of each product."""
    return theme_shares(frame, context)


def theme_trends(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Shares of each theme in the reviews of each period, with the change since the period before, tested."""
    shown = theme_shares(frame, context)
    keys = [key for key in ("theme_id", "product_id") if key in frame]
    group = [key for key in keys if key != "theme_id"]
    sizes = frame[[*group, "period", "reviews_in_all"]].drop_duplicates().sort_values("period", kind="stable")
    by_group = sizes.groupby(group)[["period", "reviews_in_all"]] if group else sizes[["period", "reviews_in_all"]]
    sizes[["period_before", "n_before"]] = by_group.shift()
    sizes = sizes.drop(columns="reviews_in_all")
    counts = frame[[*keys, "period", "reviews"]].rename(columns={"period": "period_before", "reviews": "before"})
    both = frame.merge(sizes, on=[*group, "period"], how="left").merge(counts, on=[*keys, "period_before"], how="left")
    before, n_before = both["before"].fillna(0).to_numpy(), both["n_before"].fillna(0).to_numpy()
    least = context.config.min_reviews
    tested = (frame["reviews_in_all"].to_numpy() >= least) & (n_before >= least)
    p = np.where(tested, change_p_value(frame["reviews"], frame["reviews_in_all"], before, n_before), np.nan)
    share_before = ratio(before, n_before)
    place = list(shown).index("quote_1")
    columns: dict[str, Any] = {
        "share_before": share_before,
        "change": np.round(shown["share"] - share_before, 4),
        "p_value": p,
        "q_value": false_discovery(p),
        "partial": last_day(frame["period"], context.config.period) > context.as_of,
    }
    for name, column in columns.items():
        shown.insert(place, name, column)
        place += 1
    return shown


def last_day(period: pd.Series, length: str) -> pd.Series:
    """Return the last day of each period, given its first."""
    step = {"day": pd.DateOffset(days=1), "week": pd.DateOffset(weeks=1), "month": pd.DateOffset(months=1)}[length]
    return pd.to_datetime(period) + step - pd.Timedelta(days=1)


def labels(frame: pd.DataFrame, context: Context) -> pd.Series:
    """Return the label of each row's theme in the reader's language; its id where it has none."""
    known = {OTHER: OTHER_LABELS.get(context.config.language, OTHER), **context.labels}
    return frame["theme_id"].map(known).fillna(frame["theme_id"])


def theme_shares(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Add the label, the share of reviews with its 95% Wilson interval, the mean score and the share of each intent."""
    low, high = wilson(frame["reviews"], frame["reviews_in_all"])
    keys = list(frame)[: list(frame).index("reviews")]
    made: dict[str, Any] = {
        **{str(key): frame[key] for key in keys},
        "reviews": frame["reviews"],
        "label": labels(frame, context),
        "distinct_texts": frame["distinct_texts"],
        "mentions": frame["mentions"],
        "reviews_in_all": frame["reviews_in_all"],
        "share": ratio(frame["reviews"], frame["reviews_in_all"]),
        "share_low": low,
        "share_high": high,
        "score": ratio(frame["score_sum"], frame["mentions"] * SCALE),
        **{f"{i}_share": ratio(frame[f"{i}_sum"], frame["mentions"]) for i in INTENTS},
    }
    return pd.DataFrame(made).join(frame.filter(regex=QUOTES))


def wishes(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Add the label of the theme and three wishes in the customers' words."""
    shown = frame.copy()
    shown.insert(3, "label", labels(frame, context))
    return shown


def alerts(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Test every cell and keep those that rose, at the declared false-discovery rate among the alerts of a period.

    All cells of a period, of every theme, product and measure, are one family: the list that a reader gets that day.
    """
    after, n, before, m = (frame[c] for c in ("reviews", "reviews_in_all", "reviews_before", "reviews_before_in_all"))
    p = rise_p_value(after, n, before, m)
    low, high = wilson(after, n)
    shown = frame.drop(columns="quote").assign(
        share=ratio(after, n),
        share_low=low,
        share_high=high,
        share_before=ratio(before, m),
        p_value=p,
        q_value=false_discovery_by(frame["period"], p),
        quote=frame["quote"],
    )
    shown.insert(6, "label", labels(frame, context))
    risen = shown[shown["q_value"] <= context.config.false_discovery_rate]
    order = ["period", "q_value", "theme_id", "product_id", "measure", "cue"]
    return risen.sort_values(order, ascending=[False, True, True, True, True, True], kind="stable").reset_index(
        drop=True
    )


def mismatches(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Turn ten-thousandths into stars and scores."""
    shown = frame.drop(columns=["stars_sum", "score_sum", "quote"])
    one = np.ones(len(frame), np.int64)
    return shown.assign(
        stars=ratio(frame["stars_sum"], one * SCALE), score=ratio(frame["score_sum"], one * SCALE), quote=frame["quote"]
    )


def together(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Add which share of a product's customers reviewed the companion, with its interval, and which of the others."""
    low, high = wilson(frame["reviews"], frame["customers"])
    others = frame["all_customers"] - frame["customers"]
    return frame.assign(
        share=ratio(frame["reviews"], frame["customers"]),
        share_low=low,
        share_high=high,
        share_elsewhere=ratio(frame["other_customers"] - frame["reviews"], others),
    )


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
