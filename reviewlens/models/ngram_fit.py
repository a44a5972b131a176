"""Fits the linear model: which n-grams to keep, and their weights by logistic regression."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens.models.linear import BITS, IMPORTANCE_UNITS, NgramModel, check_byte, keys_of, whole
from reviewlens.tokenizer import Encoded

_COMMON = 0.2  # importance of an n-gram that every text has: repeated function words must not drown the rest
_EVEN = 0.3  # importance of an n-gram that both sides use alike
_STEPS = 80
_FILL = 0.6  # share of buckets in use: fewer collisions than at 1


class View(NamedTuple):
    """Texts as one family of n-grams reads them; the fields are those of `NgramModel`."""

    encoded: Encoded
    orders: int = 3
    shortest: int = 1
    damped: bool = False
    space: int = -1
    bits: int = BITS
    fewest: int = 2
    """Texts that an n-gram must occur in."""


def fit_ngrams(
    encoded: Encoded,
    classes: NDArray[np.int64],
    stars: NDArray[np.float32],
    *,
    orders: int = 3,
    strength: float = 4.0,
    weights: NDArray[np.float64] | None = None,
    bits: int = BITS,
    soft: NDArray[np.float32] | None = None,
    soft_share: float = 0.7,
    side: NDArray[np.float64] | None = None,
) -> NgramModel:
    """Fit the hashed n-grams of one view; see `fit_views`."""
    view = View(encoded, orders, bits=bits)
    return fit_views(
        [view], classes, stars, strength=strength, weights=weights, soft=soft, soft_share=soft_share, side=side
    )[0]


def fit_views(
    views: Sequence[View],
    classes: NDArray[np.int64],
    stars: NDArray[np.float32],
    *,
    strength: float,
    weights: NDArray[np.float64] | None = None,
    soft: NDArray[np.float32] | None = None,
    soft_share: float = 0.7,
    side: NDArray[np.float64] | None = None,
    side_strength: float | None = None,
) -> list[NgramModel]:
    """Fit the hashed n-grams of n texts to `classes`, shape (n,), of which class k stands for the stars in `stars[k]`.

    Each view of the texts gives a model, and the logits of all are to be added. An n-gram counts by its rarity; and,
    where `side` says of each text whether it is good (above 0) or bad (below 0), as much by how much more one side uses
    it: naive Bayes' log ratio (Wang and Manning 2012). `strength` is scikit-learn's `C`. Texts whose class is -1 are
    left out of the regression, unless `soft` knows them: a teacher's probabilities of 1-5 stars, shape (n, 5), NaN
    where it was not asked, which count `soft_share` beside a class (Hinton et al. 2015).

    With `side_strength` a regression of its own tells bad from good, without the classes between: one class more, the
    last, which stands for no star until it is weighed (`NgramModel.stars`). Its logit is the margin of the good side.
    """
    from scipy import sparse

    families = [_Family.of(view, side) for view in views]
    matrix = sparse.hstack([family.matrix for family in families], format="csr", dtype=np.float32)
    if soft is None:
        taught = classes >= 0
        weight, bias = _regression(
            matrix[taught], classes[taught], len(stars), strength, None if weights is None else weights[taught]
        )
    else:
        targets, taught = _targets(classes, stars, soft, soft_share)
        each = np.ones(len(classes)) if weights is None else weights
        weight, bias = soft_regression(matrix[taught], targets[taught], strength, each[taught])
    if side_strength is not None:
        margin, start = _margin(matrix, classes, stars, side_strength)
        weight = np.column_stack([weight, weight[:, 0] + margin])  # weights are kept less those of the first class
        bias, stars = np.append(bias, np.float32(start)), np.vstack([stars, np.zeros_like(stars[:1])])
    parts = np.split(weight, np.cumsum([family.matrix.shape[1] for family in families])[:-1])
    biases = [bias, *[np.zeros_like(bias)] * (len(views) - 1)]
    return [family.model(part, own, stars) for family, part, own in zip(families, parts, biases, strict=True)]


class _Family(NamedTuple):
    """The n-grams of a view, and how often each text has them."""

    view: View
    check: NDArray[np.uint8]
    importance: NDArray[np.uint8]
    matrix: Any
    """Importance of the n-grams in each text, of length 1, shape (n, buckets in use)."""

    @classmethod
    def of(cls, view: View, side: NDArray[np.float64] | None) -> _Family:
        encoded, n = view.encoded, len(view.encoded.offsets) - 1
        owner = np.repeat(np.arange(n), np.diff(encoded.offsets))
        pairs = []
        for order, key in enumerate(keys_of(encoded.ids, view.orders, view.shortest), view.shortest - 1):
            inside = whole(owner, encoded.ids, order, view.space)
            pairs.append((owner[order:][inside], key[inside]))
        rows = np.concatenate([row for row, _ in pairs])
        keys = np.concatenate([key for _, key in pairs])
        check, importance = _vocabulary(rows, keys, n, view, side)
        bucket = (keys & np.uint64(len(check) - 1)).astype(np.int64)
        known = check[bucket] == check_byte(keys)
        matrix = _matrix(rows[known], bucket[known], check, importance, n, damped=view.damped)
        return cls(view, check, importance, matrix)

    def model(self, weight: NDArray[np.float64], bias: NDArray[np.float32], stars: NDArray[np.float32]) -> NgramModel:
        """Return the model of fitted weights, shape (buckets in use, classes)."""
        used, view = _used(self.check), self.view
        relative = np.zeros((len(self.check), weight.shape[1] - 1), dtype=np.float16)
        relative[used] = (weight[:, 1:] - weight[:, :1]) * (self.importance[used] / IMPORTANCE_UNITS)[:, None]
        return NgramModel(
            relative, self.importance, self.check, bias, stars, view.orders, view.shortest, view.damped, view.space
        )


def _vocabulary(
    rows: NDArray[np.int64], keys: NDArray[np.uint64], n: int, view: View, side: NDArray[np.float64] | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Choose the n-grams to keep, and return check bytes and importances per bucket."""
    order = np.lexsort((rows, keys))
    key, row = keys[order], rows[order]
    fresh = np.ones(len(key), dtype=bool)
    fresh[1:] = (key[1:] != key[:-1]) | (row[1:] != row[:-1])
    names, first, frequency = np.unique(key[fresh], return_index=True, return_counts=True)
    weight = _rarity(frequency, n)
    if side is not None and len(first):
        contrast = _contrast(side[row[fresh]], first)
        even = np.sqrt((frequency * weight**2).sum() / (frequency * contrast**2).sum())
        weight = np.sqrt((weight**2 + (even * contrast) ** 2) / 2)
    common = frequency >= view.fewest
    names, frequency, weight = names[common], frequency[common], weight[common]
    needed = max(8, int(np.ceil(np.log2(max(len(names), 1) / _FILL))))
    size = 1 << min(view.bits, needed)
    by_frequency = np.argsort(frequency, kind="stable")  # the most frequent is written last, and stays
    bucket = (names[by_frequency] & np.uint64(size - 1)).astype(np.int64)
    check = np.zeros(size, dtype=np.uint8)
    importance = np.zeros(size, dtype=np.uint8)
    check[bucket] = check_byte(names[by_frequency])
    importance[bucket] = np.minimum(np.rint(weight[by_frequency] * IMPORTANCE_UNITS), 255)
    return check, importance


