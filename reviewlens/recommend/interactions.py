"""Who took which product, when, and liked it or not: read, checked and put into a total order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from reviewlens.errors import ColumnError, InputError, InputNotFoundError
from reviewlens.read.stars import likely_scale

REQUIRED = ("customer", "product_id", "created_at")
OPINION = ("recommended", "rating", "score", "polarity")
_POLARITY = {"negative": -1.0, "neutral": 0.0, "mixed": 0.0, "positive": 1.0}
_DAY = 86_400.0
LONG_AGO = 100_000.0  # days before the first interaction: where one without a time is put


@dataclass(frozen=True)
class Interactions:
    """One row per customer and product, ordered by customer, then time.

    `customers` and `products` are sorted and unique; `customer` and `product` of shape (n,) are positions in them;
    `day` (n,) counts days since 1970 with fractions; `opinion` (n,) is in [-1, 1], and 1 where none was given;
    `text` (n,) holds review texts, or is None.
    """

    customers: NDArray[np.str_]
    products: NDArray[np.str_]
    customer: NDArray[np.int64]
    product: NDArray[np.int64]
    day: NDArray[np.float64]
    opinion: NDArray[np.float64]
    text: NDArray[np.object_] | None = None
    skipped: int = 0

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def shape(self) -> tuple[int, int]:
        """Customers and products."""
        return len(self.customers), len(self.products)

    @property
    def popularity(self) -> NDArray[np.float64]:
        """Interactions per product, shape (n_products,)."""
        return np.bincount(self.product, minlength=len(self.products)).astype(np.float64)

    @property
    def last_day(self) -> NDArray[np.float64]:
        """Day of each customer's last interaction, shape (n_customers,); the last day of all where there is none."""
        last = np.full(len(self.customers), self.day.max())
        last[self.customer] = self.day  # rows are in order of time, so the last assignment stays
        return last

    def matrix(self, values: NDArray[np.float64] | None = None) -> sparse.csr_matrix:
        """Return `values`, else ones, as a sparse matrix of shape (n_customers, n_products)."""
        data = np.ones(len(self)) if values is None else values
        return sparse.csr_matrix((data, (self.customer, self.product)), shape=self.shape)

    def take(self, keep: NDArray[np.bool_]) -> Interactions:
        """Return the rows where `keep` is true; customers and products stay the same."""
        text = None if self.text is None else self.text[keep]
        columns = (self.customer[keep], self.product[keep], self.day[keep], self.opinion[keep])
        return Interactions(self.customers, self.products, *columns, text, self.skipped)

    def is_last(self, at_least: int = 2) -> NDArray[np.bool_]:
        """Tell the last row of each customer who has `at_least` so many rows."""
        counts = np.bincount(self.customer, minlength=len(self.customers))
        ends = np.r_[self.customer[1:] != self.customer[:-1], True]
        return np.asarray(ends & (counts[self.customer] >= at_least))


def read_interactions(
    data: pd.DataFrame | str | os.PathLike[str],
    *,
    alias: Callable[[str], str] | None = None,
    customers: Iterable[str] = (),
    products: Iterable[str] = (),
) -> Interactions:
    """Read interactions from a DataFrame or a Parquet file or folder.

    Columns: `customer`, `product_id`, `created_at`, and, where there, one of `recommended` (bool), `rating`,
    `score` (-1 to 1), `polarity`; `text` is used to compare products. Rows without a customer or product are skipped
    and counted; one without a time is older than all others, and counts for no trend. Of several rows for one customer
    and product the latest counts. Rows of one customer at the same time are ordered by a hash of customer and product,
    which favors no product. `alias` renames the customers; `customers` and `products` are known ones that may have no
    interaction.

    Raises `InputNotFoundError`, `ColumnError`, or `InputError` where no row can be used.
    """
    frame, where = (data, "interactions") if isinstance(data, pd.DataFrame) else (_load(Path(data)), str(data))
    missing = [name for name in REQUIRED if name not in frame]
    if missing:
        known = ", ".join(map(str, frame.columns)) or "none"
        hint = f"rename the columns to {', '.join(REQUIRED)}; found: {known}"
        raise ColumnError(f"missing column {', '.join(missing)}", where=where, hint=hint)
    opinion = next((name for name in OPINION if name in frame), None)
    columns = {name: _names(frame[name]) for name in ("customer", "product_id")}
    if alias is not None:
        columns["customer"] = columns["customer"].map(alias, na_action="ignore")
    columns["when"] = _days(frame["created_at"], where)
    columns["opinion"] = _opinion(frame[opinion], opinion, where) if opinion else pd.Series(1.0, index=frame.index)
    if "text" in frame:
        columns["text"] = frame["text"].astype(object).where(frame["text"].notna(), "")
    rows = pd.DataFrame({name: column.to_numpy() for name, column in columns.items()})
    usable = rows.dropna(subset=["customer", "product_id"])
    if usable["when"].notna().any():  # what has no time is had all the same, and in demand at no time
        usable = usable.assign(when=usable["when"].fillna(usable["when"].min() - LONG_AGO))
    else:
        usable = usable.iloc[:0]
    if usable.empty:
        what = "no interaction has a customer, a product and a time"
        raise InputError(what, where=f"{where}, {len(rows)} rows", hint="give at least one")
    return _ordered(usable, list(customers), list(products), skipped=len(rows) - len(usable))


