"""`discover_themes`: from reviews to a theme set."""

from __future__ import annotations

import dataclasses
import re
import warnings
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from reviewlens.discovery.anchors import anchor_themes, as_anchors, excludes, family, family_words
from reviewlens.discovery.aspects import named_first
from reviewlens.discovery.corpus import sample
from reviewlens.discovery.growing import Grown, grow
from reviewlens.discovery.guided import guide
from reviewlens.discovery.joining import join
from reviewlens.discovery.labels import label
from reviewlens.discovery.leftover import grown_phrases, leftover
from reviewlens.discovery.phrases import Phrases, mine
from reviewlens.discovery.registry import carry_over
from reviewlens.errors import ConfigError, InputError
from reviewlens.privacy import mask_many
from reviewlens.themes import Cue, Event, Theme, ThemeSet

if TYPE_CHECKING:
    import os

    import pandas as pd
    import pyarrow as pa

Anchors = Mapping[str, Mapping[str, float]]

LIMIT = 200_000
THRESHOLD = 0.01
_MOST_PHRASES = 3000
_MOST_THEMES = 40
_PLENTY = 1_500_000
"""With so many characters of text, what is rare or never said is no cue, and the product itself may tell what a review
is about: reviews of many products. With less text, each word counts."""
_SHARE = 0.002
_BY_HAND = ("labels", "excludes", "note", "yields_to")
"""What an edited theme keeps from one discovery to the next."""
_PLACEHOLDER = re.compile(r"\[[a-z_]{2,20}\]")


def discover_themes(
    data: str | os.PathLike[str] | Sequence[Any] | pd.Series[Any] | pd.DataFrame | pa.Table,
    *,
    text: str | None = None,
    seeds: Mapping[str, Sequence[str]] | None = None,
    n_themes: int | None = None,
    previous: ThemeSet | None = None,
    seed: int = 0,
) -> ThemeSet:
    """Learn a theme set from reviews.

    Without seeds, phrases are mined by counts and gathered into themes around anchors that do not depend on the
    sample: the themes of `previous`, else the anchor themes that ship with the library; what they do not explain is
    factored. With seeds, each theme's cues are grown from its seeds and the reviews, and its id is the seeds' key.
    Equal reviews in any order give an equal theme set.

    Args:
        data: path, glob, directory, list of paths, DataFrame, Arrow table, or list or Series of texts.
        text: the column of texts, where it is not found by its name.
        seeds: a few words or phrases for each theme, by theme id.
        n_themes: how many themes are wanted at most: there are fewer where the reviews do not hold so many. By default
            it follows from the number of phrases, 40 at most.
        previous: the theme set of before: ids and labels survive, and the log goes on.
        seed: decides which reviews are sampled where there are more than 200,000, and nothing else.

    Returns:
        A theme set; `about` holds the share of reviews without a theme, why, and their most frequent phrases.

    Raises:
        InputError: there are no texts, or too few to find a theme in.
        ConfigError: seeds contradict each other or are empty, or `n_themes` is not a positive number.
    """
    if n_themes is not None and (isinstance(n_themes, bool) or not isinstance(n_themes, int) or n_themes < 1):
        raise ConfigError(f"n_themes must be a whole number from 1, not {n_themes!r}", where="discover_themes")
    if seeds is not None and n_themes is not None:
        raise ConfigError(
            "seeds and n_themes exclude each other", where="discover_themes", hint="the seeds are the themes"
        )
    if previous is not None and not isinstance(previous, ThemeSet):
        raise ConfigError(
            f"previous must be a ThemeSet, not {type(previous).__name__}",
            where="discover_themes",
            hint="load it first: previous=ThemeSet.load(path)",
        )
    texts = _without_personal_data(sample(data, text=text, limit=LIMIT, seed=seed))
    if seeds is not None:
        themes, scope = guide(texts, seeds), "review"
    else:
        themes, scope = _unguided(texts, n_themes, previous), "clause"
    found = _registered(themes, scope, previous)
    return _reported(found, texts)


def _without_personal_data(texts: Sequence[str]) -> list[str]:
    """Return the texts with a break in place of what `mask` finds: a theme's cues are written wherever tables are."""
    return [
        text if masked == text else _PLACEHOLDER.sub(" . ", masked)
        for text, masked in zip(texts, mask_many(texts), strict=True)
    ]


