"""Product descriptions from the evidence of a run: every sentence rests on its tables.

The package is not called `describe`, so that the function `reviewlens.describe` is never shadowed by it.
"""

from __future__ import annotations

from reviewlens.descriptions.description import Description, describe
from reviewlens.descriptions.export import describe_all
from reviewlens.descriptions.http_writer import HttpWriter

__all__ = ["Description", "HttpWriter", "describe", "describe_all"]
