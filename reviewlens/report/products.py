"""Products: the worst and the best, each with its reasons; and reviews whose stars and words disagree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reviewlens.report.charts import interval
from reviewlens.report.page import Page
from reviewlens.report.quotes import Quote

MOST_PRODUCTS, MOST_REASONS, MOST_DISAGREEMENTS = 5, 3, 6


def products(page: Page) -> Mapping[str, Any] | None:
    """The products that are worst and best beyond doubt: ranked by the end of their interval, not by its middle."""
    found, (worst, best) = page.table("products"), worst_and_best(page)
    if best.empty:
        return None
    sides = [("worst", worst, "complaint"), ("best", best, "praise")]
    return {
        "sides": [
            (side, [_product(page, row, kind) for _, row in rows.iterrows()]) for side, rows, kind in sides if len(rows)
        ],
        "left": len(found) - len(worst) - len(best),
    }


def worst_and_best(page: Page) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the products that are worst and best; both empty where none has enough reviews."""
    found = page.table("products")
    enough = found[found["reviews"] >= page.config.min_reviews] if len(found) else found
    if enough.empty:
        return enough, enough
    per_side = min(MOST_PRODUCTS, max(len(enough) // 3, min(len(enough) // 2, 1)))
    worst = enough.sort_values(["positive_high", "product_id"]).head(per_side)
    best = enough.sort_values(["positive_low", "product_id"], ascending=[False, True]).head(per_side or 1)
    return worst, best[~best["product_id"].isin(worst["product_id"])]


def _product(page: Page, row: pd.Series, kind: str) -> dict[str, Any]:
    return {
        "id": row["product_id"],
        "name": page.product_names[row["product_id"]],
        "reviews": int(row["reviews"]),
        "share": row["positive_share"],
        "low": row["positive_low"],
        "high": row["positive_high"],
        "rating": row["rating"],
        "interval": interval(row["positive_low"], row["positive_share"], row["positive_high"], 1.0),
        "reasons": _reasons(page, row["product_id"], kind),
    }


def _reasons(page: Page, product_id: str, kind: str) -> list[dict[str, Any]]:
    """The themes that most clauses about a product complain of or praise, where more than half of them do."""
    cells = page.table("theme_by_product")
    own = cells[(cells["product_id"] == product_id) & (cells[f"{kind}_share"] > 0.5)] if len(cells) else cells
    counted = own.assign(n=(own[f"{kind}_share"] * own["mentions"]).round().astype(int)) if len(own) else own
    if counted.empty:
        return []
    leading = counted[counted["n"] > 1].sort_values(["n", "theme_id"], ascending=[False, True]).head(MOST_REASONS)
    return [
        {
            "label": page.label(row["theme_id"], row["label"]),
            "n": int(row["n"]),
            "mentions": int(row["mentions"]),
            "kind": kind,
            "quote": next((quote for quote in page.quotes(row) if quote.kind == kind), None),
            "card": page.cite_cell(product_id, row["theme_id"], row),
        }
        for _, row in leading.iterrows()
    ]


def disagreements(page: Page) -> Mapping[str, Any] | None:
    """Reviews whose stars say one thing and whose words another, the widest gaps first."""
    found = page.table("mismatches")
    if found.empty:
        return None
    quoted = found[found["quote"].notna()].drop_duplicates("quote").head(MOST_DISAGREEMENTS)
    rows = [
        {
            "review_id": row["review_id"],
            "product": page.product_names.get(row["product_id"], ""),
            "rating": row["rating"],
            "stars": row["stars"],
            "quote": Quote(row["quote"], row["review_id"], page.words.language_of(row["quote"])),
        }
        for _, row in quoted.iterrows()
    ]
    rated = int(page.table("products")["rated"].sum()) if len(page.table("products")) else 0
    return {"rows": rows, "n": int(found["reviews"].sum()), "rated": rated} if rows else None
