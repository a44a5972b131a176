"""Themes grown from anchors: each starts from a few phrases that are known to go together and gathers its own kin.

Factoring the reviews anew each time gives other themes whenever a tenth of the reviews changes. Here the starting
points do not depend on the sample: they are the themes of before, or the anchor themes that ship with the library,
of which those are taken that the reviews speak of most. What they do not explain is factored.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reviewlens.discovery.affinity import affinity, information
from reviewlens.discovery.anchors import FACTOR
from reviewlens.discovery.leading import LEADING, leading, mean_bond, said_by, worth
from reviewlens.discovery.phrases import Phrases
from reviewlens.discovery.starts import STRENGTH, Start, gathering, settled, starts, ties

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_OWN, _OFTEN = 0.3, 0.02
"""A phrase of an anchor that so large a share of the reviews hold is a cue from this strength on: what is said most
often goes with nearly everything, and would come and go with a few reviews."""
_ALONG, _HEARD = 0.2, 0.002
"""A phrase that so large a share of the reviews hold goes along with the theme to whose cues it has such ties."""
_FULL = 4.0
"""The strength at which a cue weighs 1."""
_PRESENT = 4
"""An anchor is there when so many of its phrases are."""
_INHERITED = 0.5
"""Strength of a phrase that is a cue for its last word alone, against that word."""
_WEAK = 0.1
"""Weight of a cue that is known from its family alone."""
_APART, _SELDOM = 0.0, 0.015
"""A phrase with a weaker bond to its theme that fewer reviews hold is no cue of a theme that has few others."""
_STRANGE = -0.1
"""A theme whose leading cues have a weaker bond is none."""


@dataclass(frozen=True)
class Grown:
    """A theme: its cues and their weights in (0, 1], the leading ones first, and the anchor it grew from, if any."""

    cues: dict[str, float]
    anchor: str = ""


@dataclass
class _Homes:
    """The theme of each phrase by number, and its strength there, shape (n_phrases,) each."""

    home: Ints
    strength: Floats
    share: Floats
    """Of the reviews that hold it."""


def grow(
    found: Phrases,
    n_themes: int,
    anchors: Mapping[str, Mapping[str, float]],
    *,
    present: int = _PRESENT,
    plenty: bool = False,
    before: bool = False,
) -> list[Grown]:
    """Grow `n_themes` themes at most from the phrases of the reviews.

    Args:
        found: the phrases of the reviews.
        n_themes: how many themes are wanted.
        anchors: phrases with weights in (0, 1], by the name of the anchor.
        present: an anchor with fewer phrases in the reviews is left out.
        plenty: whether there are so many reviews that they tell by themselves which of the anchors are themes here
            and what goes with them. Else all anchors are taken, and the words of an anchor that these reviews lack are
            weak cues of its theme.
        before: whether the anchors are the themes of before, which live on as they are while one of their words does.

    Returns:
        The themes, the ones spoken of most first. Each phrase is a cue of one theme at most.
    """
    near = affinity(found.clauses)
    held = starts(anchors, found, near, present)
    fresh = plenty and not before
    chosen = held if before else settled(held, n_themes) if plenty else gathering(held, near, n_themes)
    tied = ties(chosen, near)
    names = [start.name for start in chosen]
    free = np.flatnonzero(tied.max(1, initial=0) < STRENGTH)
    known = len(held) if plenty else len(chosen)
    if not before and known < (n_themes / 2 if plenty else n_themes) and len(free) > 2:
        factors = _factored(near[np.ix_(free, free)], n_themes - len(chosen))
        wide = np.zeros((len(near), factors.shape[1]), dtype=np.float32)
        wide[free] = factors
        tied = np.hstack([tied, wide])
        names += [""] * factors.shape[1]
    if not tied.shape[1]:
        return []
    share = np.asarray(found.reviews / (found.owner.max() + 1), dtype=np.float32)
    homes = _Homes(tied.argmax(1), tied.max(1), share)
    if fresh:
        _go_along(homes, near, len(names))
    _keep_own(homes, chosen)
    if not plenty:
        _inherit(found.phrases, homes)
    themes = _themes(found, homes, names, plenty, before)
    mass = dict(zip(found.phrases, found.reviews.tolist(), strict=True))
    themes.sort(key=lambda t: (-sum(mass[cue] for cue in t.cues), min(t.cues)))
    return themes if fresh else _with_families(themes, anchors)


def _factored(near: Floats, count: int) -> Floats:
    """Return the ties of phrases to `count` factors of their affinity, for what no anchor explains."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    count = min(count, len(near) - 1)
    if count < 1 or not near.any():
        return np.zeros((len(near), 0), dtype=np.float32)
    full = near.copy()
    np.fill_diagonal(full, near.max(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what is left over need not be parted to the last digit
        factors = NMF(count, init="nndsvd", max_iter=100, tol=1e-3, random_state=0).fit_transform(full)
    top = np.maximum(factors.max(0), 1e-9)
    return np.asarray(factors / top, dtype=np.float32)


def _go_along(homes: _Homes, near: Floats, n_themes: int) -> None:
    """Give frequent phrases that no anchor claims to the theme whose cues they go with, in place, as weak cues.

    Ties to all cues of a theme are steadier than those to the few words of its anchor.
    """
    cues = homes.strength >= STRENGTH
    member = np.zeros((len(near), n_themes), dtype=np.float32)
    member[cues, homes.home[cues]] = 1.0
    along = near @ (member / np.maximum(np.linalg.norm(member, axis=0), 1e-9))
    best = np.where(homes.share >= _HEARD, along.max(1), 0)
    homes.home = np.where(cues, homes.home, along.argmax(1))
    weak = np.where(best >= _ALONG, np.minimum(best / 2, 0.99 * STRENGTH), 0)
    homes.strength = np.where(cues, homes.strength, weak).astype(np.float32)


def _keep_own(homes: _Homes, chosen: Sequence[Start]) -> None:
    """Make cues, in place, of frequent phrases that go with their own anchor, though their ties are a little weak."""
    for number, start in enumerate(chosen):
        own = start.members[(homes.share[start.members] >= _OFTEN) & (homes.home[start.members] == number)]
        own = own[homes.strength[own] >= _OWN]
        homes.strength[own] = np.maximum(homes.strength[own], STRENGTH)


def _inherit(phrases: Sequence[str], homes: _Homes) -> None:
    """Give a phrase of several words that is no cue by itself to the theme of its last word that is one, in place."""
    of = {phrase: i for i, phrase in enumerate(phrases) if homes.strength[i] >= STRENGTH}
    for i, phrase in enumerate(phrases):
        if homes.strength[i] < STRENGTH and " " in phrase:
            heads = [of[word] for word in phrase.split() if word in of]
            if heads:
                homes.home[i] = homes.home[heads[-1]]
                homes.strength[i] = max(STRENGTH, _INHERITED * homes.strength[heads[-1]])


def _themes(found: Phrases, homes: _Homes, names: Sequence[str], plenty: bool, before: bool) -> list[Grown]:
    bond = information(found.windows)
    worths = worth(homes.strength, homes.share)
    themes = []
    for number, name in enumerate(names):
        tied = np.flatnonzero((homes.home == number) & (homes.strength > 0))
        tied = tied[np.argsort(-homes.strength[tied], kind="stable")]
        members = tied if plenty and not before else tied[homes.strength[tied] >= STRENGTH]
        if not len(members):
            continue
        lead = leading(tied[: max(len(members), LEADING)], worths, bond, found.phrases)
        if (
            plenty and not before and len(lead) > 1 and mean_bond(lead, bond) < _STRANGE
        ):  # what never goes together is no theme here
            continue
        close = bond[:, members] @ worths[members] / worths[members].sum()
        beside = bond[:, lead].mean(1)
        rest = sorted(set(members.tolist()) - set(lead), key=lambda i: (-float(beside[i]), found.phrases[i]))
        if plenty and len(lead) < LEADING:  # with plenty of reviews, nothing is said twice
            rest = [i for i in rest if not any(said_by(found.phrases[i], found.phrases[j]) for j in lead)]
            if len(lead) > 2 and len(lead) + sum(close[i] >= _APART for i in rest) < LEADING:
                rest = [i for i in rest if close[i] >= _APART or homes.share[i] >= _SELDOM]
        weights = {found.phrases[i]: round(min(1.0, float(homes.strength[i]) / _FULL), 3) for i in lead + rest}
        themes.append(Grown(weights, name))
    return themes


def _with_families(themes: Sequence[Grown], anchors: Mapping[str, Mapping[str, float]]) -> list[Grown]:
    """Add to a theme the words of its family, or of the theme of before, that these reviews lack, as weak cues."""
    taken = {cue for theme in themes for cue in theme.cues}
    wide = []
    for theme in themes:
        family = {} if theme.anchor.startswith(FACTOR) else anchors.get(theme.anchor, {})
        more = {phrase: _WEAK for phrase in family if phrase not in taken}
        taken |= set(more)
        wide.append(Grown({**theme.cues, **more}, theme.anchor))
    return wide
