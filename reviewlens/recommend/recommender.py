"""The recommender: signals, how much each counts, and the best products with a reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from reviewlens.errors import ConfigError, InputError
from reviewlens.recommend.evidence import Likeness, Needs, checked, documents, evidence_of
from reviewlens.recommend.interactions import Interactions, read_interactions
from reviewlens.recommend.reasons import Reasons
from reviewlens.recommend.signals import Companions, Floats, Trend, histories
from reviewlens.recommend.weights import learn_weights

if TYPE_CHECKING:
    from reviewlens.run import Run

COLUMNS = ("product_id", "score", "reason")
_CELLS = 2_000_000  # scores in memory at a time


class Answer(NamedTuple):
    """Products for one customer, best first."""

    product_id: list[str]
    score: list[float]
    reason: list[str]

    def to_frame(self) -> pd.DataFrame:
        """Return columns product_id, score, reason."""
        return pd.DataFrame(self._asdict(), columns=list(COLUMNS)).astype({"score": float})


@dataclass
class Recommender:
    """Recommends products to customers from what they and others took, and from what reviews say.

    Make one with `Recommender.fit`. Equal input gives equal answers; equal scores are ordered by product id.
    """

    interactions: Interactions
    companions: Companions
    trend: Trend
    likeness: Likeness | None = None
    needs: Needs | None = None
    weights: dict[str, float] = field(default_factory=dict)
    alias: Callable[[str], str] | None = None

    @classmethod
    def fit(
        cls,
        interactions: pd.DataFrame | str | os.PathLike[str] | None = None,
        *,
        run: Run | None = None,
        evidence: pd.DataFrame | None = None,
    ) -> Recommender:
        """Learn from interactions; without them the reviews of `run` are the interactions.

        `interactions`: columns customer, product_id, created_at, and recommended, rating, score or polarity if there;
        a column text lets products be compared by their reviews. `run` adds what its reviews say of products and
        customers; the customers of the interactions are then hashed with the key of the run. `evidence` stands in for
        a run: one row per mention with customer, product_id, theme_id, intent, quote. Who and what occurs in reviews
        alone is known too: a product that nobody took yet is recommended by what is said of it.

        Raises `ColumnError`, `InputNotFoundError`, or `InputError` where nothing can be used.
        """
        alias = None
        if run is not None:
            evidence = evidence_of(run) if evidence is None else evidence
            if interactions is None:
                scored = run.scored.to_table(columns=["customer", "product_id", "created_at", "score"]).to_pandas()
                interactions = scored.assign(score=scored["score"] / 10_000)
            else:
                alias = _hasher(run)
        if interactions is None:
            raise InputError("nothing to learn from", where="Recommender.fit", hint="give interactions, a run, or both")
        known: dict[str, list[str]] = {}
        if evidence is not None:
            checked(evidence)
            known["customers"] = evidence["customer"].dropna().astype(str).unique().tolist()
            known["products"] = evidence["product_id"].dropna().astype(str).unique().tolist()
        model = cls.learn(read_interactions(interactions, alias=alias, **known), evidence)
        model.alias = alias if alias is not None else (_hasher(run) if run is not None else None)
        return model

    @classmethod
    def learn(cls, rows: Interactions, evidence: pd.DataFrame | None = None, *, off: Sequence[str] = ()) -> Recommender:
        """Learn from interactions that are read already; signals named in `off` are left out of account."""
        model = cls._signals(rows, evidence)
        model.weights = learn_weights(rows, evidence, cls._signals, off=off)
        return model

    @classmethod
    def _signals(cls, rows: Interactions, evidence: pd.DataFrame | None) -> Recommender:
        likeness = Likeness.fit(documents(rows, evidence)) if rows.text is not None or evidence is not None else None
        needs = None if evidence is None else Needs.fit(rows, evidence)
        return cls(rows, Companions.fit(rows), Trend.fit(rows), likeness, needs)

    def recommend(
        self, *, customer: str, k: int = 10, at: str | pd.Timestamp | None = None, needs: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Return the `k` best products for a customer that they do not have yet, best first.

        `at` is the moment of which the trend speaks; without it the end of the data. With `needs` the products that do
        best in these themes come first; without them a customer who is unknown gets what is in demand. Columns
        product_id, score (larger is better, comparable within one answer), reason. Fewer rows where fewer products are
        left.
        """
        _positive(k)
        place = self._place(str(customer))
        if place is None or needs:
            return self._asked_for(k, at, needs, place)
        return next(self._answers(np.array([place]), k, at)).to_frame()

    def similar(self, product_id: str, *, k: int = 10) -> pd.DataFrame:
        """Return the `k` products most alike: taken by the same customers, spoken of in the same words.

        Columns product_id, score, reason. Products with nothing in common are left out. Raises `InputError` for an
        unknown product.
        """
        _positive(k)
        known = self.interactions.products
        place = int(np.searchsorted(known, str(product_id)))
        if place == len(known) or known[place] != str(product_id):
            raise InputError(f"unknown product {product_id!r}", where="interactions", hint="name one in them")
        score = self.companions.cosine(place)
        if self.likeness is not None:
            score = score + self.likeness.between(np.array([place]))[0]
        best = [i for i in _best(score, k) if score[i] > 0]
        return _answer(known, best, score, [self._reasons.for_similar(place, i) for i in best]).to_frame()

    def recommend_each(self, *, k: int = 10, at: str | pd.Timestamp | None = None) -> Iterator[tuple[str, Answer]]:
        """Yield every customer and their answer, in order of customer, with bounded memory."""
        _positive(k)
        n_customers, n_products = self.interactions.shape
        step = max(1, _CELLS // n_products)
        for start in range(0, n_customers, step):
            block = np.arange(start, min(start + step, n_customers))
            yield from zip(map(str, self.interactions.customers[block]), self._answers(block, k, at), strict=True)

    def scores(self, customers: NDArray[np.int64], at: Floats) -> dict[str, Floats]:
        """Return each signal for customers (b,), unweighted: arrays of shape (b, n_products)."""
        history = self._history[customers]
        found = {signal.name: signal.score(history, at) for signal in (self.companions, self.trend)}
        if self.likeness is not None:
            found[self.likeness.name] = self.likeness.score(history, at)
        if self.needs is not None:
            found[self.needs.name] = self.needs.score(customers)
        return found

    @cached_property
    def _history(self) -> sparse.csr_matrix:
        return histories(self.interactions)

    @cached_property
    def _reasons(self) -> Reasons:
        return Reasons(self)

    def _place(self, customer: str) -> int | None:
        known = self.interactions.customers
        for name in (customer, *([self.alias(customer)] if self.alias is not None else [])):
            place = int(np.searchsorted(known, name))
            if place < len(known) and known[place] == name:
                return place
        return None

    def _moment(self, at: str | pd.Timestamp | None) -> float:
        return float(self.interactions.day.max()) if at is None else _day(at)

    def _answers(self, customers: NDArray[np.int64], k: int, at: str | pd.Timestamp | None) -> Iterator[Answer]:
        moments = np.full(len(customers), self._moment(at))
        parts = self.scores(customers, moments)
        total = self.combined(parts)
        taken = self._history[customers]
        for row, customer in enumerate(customers):
            own = slice(taken.indptr[row], taken.indptr[row + 1])
            had = taken.indices[own]
            total[row, had] = -np.inf
            best = _best(total[row], k)
            weighted = {name: self.weights[name] * part[row, best] for name, part in parts.items()}
            said = self._reasons.for_customer(int(customer), had, taken.data[own], moments[row], best, weighted)
            yield _answer(self.interactions.products, best, total[row], said)

    def combined(self, parts: dict[str, Floats]) -> Floats:
        """Return the weighted sum of the signals, shape (b, n_products)."""
        return np.asarray(sum(self.weights[name] * part for name, part in parts.items()))

    def _asked_for(
        self, k: int, at: str | pd.Timestamp | None, needs: Sequence[str], customer: int | None
    ) -> pd.DataFrame:
        """Answer by what does best in `needs` and what is in demand, whoever asks; nothing that the customer has."""
        moment = np.array([self._moment(at)])
        score = self.trend.score(self._history[:0], moment)[0]
        cares = self._cares(needs) if needs else None
        if cares is not None:
            assert self.needs is not None
            # what is in demand decides among products that meet the needs equally well
            score = self.needs.met(cares) + 1e-6 * score
        if customer is not None:
            score[self._history[[customer]].indices] = -np.inf
        best = _best(score, k)
        praise = (
            [""] * len(best) if cares is None else [self._reasons.praise_of(cares, i, "you care for") for i in best]
        )
        reasons = [said or self._reasons.for_trend(i, moment[0]) for said, i in zip(praise, best, strict=True)]
        return _answer(self.interactions.products, best, score, reasons).to_frame()

    def _cares(self, needs: Sequence[str]) -> Floats:
        if isinstance(needs, str):
            raise ConfigError(f"needs is a text, {needs!r}", where="needs", hint=f"give a list: needs=[{needs!r}]")
        known = [] if self.needs is None else self.needs.themes
        unknown = [theme for theme in needs if theme not in known]
        if unknown:
            hint = f"known: {', '.join(known)}" if known else "fit with a run that has themes"
            raise ConfigError(f"unknown theme {', '.join(map(repr, unknown))}", where="needs", hint=hint)
        return np.array([float(theme in needs) for theme in known]) / len(set(needs))

    def __repr__(self) -> str:
        n_customers, n_products = self.interactions.shape
        weights = ", ".join(f"{name} {weight:g}" for name, weight in self.weights.items())
        size = f"{len(self.interactions):,} interactions, {n_customers:,} customers, {n_products:,} products"
        return f"<Recommender: {size}; {weights}>"


def _best(score: Floats, k: int) -> list[int]:
    """Return the positions of the `k` largest finite scores; products are sorted, so ties go by product id."""
    # a rounded score keeps the order the same where sums differ in their last bits
    loss = -np.round(score, 12)
    k = min(k, int(np.isfinite(loss).sum()))
    if k == 0:
        return []
    near = np.flatnonzero(loss <= np.partition(loss, k - 1)[k - 1])
    return [int(i) for i in near[np.argsort(loss[near], kind="stable")][:k]]


def _answer(products: NDArray[np.str_], best: list[int], score: Floats, reasons: list[str]) -> Answer:
    return Answer(products[best].tolist(), np.round(score[best], 12).tolist(), reasons)


def _positive(k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise ConfigError(
            f"k must be at least 1 and a whole number, not {k!r}", where="k", hint="ask for one product or more"
        )


def _day(at: str | pd.Timestamp) -> float:
    try:
        moment = pd.Timestamp(at)
    except ValueError:
        raise ConfigError(f"{at!r} is not a time", where="at", hint="write it like 2024-05-31") from None
    if pd.isna(moment):
        raise ConfigError("the time is missing", where="at", hint="write it like 2024-05-31")
    moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment
    return float((moment - pd.Timestamp("1970-01-01", tz="UTC")).total_seconds() / 86_400)


def _hasher(run: Run) -> Callable[[str], str]:
    from reviewlens.privacy import hash_customer

    key = run.store.customer_key()
    return lambda customer: hash_customer(customer, key)
