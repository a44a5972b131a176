"""A theme: a named group of customer needs, and the cues that signal it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Cue(NamedTuple):
    """A weighted phrase; `group` is the language or name of its list, "" for a cue with a line of its own."""

    text: str
    weight: float = 1.0
    group: str = ""


@dataclass(frozen=True)
class Theme:
    """One theme of a `ThemeSet`.

    A clause speaks of it where the weights of the cues found there add up to `threshold`. A cue within a phrase of
    `excludes` does not count. A retired theme keeps its id and matches nothing.

    `yields_to` names another theme of the set. In a review where distinct cues of that theme weigh 1.5 or more, cues of
    one word count for nothing here: in a review of a novel "sweet" and "battery" belong to the story.

    `witnesses` are phrases that say what a review is about. Where one of them stands anywhere in the review, cues that
    do not reach the threshold will do: a cue of 0.5 such as "room" counts in a review that speaks of a hotel.
    """

    theme_id: str
    labels: Mapping[str, str] = field(default_factory=dict)
    cues: tuple[Cue, ...] = ()
    excludes: tuple[str, ...] = ()
    threshold: float = 1.0
    retired: bool = False
    note: str = ""
    yields_to: str = ""
    witnesses: tuple[str, ...] = ()

    def label(self, language: str = "en") -> str:
        """Return the label in `language`, else the first there is, else the id."""
        return self.labels.get(language) or next(iter(self.labels.values()), self.theme_id)


@dataclass(frozen=True)
class Event:
    """What happened to a theme: `event` is born, merged, split or retired; `others` are the themes it concerns."""

    edition: int
    event: str
    theme: str
    others: tuple[str, ...] = ()
    note: str = ""


EVENTS = ("born", "merged", "split", "retired")
