"""What reviews say of products, as signals: alike in words, and strong where the customer cares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from reviewlens.errors import ColumnError
from reviewlens.recommend.interactions import Interactions
from reviewlens.recommend.signals import Floats
from reviewlens.tables.stats import wilson

if TYPE_CHECKING:
    from reviewlens.run import Run

EVIDENCE = ("customer", "product_id", "theme_id", "intent", "quote")
TOPICS = 200  # dimensions in which products are compared
CONTRAST = 2.0  # power of the cosine: only close products are alike
_HAN = re.compile("[\u3400-\u9fff]")
_RUN = re.compile(r"[\u3400-\u9fff]{2,}|[^\W_\u3400-\u9fff]{2,}")
_CELLS = 2_000_000  # likenesses in memory at a time
PRIOR = 10.0  # mentions by which a product's share of praise is pulled to that of all products


def evidence_of(run: Run) -> pd.DataFrame:
    """Return the mentions of a run with customer (hashed) and product: columns `EVIDENCE`."""
    key = ["part", "row"]
    who = run.scored.to_table(columns=[*key, "customer", "product_id"]).to_pandas()
    said = run.mentions.to_table(columns=[*key, "theme_id", "intent", "quote"]).to_pandas()
    both: pd.DataFrame = said.merge(who, on=key)
    return both[list(EVIDENCE)]


def checked(evidence: pd.DataFrame) -> pd.DataFrame:
    """Return `evidence` if it has the columns that are needed; raise `ColumnError` if not."""
    missing = [name for name in EVIDENCE if name not in evidence]
    if missing:
        raise ColumnError(f"missing column {', '.join(missing)}", where="evidence", hint=f"give {', '.join(EVIDENCE)}")
    return evidence


def without(evidence: pd.DataFrame, interactions: Interactions, rows: NDArray[np.bool_]) -> pd.DataFrame:
    """Leave out what customers said of the products of these rows: it would betray what they took."""
    left = pd.MultiIndex.from_arrays(
        [interactions.customers[interactions.customer[rows]], interactions.products[interactions.product[rows]]]
    )
    said = pd.MultiIndex.from_arrays([evidence["customer"].astype(str), evidence["product_id"].astype(str)])
    return evidence[~said.isin(left)]


def documents(interactions: Interactions, evidence: pd.DataFrame | None) -> list[str]:
    """Return all that is said of each product, in the order of `interactions.products`: texts, else quotes."""
    said: list[list[str]] = [[] for _ in interactions.products]
    if interactions.text is not None:
        for product, text in zip(interactions.product, interactions.text, strict=True):
            said[product].append(str(text))
    elif evidence is not None:
        place = {name: i for i, name in enumerate(interactions.products)}
        quotes = evidence.dropna(subset=["quote"]).drop_duplicates(["product_id", "customer", "quote"])
        for product, quote in zip(quotes["product_id"].astype(str), quotes["quote"], strict=True):
            if product in place:
                said[place[product]].append(str(quote))
    return ["\n".join(sorted(texts)) for texts in said]


def words(text: str) -> list[str]:
    """Return words of letters and digits in lower case; of Han characters, which have no spaces, each pair."""
    found = []
    for run in _RUN.findall(text.lower()):
        found += [run[i : i + 2] for i in range(len(run) - 1)] if _HAN.match(run) else [run]
    return found


@dataclass
class Likeness:
    """How alike products are in the words of their reviews.

    Latent semantic analysis (Deerwester et al. 1990): TF-IDF, 200 dimensions, the cosine squared.
    """

    vectors: Floats  # (n_products, topics), rows of length 1, or 0 where nothing is said
    name: str = "likeness"

    @classmethod
    def fit(cls, texts: list[str], *, seed: int = 0) -> Likeness | None:
        """Compare products by all that is said of each; None where there is too little to compare."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.utils.extmath import randomized_svd

        spoken = sum(bool(text) for text in texts)
        if spoken < 3:
            return None
        tokens = TfidfVectorizer(min_df=2, max_df=0.3 if spoken > 10 else 1.0, sublinear_tf=True, analyzer=words)
        try:
            counted = tokens.fit_transform(texts)
        except ValueError:  # no word is left
            return None
        topics = min(TOPICS, min(counted.shape) - 1)
        if topics < 1:
            return None
        left, strength, _ = randomized_svd(counted, topics, random_state=seed)
        vectors = left * strength
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        return cls(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-9))

    def between(self, product: NDArray[np.int64]) -> Floats:
        """Return the likeness of some products (b,) to all, shape (b, n_products), in [0, 1]; 0 to themselves."""
        alike = np.clip(self.vectors[product] @ self.vectors.T, 0, 1) ** CONTRAST
        alike[np.arange(len(product)), product] = 0
        return np.asarray(alike)

    def score(self, history: sparse.csr_matrix, at: Floats) -> Floats:
        """Return the summed likeness to what a customer has, shape (b, n_products)."""
        had, column = np.unique(history.indices, return_inverse=True)
        narrow = sparse.csr_matrix((history.data, column, history.indptr), shape=(history.shape[0], len(had)))
        total = np.zeros(history.shape)
        step = max(1, _CELLS // history.shape[1])
        columns = narrow.tocsc()
        for start in range(0, len(had), step):
            total += columns[:, start : start + step] @ self.between(had[start : start + step])
        return total


@dataclass
class Needs:
    """What customers speak of, and how well products do there.

    `cares` (n_customers, n_themes) holds shares of a customer's mentions; `praise` (n_products, n_themes) the share
    of praise among praise and complaints, pulled to the theme's own share where there are few; `strength` is how far
    `praise` lies above it, times the share of the product's mentions that speak of the theme.
    """

    themes: list[str]
    cares: sparse.csr_matrix
    praised: Floats
    judged: Floats
    strength: Floats
    name: str = "needs"

    @classmethod
    def fit(cls, interactions: Interactions, evidence: pd.DataFrame) -> Needs | None:
        """Count mentions by customer, product and theme; None where no mention is of a known product."""
        known = evidence[evidence["product_id"].astype(str).isin(interactions.products)].dropna(subset=["theme_id"])
        if known.empty:
            return None
        themes, theme = np.unique(known["theme_id"].astype(str), return_inverse=True)
        product = np.searchsorted(interactions.products, known["product_id"].astype(str).to_numpy(dtype=str))
        shape = (len(interactions.products), len(themes))

        def count(chosen: NDArray[np.bool_]) -> Floats:
            table = np.zeros(shape)
            np.add.at(table, (product[chosen], theme[chosen]), 1.0)
            return table

        intent = known["intent"].to_numpy(dtype=str)
        praised, complained = count(intent == "praise"), count(intent == "complaint")
        mentioned, judged = count(np.ones(len(known), dtype=bool)), praised + complained
        usual = praised.sum(0) / np.maximum(judged.sum(0), 1)
        share = (praised + PRIOR * usual) / (judged + PRIOR)
        spoken = mentioned / (mentioned.sum(1, keepdims=True) + PRIOR)
        cares = _cares(interactions, known, theme, len(themes))
        return cls(list(themes), cares, praised, judged, spoken * (1 + share - usual))

    def met(self, cares: Floats) -> Floats:
        """Return how well each product does in the themes cared for, (n_products,), each theme in [-1, 1].

        Praised more than criticized: the lower end of Wilson's interval of the share of praise among both. Criticized
        more: minus that of complaints, so that it stands behind what nobody judged, which is 0.
        """
        praise, judged = self.praised.ravel(), self.judged.ravel()
        good, bad = wilson(praise, judged)[0], wilson(judged - praise, judged)[0]
        told = np.where(2 * praise > judged, good, np.where(2 * praise < judged, -bad, 0.0))
        return np.asarray(told.reshape(self.praised.shape) @ cares)

    def score(self, customers: NDArray[np.int64]) -> Floats:
        """Return the match of customers (b,) and products, shape (b, n_products)."""
        return np.asarray(self.cares[customers] @ self.strength.T)


def _cares(interactions: Interactions, known: pd.DataFrame, theme: NDArray[np.int64], themes: int) -> sparse.csr_matrix:
    names = known["customer"].astype(str).to_numpy(dtype=str)
    place = np.minimum(np.searchsorted(interactions.customers, names), len(interactions.customers) - 1)
    there = (interactions.customers[place] == names) & known["customer"].notna().to_numpy()
    shape = (len(interactions.customers), themes)
    counted = sparse.csr_matrix((np.ones(int(there.sum())), (place[there], theme[there])), shape=shape)
    counted.sum_duplicates()
    total = np.asarray(counted.sum(1)).ravel()
    return (sparse.diags(1 / np.maximum(total, 1)) @ counted).tocsr()
