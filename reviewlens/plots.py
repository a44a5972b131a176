"""Figures of a run for notebooks: each method returns matplotlib axes, to be styled and saved as one likes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reviewlens.errors import InputError, MissingDependencyError
from reviewlens.schemas import OTHER, POLARITIES
from reviewlens.tables.stats import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from reviewlens.run import Run

COLORS = {"negative": "#c4512d", "neutral": "#b9bdc6", "mixed": "#b08a2e", "positive": "#1f7a8c"}
ACCENT = "#2458a6"
CJK_FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "SimHei")


class Plot:
    """Figures of one run. Needs the extra `plots`: `pip install 'reviewlens[plots]'`."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._min_reviews = int(run.manifest["config"]["min_reviews"])

    def themes(self, *, top: int = 12, ax: Axes | None = None) -> Axes:
        """Share of reviews that speak of each theme with its 95% interval, colored by the mean score."""
        rows = self._ranked("themes", "theme_id").head(top).iloc[::-1]
        axes = _axes(ax, height=0.35 * len(rows) + 1.2)
        spread = [rows["share"] - rows["share_low"], rows["share_high"] - rows["share"]]
        names = [_readable(label, key) for label, key in zip(rows["label"], rows["theme_id"], strict=True)]
        axes.barh(names, rows["share"], xerr=spread, color=_shades(rows["score"]), ecolor="#333", capsize=2)
        axes.set_xlabel("share of reviews, 95% interval; color: mean score")
        return _percent(axes, "x")

    def trend(self, theme_id: str, *, product_id: str | None = None, ax: Axes | None = None) -> Axes:
        """Share of reviews that speak of a theme in each period, with its 95% interval; of one product if given.

        Raises `InputError` for a theme or product that the run does not have.
        """
        tables = self._run.tables
        if product_id is None:
            cells, every = tables["theme_by_period"], tables["periods"].filter(["period", "reviews"])
        else:
            by_product = tables["theme_by_product_period"]
            cells = by_product[by_product["product_id"] == product_id]
            sizes = cells.drop_duplicates("period").sort_values("period")
            every = pd.DataFrame({"period": sizes["period"], "reviews": sizes["reviews_in_all"]})
        own = cells[cells["theme_id"] == theme_id]
        if own.empty:
            known = ", ".join(sorted(set(cells["theme_id"]))) or "none: no review has a date"
            raise InputError(
                f"no mention of {theme_id!r} over time", where=str(product_id or ""), hint=f"themes here: {known}"
            )
        said = own.set_index("period")["reviews"].reindex(every["period"]).fillna(0).to_numpy()
        low, high = wilson(said, every["reviews"])
        axes = _axes(ax, height=3.2)
        days = pd.to_datetime(every["period"])
        axes.fill_between(days, low, high, color=ACCENT, alpha=0.15, linewidth=0)
        axes.plot(days, said / every["reviews"].to_numpy(), color=ACCENT, marker="o", markersize=4)
        label = _readable(str(own["label"].iloc[0]), theme_id)
        axes.set_title(label if product_id is None else f"{label} · {product_id}", loc="left")
        axes.set_ylabel("share of reviews")
        axes.set_ylim(bottom=0)
        axes.figure.autofmt_xdate()
        return _percent(axes, "y")

    def mood(self, *, ax: Axes | None = None) -> Axes:
        """Reviews per period by polarity."""
        periods = self._run.tables["periods"]
        axes, floor = _axes(ax, height=3.2), np.zeros(len(periods))
        days = [f"{day:%Y-%m-%d}" for day in pd.to_datetime(periods["period"])]
        for polarity in POLARITIES:
            counts = periods[polarity].to_numpy(dtype=float)
            axes.bar(days, counts, bottom=floor, color=COLORS[polarity], label=polarity)
            floor = floor + counts
        axes.set_ylabel("reviews")
        axes.legend(frameon=False, ncols=4, loc="upper left", bbox_to_anchor=(0, 1.15))
        axes.figure.autofmt_xdate()
        return axes

    def products(self, *, top: int = 20, ax: Axes | None = None) -> Axes:
        """Share of positive reviews of each product with its 95% interval, the most cautious ranking first."""
        products = self._run.tables["products"]
        enough = products[products["reviews"] >= self._min_reviews]
        rows = enough.sort_values(["positive_low", "product_id"], ascending=[False, True]).head(top).iloc[::-1]
        names = [
            _readable(str(n), i)
            for n, i in zip(rows["product_name"].fillna(rows["product_id"]), rows["product_id"], strict=True)
        ]
        axes = _axes(ax, height=0.35 * len(rows) + 1.2)
        axes.hlines(names, rows["positive_low"], rows["positive_high"], color="#999", linewidth=4)
        axes.plot(rows["positive_share"], names, "o", color=ACCENT)
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of positive reviews, 95% interval")
        return _percent(axes, "x")

    def heatmap(self, *, themes: int = 14, products: int = 12, ax: Axes | None = None) -> Axes:
        """Mean score of each theme in each product, with the number of reviews; cells of few reviews stay white."""
        top = self._ranked("themes", "theme_id").head(themes)
        shown = (
            self._run.tables["products"].sort_values(["reviews", "product_id"], ascending=[False, True]).head(products)
        )
        cells = self._run.tables["theme_by_product"]

        def grid(values: str) -> pd.DataFrame:
            wide = cells.pivot(index="theme_id", columns="product_id", values=values)
            return wide.reindex(index=list(top["theme_id"]), columns=list(shown["product_id"]))

        score, count = grid("score"), grid("reviews")
        axes = _axes(ax, height=0.38 * len(top) + 1.8)
        axes.imshow(score.where(count >= self._min_reviews), cmap=_colormap(), vmin=-1, vmax=1, aspect="auto")
        axes.set_yticks(range(len(top)), [_readable(a, b) for a, b in zip(top["label"], top["theme_id"], strict=True)])
        axes.set_xticks(range(len(shown)), list(shown["product_id"]), rotation=45, ha="right")
        for (i, j), n in np.ndenumerate(count.to_numpy()):
            if not np.isnan(n):
                axes.text(j, i, f"{int(n)}", ha="center", va="center", fontsize=8)
        axes.set_title("mean score (color) and reviews (number)", loc="left")
        return axes

    def _ranked(self, table: str, key: str) -> pd.DataFrame:
        rows = self._run.tables[table]
        rows = rows[(rows[key] != OTHER) & (rows["reviews"] >= self._min_reviews)]
        return rows.sort_values(["opportunity", key], ascending=[False, True])


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingDependencyError("figures need matplotlib", hint="pip install 'reviewlens[plots]'") from error
    return plt


def _axes(ax: Axes | None, *, height: float) -> Axes:
    if ax is None:
        _, ax = _pyplot().subplots(figsize=(8, height), layout="constrained")
    assert ax is not None
    fonts = _cjk_fonts()
    ax.spines[["top", "right"]].set_visible(False)
    if fonts:
        _pyplot().rcParams["font.family"] = ["DejaVu Sans", *fonts]
    return ax


@cache
def _cjk_fonts() -> tuple[str, ...]:
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return tuple(name for name in CJK_FONTS if name in there)


def _readable(name: str, key: str) -> str:
    """Return the name, or the key where no font here can draw the name."""
    return key if any(c > "\u2e80" for c in name) and not _cjk_fonts() else name


def _colormap() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("score", [COLORS["negative"], "#f4f2ec", COLORS["positive"]])


def _shades(score: pd.Series) -> Any:
    return _colormap()((score.to_numpy(dtype=float) + 1) / 2)


def _percent(axes: Axes, which: str) -> Axes:
    from matplotlib.ticker import PercentFormatter

    (axes.xaxis if which == "x" else axes.yaxis).set_major_formatter(PercentFormatter(1, decimals=0))
    return axes
