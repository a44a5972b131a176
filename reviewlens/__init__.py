"""What customers feel and what they need, from Parquet exports of reviews.

The public names are imported when they are first used, so that `import reviewlens` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "analyze": "job",
    "open_run": "job",
    "status": "job",
    "forget": "job",
    "Run": "run",
    "check": "read.checkup",
    "Check": "read.checkup",
    "score": "scoring",
    "Classifier": "classifier",
    "Explanation": "explain",
    "train": "training",
    "evaluate": "metrics",
    "Metrics": "metrics",
    "ThemeSet": "themes",
    "discover_themes": "discovery",
    "wishes": "themes",
    "describe": "descriptions",
    "Description": "descriptions",
    "Recommender": "recommend",
    "ReviewlensError": "errors",
}

__all__ = [*sorted(_HOME), "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'reviewlens' has no attribute {name!r}")
    value = getattr(import_module(f"reviewlens.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
