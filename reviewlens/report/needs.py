"""Needs: ranked, rising, over time, wished for, and by product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from reviewlens.report.charts import Trend, interval, shade, trend
from reviewlens.report.page import Page, Row
from reviewlens.report.quotes import Quote
from reviewlens.schemas import OTHER
from reviewlens.tables.stats import wilson

MOST_NEEDS, FIRST_NEEDS, MOST_TRENDS, MOST_RISING, MOST_WISHES = 20, 10, 12, 9, 9
MOST_CUES, MOST_QUOTES, QUOTES_PER_CUE, MOST_EARLIER = 4, 3, 2, 3
HEAT_THEMES, HEAT_PRODUCTS = 14, 10
MEASURES = ("mentions", "complaints", "phrase")  # the first one that rose is told
KINDS = ("complaint", "wish", "praise")


def needs(page: Page) -> Mapping[str, Any] | None:
    """Themes by opportunity: how many speak of each, with interval, and what they say."""
    ranked = page.themes.head(MOST_NEEDS)
    if ranked.empty:
        return None
    most, said = float(ranked["share_high"].max()), set[str]()
    rows: list[dict[str, Any]] = [
        {
            "label": row["label"],
            "opportunity": row.get("opportunity"),
            "reviews": int(row["reviews"]),
            "share": row["share"],
            "low": row["share_low"],
            "high": row["share_high"],
            "interval": interval(row["share_low"], row["share"], row["share_high"], most),
            "parts": [(kind, row[f"{kind}_share"]) for kind in KINDS],
            "trend": theme_trend(page, str(theme_id)),
            "card": page.cite_theme(str(theme_id), row),
            "quotes": page.evidence_of(str(theme_id), row),
        }
        for theme_id, row in ranked.iterrows()
    ]
    for row in rows:  # a clause may hold two needs
        row["quote"] = next((quote for quote in row["quotes"] if quote.text not in said), None)
        row["kind"] = row["quote"].kind if row["quote"] and row["quote"].kind in KINDS else "mention"
        said.add(row["quote"].text if row["quote"] else "")
    left = len(page.table("themes")) - len(rows)
    return {"first": rows[:FIRST_NEEDS], "rest": rows[FIRST_NEEDS:], "left": left, "kinds": KINDS}


def theme_trend(page: Page, theme_id: str) -> Trend | None:
    """Return the share of a theme over the newest periods; None where fewer than two of them have enough reviews."""
    recent = page.recent
    drawn = np.flatnonzero(recent["reviews"] >= page.enough) if len(recent) else np.array([], int)
    if len(drawn) < 2:
        return None
    said = page.spoken.get(theme_id, np.zeros(len(recent)))[drawn]
    n = recent["reviews"].to_numpy()[drawn]
    low, high = wilson(said, n)
    return trend(said / n, low, high, list(recent["partial"].iloc[drawn]), at=drawn / (len(recent) - 1))


def trends(page: Page) -> Mapping[str, Any] | None:
    """Small multiples: one picture for each theme."""
    pictures = [
        {"label": row["label"], "trend": theme_trend(page, str(theme_id)), "card": page.cite_theme(str(theme_id), row)}
        for theme_id, row in page.themes.head(MOST_TRENDS).iterrows()
    ]
    if not pictures or pictures[0]["trend"] is None:
        return None
    return {
        "pictures": pictures,
        "first": page.period(page.recent.index[0]),
        "last": page.period(page.recent.index[-1]),
        "enough": page.enough,
        "gaps": bool((page.recent["reviews"] < page.enough).any()),
    }


def rising(page: Page) -> Mapping[str, Any] | None:
    """What rose beyond chance, the newest and surest first: one row per theme and product, the earlier rises named."""
    alerts = page.table("alerts")
    if len(page.periods) < 2:
        return None
    words, rows, cells = page.words, dict[tuple[str, str], dict[str, Any]](), _cells_of(page, alerts)
    for key, told in alerts.groupby(["theme_id", "product_id", "period"], sort=False) if len(alerts) else ():
        theme_id, product_id = str(key[0]), str(key[1])
        first = told.sort_values("measure", key=lambda column: column.map(MEASURES.index), kind="stable").iloc[0]
        if (theme_id, product_id) in rows:
            rows[theme_id, product_id]["earlier"].append(page.period(key[2]))
            continue
        label = page.label(theme_id, first["label"])
        where = words.say("all_products") if product_id == "*" else page.product_names.get(product_id, product_id)
        number = words.say("n_of_m", n=int(first["reviews"]), m=int(first["reviews_in_all"]))
        rows[theme_id, product_id] = {
            "label": label,
            "where": where,
            "period": page.period(key[2]),
            "earlier": [],
            "first": first,
            "what": words.say(f"measure_{first['measure']}", cue=first["cue"]),
            "phrases": sorted({cue for cue in told["cue"] if cue})[:4],
            "card": page.evidence.cite(
                ("alert", *map(str, key)),
                f"{label} · {where}",
                number,
                _risen(page, first, told, cells.get((theme_id, key[2]), [])),
            ),
        }
    return {
        "rows": list(rows.values())[:MOST_RISING],
        "earlier": MOST_EARLIER,
        "left": max(0, len(rows) - MOST_RISING),
        "rate": page.config.false_discovery_rate,
    }


def _cells_of(page: Page, alerts: pd.DataFrame) -> dict[tuple[str, Any], list[dict[str, Any]]]:
    """Rows that quote what is said of the themes of alerts in their periods: those of products first, where most is."""
    rows: dict[tuple[str, Any], list[dict[str, Any]]] = {}
    for name in ("theme_by_product_period", "theme_by_period"):
        cells = page.table(name)
        if len(cells) and len(alerts):
            cells = cells.filter(regex="^(theme_id|product_id|period|reviews|quote_.*)$")
            cells = cells[cells["theme_id"].isin(alerts["theme_id"]) & cells["period"].isin(alerts["period"])]
            for row in cells.sort_values("reviews", ascending=False, kind="stable").to_dict("records"):
                rows.setdefault((row["theme_id"], row["period"]), []).append({str(k): v for k, v in row.items()})
    return rows


def _risen(page: Page, first: pd.Series, told: pd.DataFrame, cells: list[dict[str, Any]]) -> tuple[Quote, ...]:
    """Quotes of what rose: of its own period and with the phrase that rose in them; else those of the alerts."""
    own = [row for row in cells if first["product_id"] in ("*", row.get("product_id"))]
    quotes = [quote for row in own for quote in page.quotes(row)]
    quotes = [quote for quote in quotes if first["cue"] in quote.text.casefold()]
    bare = [Quote(quote, "", page.words.language_of(quote)) for quote in told["quote"] if isinstance(quote, str)]
    return tuple({quote.text: quote for quote in (quotes or bare)}.values())[:MOST_QUOTES]


def wishes(page: Page) -> Mapping[str, Any] | None:
    """What customers wish for, in their own words, by theme; the theme with most wishes first, what fits none last."""
    found = page.table("wishes")
    if found.empty:
        return None
    rows: list[dict[str, Any]] = []
    shown_before = set[str]()  # a clause may concern two needs
    for theme_id, told in found.groupby("theme_id", sort=False):
        cues = told.to_dict("records")
        quotes = [quote for row in cues for quote in page.quotes(row)[:QUOTES_PER_CUE]]
        quotes = list({q.text: q for q in quotes if q.text not in shown_before}.values())
        shown_before |= {quote.text for quote in quotes}
        rows.append(
            {
                "label": page.label(str(theme_id), told["label"].iloc[0]),
                "other": theme_id == OTHER,
                "wishes": int(told["reviews"].sum()),
                "cues": [(row["cue"], int(row["reviews"])) for row in cues if row["reviews"] > 1][:MOST_CUES],
                "quotes": _readable(page, quotes)[: 2 * MOST_QUOTES if theme_id == OTHER else MOST_QUOTES],
            }
        )
    rows.sort(key=lambda row: (-row["wishes"], row["label"]))
    themed, others = [row for row in rows if not row["other"]], [row for row in rows if row["other"]]
    shown = themed[: MOST_WISHES - len(others)] + others
    return {"rows": shown, "left": len(rows) - len(shown), "wishes": int(found["reviews"].sum())}


def _readable(page: Page, quotes: list[Quote]) -> list[Quote]:
    """Those in the reader's language first."""
    return sorted(quotes, key=lambda quote: quote.language != page.words.language)