def _ordered(rows: pd.DataFrame, known: list[str], offered: list[str], *, skipped: int) -> Interactions:
    pair = rows["customer"].astype(str) + "\x1f" + rows["product_id"].astype(str)
    rows = rows.assign(tie=pd.util.hash_array(pair.to_numpy(dtype=object), categorize=False))
    # opinion and text make the order total where a pair is given twice at one time
    total = ["customer", "when", "tie", "opinion", *(["text"] if "text" in rows else [])]
    rows = rows.sort_values(total).drop_duplicates(["customer", "product_id"], keep="last")
    customers, customer = _coded(rows["customer"], known)
    products, product = _coded(rows["product_id"], offered)
    text = rows["text"].to_numpy(dtype=object) if "text" in rows else None
    day, opinion = rows["when"].to_numpy(dtype=np.float64), rows["opinion"].to_numpy(dtype=np.float64)
    return Interactions(customers, products, customer, product, day, opinion, text, skipped)


def _coded(names: pd.Series, more: list[str]) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    own = names.to_numpy(dtype=str)
    known = np.unique(np.concatenate([own, np.array(more, dtype=str)]) if more else own)
    return known, np.searchsorted(known, own)


def _load(path: Path) -> pd.DataFrame:
    if not path.exists():
        raise InputNotFoundError("no interactions are here", where=str(path), hint="name a Parquet file")
    try:
        return pd.read_parquet(path)
    except Exception as error:  # pyarrow raises many kinds for a damaged file
        what = f"the interactions cannot be read as Parquet: {error}"
        raise InputError(what, where=str(path), hint="write them again") from error


def _names(column: pd.Series) -> pd.Series:
    named = column.astype(object).where(column.notna(), None)
    return named.map(lambda value: None if value is None or str(value) == "" else str(value)).astype(object)


def _days(column: pd.Series, where: str) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        hint = "convert it: pd.to_datetime(column, unit='s')"
        raise ColumnError("created_at holds numbers, not times", where=where, hint=hint)
    times = pd.to_datetime(column, errors="coerce", utc=True, format=None if column.dtype != object else "mixed")
    return (times - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds() / _DAY


def _opinion(column: pd.Series, name: str, where: str) -> pd.Series:
    """Return opinions in [-1, 1]; a missing one counts as neutral."""
    if name == "polarity":
        return column.map(_POLARITY).astype(float).fillna(0.0)
    values = pd.to_numeric(column, errors="coerce").astype(float)
    if values.isna().all() and column.notna().any():
        raise ColumnError(f"{name} holds no numbers", where=where, hint="give true/false, stars or scores")
    if name == "recommended":
        values = values * 2 - 1
    elif name == "rating":
        top = likely_scale(values.to_numpy())
        values = values.where(values <= top)  # what is off the scale says nothing
        values = (values - (top + 1) / 2) / ((top - 1) / 2)
    return values.clip(-1, 1).fillna(0.0)
