"""What `reviewlens discover` prints: the themes it found, what they leave over, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reviewlens.cli.show import show_json

if TYPE_CHECKING:
    from reviewlens.themes import Theme, ThemeSet

_THEMES = 12
_CUES = 5
_PHRASES = 8


def show_found(themes: ThemeSet, out: str, *, as_json: bool) -> None:
    """Print a theme set that was just learned, in lines for people or as JSON for machines."""
    if as_json:
        show_json(_told(themes, out))
        return
    told = _told(themes, out)
    shown = told["themes"][:_THEMES]
    wide = max((len(f"{theme['reviews']:,}") for theme in shown), default=1)
    click.echo(f"{len(told['themes'])} themes in {told['reviews']:,} different reviews, by how many speak of them:")
    for theme in shown:
        click.echo(f"  {theme['reviews']:>{wide},}  {theme['theme_id']}  {_named(theme)}")
    if len(told["themes"]) > _THEMES:
        click.echo(f"  and {len(told['themes']) - _THEMES} more")
    other = told["other"]
    click.echo(f"no theme: {other['share']:.0%} of the reviews{_often(other['phrases'][:_PHRASES])}")
    if told["events"]:
        changes = ", ".join(" ".join([e["event"], e["theme_id"], *e["others"]]) for e in told["events"])
        click.echo(f"changed since edition {themes.edition - 1}: {changes}")
    click.echo(
        f"saved to {out}: read it, correct labels and cues, then: reviewlens run SOURCE --out FOLDER --themes {out}"
    )


def _told(themes: ThemeSet, out: str) -> dict[str, Any]:
    counts: dict[str, int] = themes.about.get("theme_reviews", {})
    living = [theme for theme in themes.themes if not theme.retired]
    living.sort(key=lambda theme: (-counts.get(theme.theme_id, 0), theme.theme_id))
    events = [event for event in themes.log if event.edition == themes.edition > 1]
    return {
        "out": out,
        "edition": themes.edition,
        "reviews": themes.about["reviews"],
        "themes": [_row(theme, counts.get(theme.theme_id, 0)) for theme in living],
        "other": {
            "share": themes.about["other_share"],
            "reasons": themes.about["other_reasons"],
            "phrases": themes.about["other_phrases"],
        },
        "events": [{"event": e.event, "theme_id": e.theme, "others": list(e.others)} for e in events],
    }


def _row(theme: Theme, reviews: int) -> dict[str, Any]:
    cues = [cue.text for cue in theme.cues if cue.weight > 0]
    return {"theme_id": theme.theme_id, "label": theme.label(), "reviews": reviews, "cues": cues}


def _named(theme: dict[str, Any]) -> str:
    """Return the label and the first cues, which are not told twice where the label is made of them."""
    first = ", ".join(theme["cues"][:_CUES])
    return first if first.startswith(theme["label"]) else f"{theme['label']}: {first}"


def _often(phrases: list[str]) -> str:
    return f"; most often there: {', '.join(phrases)}" if phrases else ""
