"""The recommender, whole and without one of its parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.recommend.cases import Case
from benchmarks.recommend.opponents import Scores
from reviewlens.recommend import Recommender
from reviewlens.recommend.interactions import Interactions

OURS = "reviewlens"
OWN_TIME = "trend at the customer's own last interaction"
Change = Callable[[Interactions, pd.DataFrame | None], tuple[Interactions, pd.DataFrame | None]]


class Variant(NamedTuple):
    """A way to fit: what is changed in the data, and which signals are switched off."""

    change: Change = lambda rows, evidence: (rows, evidence)
    off: tuple[str, ...] = ()
    own_time: bool = False  # the trend of the customer's last interaction instead of the end of the data
    needs_text: bool = False

    def build(self, case: Case) -> tuple[Scores, dict[str, float]]:
        """Return the scores of a recommender fitted on the training part, and its weights."""
        rows, evidence = self.change(case.train, case.evidence)
        model = Recommender.learn(rows, evidence, off=self.off)
        when = rows.last_day if self.own_time else np.full(rows.shape[0], rows.day.max())
        return lambda customers: model.combined(model.scores(customers, when[customers])), model.weights


def _no_polarity(rows: Interactions, evidence: pd.DataFrame | None) -> tuple[Interactions, pd.DataFrame | None]:
    if evidence is not None:
        evidence = evidence.assign(intent="statement")
    return replace(rows, opinion=np.ones(len(rows))), evidence


def _no_text(rows: Interactions, evidence: pd.DataFrame | None) -> tuple[Interactions, pd.DataFrame | None]:
    return replace(rows, text=None), evidence


def _no_evidence(rows: Interactions, evidence: pd.DataFrame | None) -> tuple[Interactions, pd.DataFrame | None]:
    return rows, None


def _interactions_alone(rows: Interactions, evidence: pd.DataFrame | None) -> tuple[Interactions, pd.DataFrame | None]:
    return replace(rows, text=None), None


VARIANTS = {
    OURS: Variant(),
    "without polarity": Variant(_no_polarity),
    "without trend": Variant(off=("trend",)),
    OWN_TIME: Variant(own_time=True),
    "without themes (text only)": Variant(_no_evidence, needs_text=True),
    "with the run's evidence only (no texts)": Variant(_no_text, needs_text=True),
    "without likeness": Variant(off=("likeness",), needs_text=True),
    "interactions alone": Variant(_interactions_alone, needs_text=True),
}
