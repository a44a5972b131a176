"""Themes: named groups of customer needs, the cues that signal them, and the mentions of them in texts."""

from reviewlens.themes.match import wishes
from reviewlens.themes.matcher import Found
from reviewlens.themes.theme import Cue, Event, Theme
from reviewlens.themes.themeset import ThemeSet

__all__ = ["Cue", "Event", "Found", "Theme", "ThemeSet", "wishes"]
