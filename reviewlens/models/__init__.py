"""The registry of networks, one line per model.

Their modules are imported when a network is built, so that scoring never imports torch.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """Where a network lives."""

    module: str
    network: str
    settings: str


NETWORKS = {
    "lstm": Entry("reviewlens.models.lstm", "LstmNetwork", "LstmSettings"),
    "transformer": Entry("reviewlens.models.transformer", "TransformerNetwork", "TransformerSettings"),
}
LINEAR = "linear"
MODELS = (*NETWORKS, LINEAR)
