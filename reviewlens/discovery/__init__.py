"""Learning a theme set from reviews: phrases, themes grown from anchors or seeds, and the registry."""

from reviewlens.discovery.candidates import Candidate, candidate_themes
from reviewlens.discovery.discover import discover_themes

__all__ = ["Candidate", "candidate_themes", "discover_themes"]