def heatmap(page: Page) -> Mapping[str, Any] | None:
    """How each product fares in each theme: mean score as shade, reviews as number, evidence a click away."""
    cells, products = page.table("theme_by_product"), page.table("products")
    themes = page.themes.head(HEAT_THEMES)
    if cells.empty or themes.empty:
        return None
    shown = products.sort_values(["reviews", "product_id"], ascending=[False, True]).head(HEAT_PRODUCTS)["product_id"]
    kept = cells[cells["product_id"].isin(set(shown)) & cells["theme_id"].isin(set(themes.index))]
    by_key = {(row["theme_id"], row["product_id"]): row for row in kept.to_dict("records")}
    rows = [
        {
            "label": row["label"],
            "cells": [_cell(page, str(theme_id), product, by_key.get((theme_id, product))) for product in shown],
        }
        for theme_id, row in themes.iterrows()
    ]
    return {"products": [page.product_names[p] for p in shown], "rows": rows, "left": len(products) - len(shown)}


def _cell(page: Page, theme_id: str, product_id: str, row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "reviews": int(row["reviews"]),
        "score": row["score"],
        "shade": shade(row["score"]) if row["reviews"] >= page.config.min_reviews else 0,  # few reviews have no color
        "share": row["share"],
        "card": page.cite_cell(product_id, theme_id, row),
    }