def _rarity(frequency: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    inverse: NDArray[np.float64] = np.log((1 + n) / (1 + frequency)) + _COMMON
    return inverse


def _contrast(side: NDArray[np.float64], first: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how much more one side uses each n-gram; `side` is that of each text with it, from `first` on."""
    counts = [np.add.reduceat((sign * side > 0).astype(np.float64), first) + 1 for sign in (1, -1)]
    good, bad = (np.log(count / count.sum()) for count in counts)
    contrast: NDArray[np.float64] = np.abs(good - bad) + _EVEN
    return contrast


def _used(check: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the buckets in use, and one where there is none: a regression must have something to weigh."""
    return np.flatnonzero(check) if check.any() else np.zeros(1, dtype=np.int64)


def _matrix(
    rows: NDArray[np.int64],
    bucket: NDArray[np.int64],
    check: NDArray[np.uint8],
    importance: NDArray[np.uint8],
    n: int,
    *,
    damped: bool,
) -> Any:
    from scipy import sparse

    used = _used(check)
    column = np.searchsorted(used, bucket)
    if not damped:  # each occurrence by itself, as when a text is scored
        values = importance[bucket] / IMPORTANCE_UNITS
        norm = np.sqrt(np.maximum(np.bincount(rows, weights=values**2, minlength=n), 1e-12))
        return sparse.csr_matrix((values / norm[rows], (rows, column)), shape=(n, len(used)))
    matrix = sparse.csr_matrix((np.ones(len(rows)), (rows, column)), shape=(n, len(used)))
    matrix.sum_duplicates()
    matrix.data = (1 + np.log(matrix.data)) * (importance[used] / IMPORTANCE_UNITS)[matrix.indices]
    norm = np.sqrt(np.maximum(matrix.multiply(matrix).sum(1), 1e-12))
    return sparse.csr_matrix(matrix.multiply(1.0 / np.asarray(norm)))


def _margin(
    matrix: Any, classes: NDArray[np.int64], stars: NDArray[np.float32], strength: float
) -> tuple[NDArray[np.float64], float]:
    """Return the weights and the bias that tell texts of good classes from bad ones; nothing where one side lacks."""
    side = np.sign(stars @ np.arange(-2, 3))[classes] * (classes >= 0)
    sided = np.flatnonzero(side)
    if len(np.unique(side[sided])) < 2:
        return np.zeros(matrix.shape[1]), 0.0
    weight, bias = _regression(matrix[sided], (side[sided] > 0).astype(np.int64), 2, strength, None)
    return weight[:, 1] - weight[:, 0], float(bias[1] - bias[0])


def _regression(
    matrix: Any, classes: NDArray[np.int64], n_classes: int, strength: float, weights: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(C=strength, max_iter=_STEPS, tol=1e-6)
    with warnings.catch_warnings(), threadpool_limits(limits=1, user_api="blas"):
        # Threads that wait for each other over short vectors cost more than they bring.
        warnings.simplefilter("ignore", ConvergenceWarning)  # these steps are enough: more change no answer
        model.fit(matrix, classes, sample_weight=weights)
    weight = np.zeros((matrix.shape[1], n_classes))
    bias = np.full(n_classes, -3.0)  # a class without examples is unlikely
    if len(model.classes_) == 2:
        margin, start = model.coef_[0] / 2, model.intercept_[0] / 2
        for label, sign in zip(model.classes_, (-1, 1), strict=True):
            weight[:, label], bias[label] = sign * margin, sign * start
    else:
        weight[:, model.classes_], bias[model.classes_] = model.coef_.T, model.intercept_
    return weight, bias.astype(np.float32)


def _targets(
    classes: NDArray[np.int64], stars: NDArray[np.float32], soft: NDArray[np.float32], share: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the distribution over classes to learn, (n, classes), and which texts have one."""
    labelled = classes >= 0
    asked = ~np.isnan(soft.sum(1))
    hard = np.eye(len(stars))[np.maximum(classes, 0)] * labelled[:, None]
    of_teacher = np.nan_to_num(soft).astype(np.float64) @ stars.T
    of_teacher /= np.maximum(of_teacher.sum(1, keepdims=True), 1e-9)  # stars that no class stands for are left out
    part = (np.where(labelled, share, 1.0) * asked)[:, None]
    return (1 - part) * hard + part * of_teacher, labelled | asked


def soft_regression(
    matrix: Any, targets: NDArray[np.float64], strength: float, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return weights (features, classes) and biases of a regression on distributions; scikit-learn's takes classes."""
    from scipy.optimize import minimize

    features, n_classes = matrix.shape[1], targets.shape[1]
    rows = matrix.astype(np.float32)
    columns = rows.T.tocsr()
    scale = 1.0 / float(strength * weights.sum())

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weight, bias = values[: features * n_classes].reshape(features, n_classes), values[features * n_classes :]
        logits = rows @ weight.astype(np.float32) + bias
        logits -= logits.max(1, keepdims=True)
        log = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        wrong = (np.exp(log) - targets) * weights[:, None]
        slope = strength * (columns @ wrong.astype(np.float32)) + weight
        value = -strength * float((weights[:, None] * targets * log).sum()) + 0.5 * float((weight**2).sum())
        return value * scale, np.concatenate([slope.ravel(), strength * wrong.sum(0)]) * scale

    start = np.zeros((features + 1) * n_classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "gtol": 1e-6}).x
    return found[: features * n_classes].reshape(features, n_classes), found[features * n_classes :].astype(np.float32)
