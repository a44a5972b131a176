"""How strongly phrases belong together: normalized mutual information of sharing a clause."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_DOUBT = 5.0
"""Clauses shared by chance: a pair seen in so few clauses counts half."""


def affinity(clauses: sp.csr_matrix) -> Floats:
    """Return the affinity of phrases, shape (n_phrases, n_phrases), in [0, 1], symmetric, 0 on the diagonal.

    It is the normalized pointwise mutual information (Bouma, 2009) of two phrases over clauses, cut at 0 and
    shrunk for pairs that share few clauses.

    Args:
        clauses: 0/1 matrix of shape (n_clauses, n_phrases).
    """
    shared = (clauses.T @ clauses).toarray().astype(np.float64)
    alone, total = np.diag(shared).copy(), max(1, clauses.shape[0])
    np.fill_diagonal(shared, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(shared * total / np.outer(alone, alone)) / -np.log(shared / total)
    information[~np.isfinite(information)] = 0
    return np.asarray(np.maximum(information, 0) * (shared / (shared + _DOUBT)), dtype=np.float32)


def information(windows: sp.csr_matrix) -> Floats:
    """Return the normalized pointwise mutual information of phrases over windows, shape (n, n), in [-1, 1].

    A pair that shares no window has -1.
    """
    shared = (windows.T @ windows).toarray().astype(np.float64)
    alone, total = np.diag(shared).copy(), max(1, windows.shape[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.log(shared * total / np.outer(alone, alone)) / -np.log(shared / total)
    return np.asarray(np.where(shared > 0, np.nan_to_num(value, nan=0.0, posinf=1.0), -1.0), dtype=np.float32)
