"""What changed, as one paragraph of facts, and the mood over time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from reviewlens.report.charts import columns
from reviewlens.report.intake import unlearned
from reviewlens.report.page import Page
from reviewlens.schemas import OTHER, POLARITIES
from reviewlens.tables.stats import change_p_value

MOST_NAMED = 3  # themes in one sentence
MANY = 0.05  # of the reviews
CHART_WIDTH, CHART_HEIGHT = 720.0, 120.0


class Fact(NamedTuple):
    """One sentence, and the place of its evidence on the page."""

    text: str
    anchor: str


def changes(page: Page) -> Mapping[str, Any] | None:
    """Facts on the whole, since the last run, and of the newest full period against the one before."""
    if not page.scored:
        return {
            "facts": [Fact(page.words.say("no_reviews"), "intake")],
            "columns": [],
            "legend": [],
            "width": 0,
            "height": 0,
        }
    facts = [*_whole(page), *_mood(page), *_languages(page), *_since_last_run(page), *_last_period(page), *_needs(page)]
    shown = page.recent
    counts = shown[list(POLARITIES)].astype(int).to_numpy().tolist() if len(shown) > 1 else []
    return {
        "facts": facts,
        "columns": columns(
            counts,
            POLARITIES,
            [_title(page, *row) for row in shown.iterrows()] if counts else [],
            width=CHART_WIDTH,
            height=CHART_HEIGHT,
        ),
        "legend": POLARITIES,
        "width": CHART_WIDTH,
        "height": CHART_HEIGHT,
        "tallest": int(shown["reviews"].max()) if counts else 0,
        "first": page.period(shown.index[0]) if counts else "",
        "last": page.period(shown.index[-1]) if counts else "",
    }


def _title(page: Page, start: object, row: pd.Series) -> str:
    words = page.words
    return words.say(
        "period_title", period=page.period(start), n=int(row["reviews"]), share=words.share(row["positive_share"])
    )


def _whole(page: Page) -> Iterator[Fact]:
    words, products = page.words, page.table("products")
    if len(products):
        first, last = words.day(products["first_review"].min()), words.day(products["last_review"].max())
        key = "whole_dated" if pd.notna(products["first_review"].min()) else "whole"
        yield Fact(words.say(key, n=page.scored, products=len(products), first=first, last=last), "products")
    else:
        yield Fact(words.say("whole_plain", n=page.scored), "intake")


def _mood(page: Page) -> Iterator[Fact]:
    """Shares of all reviews that count, whether or not they name a product or a date."""
    words, intake = page.words, page.table("intake").set_index("reason")
    n, good, bad = map(int, intake.loc["scored", ["reviews", "positive", "negative"]])
    told = {"good": good, "bad": bad, "good_share": words.share(good / n), "bad_share": words.share(bad / n)}
    yield Fact(words.say("mood_overall", n=n, **told), "products" if len(page.table("products")) else "intake")
    if abstained := int(intake.get("abstained", pd.Series()).get("scored", 0)):
        yield Fact(words.say("abstained", n=abstained, share=words.share(abstained / n)), "intake")


def _languages(page: Page) -> Iterator[Fact]:
    """Reviews in languages that the model was not trained on, where they are enough to bend the numbers."""
    if said := unlearned(page, least=MANY):
        yield Fact(said, "intake")


def _since_last_run(page: Page) -> Iterator[Fact]:
    if page.before is None:
        return
    intake = page.before["intake"].set_index("reason")["reviews"]
    new = page.scored - int(intake.get("scored", 0))
    key = "more_since" if new > 0 else "fewer_since" if new < 0 else "same_since"
    yield Fact(page.words.say(key, n=abs(new)), "intake")


def _last_period(page: Page) -> Iterator[Fact]:
    full = page.periods[~page.periods["partial"] & (page.periods["reviews"] >= page.enough)]
    if len(full) < 2:
        return
    words, then, now = page.words, full.iloc[-2], full.iloc[-1]
    p = float(change_p_value([now["positive"]], [now["reviews"]], [then["positive"]], [then["reviews"]])[0])
    change = now["positive_share"] - then["positive_share"]
    certain = p <= page.config.false_discovery_rate
    key = ("rose" if change > 0 else "fell") if certain else "steady"
    yield Fact(
        words.say(
            f"mood_{key}",
            period=page.period(full.index[-1]),
            n=int(now["reviews"]),
            share=words.share(now["positive_share"]),
            points=words.points(change),
            before=page.period(full.index[-2]),
            then=words.share(then["positive_share"]),
            chance=words.chance(p),
        ),
        "changes",
    )
    yield from _moves(page, full.index[-1])


def _moves(page: Page, period: object) -> Iterator[Fact]:
    """Themes whose share changed in the newest full period beyond what chance explains."""
    trends = page.table("theme_by_period")
    if "q_value" not in trends:
        return
    sure = trends[(trends["period"] == period) & (trends["q_value"] <= page.config.false_discovery_rate)]
    for key, moved in (("more_speak", sure[sure["change"] > 0]), ("fewer_speak", sure[sure["change"] < 0])):
        strongest = moved.sort_values(["q_value", "theme_id"]).head(MOST_NAMED)
        if len(strongest):
            named = [
                page.words.say(
                    "from_to",
                    label=page.label(row["theme_id"], row["label"]),
                    then=page.words.share(row["share_before"]),
                    now=page.words.share(row["share"]),
                )
                for _, row in strongest.iterrows()
            ]
            yield Fact(page.words.say(key, period=page.period(period), themes=page.words.listed(named)), "trends")


def _needs(page: Page) -> Iterator[Fact]:
    words = page.words
    yield from _newest_rise(page)
    if "opportunity" in page.themes and page.themes["opportunity"].notna().any():
        top = page.themes.iloc[0]
        unmet = top["complaint_share"] + top["wish_share"] > top["praise_share"]
        key, share = ("largest_need", "complaint_share") if unmet else ("largest_theme", "praise_share")
        yield Fact(words.say(key, label=top["label"], n=int(top["reviews"]), share=words.share(top[share])), "needs")
        complaints = (page.themes["complaint_share"] * page.themes["mentions"]).round()
        if not unmet and complaints.max() > 0:
            worst = page.themes.iloc[int(complaints.to_numpy().argmax())]
            n, m = int(complaints.max()), int(worst["mentions"])
            yield Fact(words.say("most_complaints", label=worst["label"], n=n, m=m), "needs")
    wishes = page.table("wishes")
    if len(wishes):
        by_theme = wishes.groupby(["theme_id", "label"], as_index=False)["reviews"].sum()
        named = by_theme[by_theme["theme_id"] != OTHER].sort_values(["reviews", "theme_id"], ascending=[False, True])
        key, most = ("top_wish", named.iloc[0]) if len(named) else ("wishes_are", by_theme.iloc[0])
        yield Fact(
            words.say(key, n=int(wishes["reviews"].sum()), label=most["label"], m=int(most["reviews"])), "wishes"
        )


def _newest_rise(page: Page) -> Iterator[Fact]:
    """The newest rise, the surest of its period, told of a product where one explains it."""
    alerts = page.table("alerts")
    if alerts.empty:
        return
    words, newest = page.words, alerts[alerts["period"] == alerts["period"].iloc[0]]
    told = newest[newest["measure"] != "phrase"]
    told = told[told["product_id"] != "*"] if (told["product_id"] != "*").any() else told
    top = (told if len(told) else newest).iloc[0]
    everywhere = top["product_id"] == "*"
    yield Fact(
        words.say(
            "rise_everywhere" if everywhere else "rise",
            label=page.label(top["theme_id"], top["label"]),
            period=page.period(top["period"]),
            product=page.product_names.get(top["product_id"], top["product_id"]),
            n=int(top["reviews_in_all"]),
            share=words.share(top["share"]),
            before=words.share(top["share_before"]),
            what=words.say(f"rise_{top['measure']}", cue=top["cue"]),
        ),
        "rising",
    )