def _unguided(texts: Sequence[str], n_themes: int | None, previous: ThemeSet | None) -> list[Theme]:
    few = sum(map(len, texts)) < _PLENTY
    anchors = anchor_themes(fine=few)
    living = [t for t in previous.themes if not t.retired] if previous is not None else []
    kept = as_anchors(living)
    always = family_words() | {phrase for phrases in kept.values() for phrase in phrases}
    found = mine(texts, least=1 if few else 5, always=always, aspects=True, product=not few)
    phrases, rare = _parted(found, max(2 if few else 5, int(_SHARE * len(texts))), always)
    if len(phrases.phrases) < 2:
        raise InputError(
            f"no theme can be found in {_counted(len(texts))}: hardly any phrase occurs twice",
            hint="pass more reviews, or name the themes yourself with seeds={...}",
        )
    wanted = n_themes or max(len(living), min(_MOST_THEMES, max(2, len(phrases.phrases) // 8)))
    if living:
        grown = grow(phrases, len(kept), kept, present=1, plenty=not few, before=True)[:wanted]
        spare = wanted - len(grown)
        news = _news(grown, found, texts, previous) if previous is not None and spare > 0 else frozenset()
        grown += _newcomers(phrases, grown, spare, anchors, news) if news != frozenset() else []
    else:
        grown = grow(phrases, wanted, anchors, plenty=not few)
    reviews = dict(zip(found.phrases, found.reviews.tolist(), strict=True))
    grown = grown[:wanted]
    if few:
        joined = join(grown, [*phrases.phrases, *rare])
        grown = [dataclasses.replace(theme, cues=named_first(theme.cues)) for theme in joined]
    return [_theme(theme, reviews) for theme in grown]


def _counted(texts: int) -> str:
    return "1 distinct text" if texts == 1 else f"{texts} distinct texts"


def _parted(found: Phrases, least: int, always: AbstractSet[str]) -> tuple[Phrases, list[str]]:
    """Part the phrases in those frequent enough to grow themes from, and the others."""
    frequent = [i for i, phrase in enumerate(found.phrases) if found.reviews[i] >= least or phrase in always]
    common = frequent[:_MOST_PHRASES]
    chosen = set(common)
    return found.only(common), [phrase for i, phrase in enumerate(found.phrases) if i not in chosen]


def _news(grown: Sequence[Grown], found: Phrases, texts: Sequence[str], previous: ThemeSet) -> frozenset[str] | None:
    """Return the phrases without a theme that are spoken of more than before; None where that is not known."""
    reviews = dict(zip(found.phrases, found.reviews.tolist(), strict=True))
    themes = [dataclasses.replace(_theme(one, reviews), theme_id=f"{n}") for n, one in enumerate(grown)]
    return grown_phrases(leftover(ThemeSet(themes), texts).phrases, previous.about)


def _newcomers(
    phrases: Phrases, grown: Sequence[Grown], spare: int, anchors: Anchors, news: frozenset[str] | None
) -> list[Grown]:
    """Grow further themes from what the themes of before leave over: those that have one of the news."""
    taken = {cue for theme in grown for cue in theme.cues}
    rest = [i for i, phrase in enumerate(phrases.phrases) if phrase not in taken]
    many = spare if news is None else spare + _MOST_THEMES  # what is no news must not take its place
    left = grow(phrases.only(rest), many, anchors) if len(rest) > 2 else []
    return [theme for theme in left if news is None or news & set(theme.cues)][:spare]


def _theme(grown: Grown, reviews: Mapping[str, int]) -> Theme:
    cues = (Cue(phrase, max(THRESHOLD, weight)) for phrase, weight in grown.cues.items())
    called = label(grown, reviews, family(grown.anchor))
    return Theme(grown.anchor, called, tuple(cues), excludes=excludes(grown.anchor), threshold=THRESHOLD)


def _registered(themes: list[Theme], scope: str, previous: ThemeSet | None) -> ThemeSet:
    """Give ids that last, keep labels, and write down what happened."""
    named = [t.theme_id for t in themes if scope == "review"]
    if previous is None:
        ids = named or carry_over({}, [_weights(t) for t in themes])[0]
        log = [Event(1, "born", i) for i in ids]
        return ThemeSet(
            [dataclasses.replace(t, theme_id=i) for t, i in zip(themes, ids, strict=True)], scope=scope, log=log
        )
    edition = previous.edition + 1
    before = {t.theme_id: t for t in previous.themes}
    living = {i: _weights(t) for i, t in before.items() if not t.retired}
    if named:
        ids = named
        events = [Event(edition, "born", i) for i in ids if i not in living]
        events += [Event(edition, "retired", i) for i in living if i not in ids]
    else:
        used = {*before, *(e.theme for e in previous.log)}
        known = {place: t.theme_id for place, t in enumerate(themes) if t.theme_id in living}
        ids, told = carry_over(living, [_weights(t) for t in themes], used=used, known=known)
        events = [Event(edition, e.event, e.theme_id, (e.other,) if e.other else ()) for e in told]
    new = []
    for theme, theme_id in zip(themes, ids, strict=True):
        old = before.get(theme_id)
        theme = dataclasses.replace(theme, theme_id=theme_id)
        if old is not None:
            kept = {name: getattr(old, name) for name in _BY_HAND}
            theme = dataclasses.replace(theme, cues=theme.cues if named else _as_before(theme, old), **kept)
        new.append(theme)
    gone = [dataclasses.replace(t, retired=True) for i, t in before.items() if i not in ids]
    return ThemeSet([*new, *gone], scope=scope, edition=edition, log=[*previous.log, *events])


def _as_before(theme: Theme, old: Theme) -> tuple[Cue, ...]:
    """Return the cues of a theme with the weights that they had before, those that count against it among them."""
    before = {cue.text: cue for cue in old.cues}
    held = {cue.text for cue in theme.cues}
    against = [cue for cue in old.cues if cue.weight <= 0 and cue.text not in held]
    return (*(before.get(cue.text, cue) for cue in theme.cues), *against)


def _weights(theme: Theme) -> dict[str, float]:
    return {cue.text: cue.weight for cue in theme.cues if cue.weight > 0}


def _reported(found: ThemeSet, texts: Sequence[str]) -> ThemeSet:
    """Add to `about` what is left without a theme."""
    for theme in found.themes:
        if not theme.retired and not theme.cues:
            warnings.warn(f"theme {theme.theme_id!r} has no cue and will match nothing", UserWarning, stacklevel=3)
    about = leftover(found, texts).about()
    return ThemeSet(found.themes, scope=found.scope, edition=found.edition, log=found.log, about=about)
