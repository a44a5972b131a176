"""Recommendations from interactions, trends and what reviews say, each with a reason that can be checked."""

from __future__ import annotations

from reviewlens.recommend.export import recommend_all
from reviewlens.recommend.interactions import Interactions, read_interactions
from reviewlens.recommend.recommender import Recommender

__all__ = ["Interactions", "Recommender", "read_interactions", "recommend_all"]
