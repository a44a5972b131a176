"""Which engine the options ask for."""

from __future__ import annotations

from reviewlens.config import RunOptions
from reviewlens.engines import Engine
from reviewlens.engines.local import LocalEngine


def engine_for(options: RunOptions) -> Engine:
    """Return the engine that the options name.

    Raises what `reviewlens.engines.session.connect` and `SparkEngine` raise for a Spark that cannot be used.
    """
    if options.engine == "spark":
        from reviewlens.engines.session import connect  # heavy, and an extra
        from reviewlens.engines.spark import SparkEngine

        return SparkEngine(connect(options.master))
    return LocalEngine(options.workers)
