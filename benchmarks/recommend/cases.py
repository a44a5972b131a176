"""The two sets of interactions, each with the last interaction of every customer held out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reviewlens.recommend.evidence import without
from reviewlens.recommend.interactions import Interactions, read_interactions

FILES = {"steam": "steam_reviews_interactions.parquet", "instruments": "en_instruments_dump.parquet"}


@dataclass(frozen=True)
class Case:
    """What may be learned from, and the product that each customer took next."""

    name: str
    train: Interactions
    customers: NDArray[np.int64]
    target: NDArray[np.int64]
    tied: float  # share of customers whose held-out interaction shares its day with another of theirs
    evidence: pd.DataFrame | None


def load(name: str, folder: Path) -> tuple[Interactions, pd.DataFrame | None]:
    """Read interactions, and where there is text, the mentions in it by the bundled themes and classifier."""
    frame = pd.read_parquet(folder / FILES[name])
    if "text" not in frame:
        return read_interactions(frame), None
    frame["text"] = frame["title"].fillna("") + "\n" + frame["text"].fillna("")
    return read_interactions(frame), mentions(frame)


def mentions(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per mention: customer, product_id, theme_id, intent, quote."""
    from reviewlens import ThemeSet
    from reviewlens.text import normalize

    texts = [normalize(text) for text in frame["text"]]
    found = ThemeSet.load().match(texts)
    clause = zip(found["review"], found["start"], found["end"], strict=True)
    who = frame[["customer", "product_id"]].iloc[found["review"]].reset_index(drop=True)
    quotes = [texts[review][start:end] for review, start, end in clause]
    return who.assign(theme_id=found["theme_id"].to_numpy(), intent=found["intent"].to_numpy(), quote=quotes)


def hold_out(name: str, rows: Interactions, evidence: pd.DataFrame | None, *, validation: bool) -> Case:
    """Hold out the last interaction of each customer with two or more; for validation do so a second time.

    Interactions of one customer on the same day are ordered by a hash of customer and product.
    """
    case = _once(name, rows, evidence)
    return _once(name, case.train, case.evidence) if validation else case


def _once(name: str, rows: Interactions, evidence: pd.DataFrame | None) -> Case:
    held = rows.is_last()
    before = np.r_[
        False, (rows.customer[1:] == rows.customer[:-1]) & (np.floor(rows.day[1:]) == np.floor(rows.day[:-1]))
    ]
    said = None if evidence is None else without(evidence, rows, held)
    return Case(name, rows.take(~held), rows.customer[held], rows.product[held], float(before[held].mean()), said)


def replay(name: str, rows: Interactions, evidence: pd.DataFrame | None) -> Case:
    """Learn from the first 80% of all interactions; hold out the next one of each customer who was there before.

    Nothing that happened after the moment of the recommendation is known to any method. Products that are new after
    that moment are left out of the measure: no method can know them.
    """
    cut = float(np.quantile(np.floor(rows.day), 0.8))
    early = np.floor(rows.day) < cut
    train = rows.take(early)
    late = np.flatnonzero(~early)
    first = late[np.unique(rows.customer[late], return_index=True)[1]]
    there = np.isin(rows.customer[first], train.customer) & (train.popularity[rows.product[first]] > 0)
    held = first[there]
    said = None if evidence is None else without(evidence, rows, ~early)
    return Case(name, train, rows.customer[held], rows.product[held], float("nan"), said)
