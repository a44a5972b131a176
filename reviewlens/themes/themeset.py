"""A set of themes as one frozen artefact: load, save, find, match."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reviewlens.errors import ArtefactError, ConfigError, InputNotFoundError, ReviewlensError
from reviewlens.schemas import OTHER
from reviewlens.themes.file import SCOPES, Content, parse, write
from reviewlens.themes.matcher import Found, Matcher
from reviewlens.themes.theme import Event, Theme
from reviewlens.whole import path_given, whole_file

if TYPE_CHECKING:
    import pandas as pd

    from reviewlens.classifier import Classifier

PathLike = str | os.PathLike[str]


class ThemeSet:
    """Themes with their cues, and the log of their births, merges, splits and retirements.

    Args:
        themes: The themes; ids are distinct, and none is "other".
        scope: Where the weights of a theme's cues are added up: in each "clause", or in the whole "review".
        edition: How many discoveries led here.
        log: What happened to the themes, oldest first.
        about: Free remarks (texts and numbers), kept in the file.
    """

    def __init__(
        self,
        themes: Sequence[Theme],
        *,
        scope: str = "clause",
        edition: int = 1,
        log: Sequence[Event] = (),
        about: Mapping[str, Any] | None = None,
    ) -> None:
        ids = [theme.theme_id for theme in themes]
        if len(set(ids)) < len(ids) or OTHER in ids or "" in ids:
            raise ConfigError(f"theme ids must be distinct, not empty and not {OTHER!r}", where=f"ids: {ids}")
        if scope not in SCOPES:
            raise ConfigError(f"scope must be one of {', '.join(SCOPES)}, not {scope!r}")
        self.themes = tuple(themes)
        self.scope, self.edition, self.log, self.about = scope, edition, tuple(log), dict(about or {})

    @classmethod
    def load(cls, path: PathLike | None = None) -> ThemeSet:
        """Load the built-in taxonomy, or a `themes.toml`.

        Raises:
            InputNotFoundError: There is no such file.
            ArtefactError: The file has a mistake; the message names line and key.
        """
        if path is None:
            text, where = (resources.files("reviewlens") / "themes" / "builtin.toml").read_text("utf-8"), "builtin.toml"
        else:
            where = str(path_given(path, "path", accepts="the file of a theme set"))
            try:
                text = Path(path).read_text("utf-8-sig")
            except UnicodeDecodeError:
                raise ArtefactError("the theme set is not UTF-8 text", where=where, hint="save it as UTF-8") from None
            except OSError as error:
                what = f"the theme set cannot be read: {error.strerror}"
                raise InputNotFoundError(what, where=where, hint="name a themes.toml") from None
        content = parse(text, where)
        return cls(content.themes, scope=content.scope, edition=content.edition, log=content.log, about=content.about)

    def save(self, path: PathLike) -> None:
        """Write the theme set as TOML; a theme set that is there is replaced as a whole.

        Raises `OverwriteError` where something else is there, and `StoreError` where no file can be written.
        """
        target = path_given(path, "path", accepts="the file to write")
        with whole_file(target, what="a theme set", same_kind=is_theme_set) as draft:
            draft.write_text(self.to_toml(), "utf-8")

    def to_toml(self) -> str:
        """Return the text that `save` writes."""
        return write(Content(self.themes, scope=self.scope, edition=self.edition, log=self.log, about=self.about))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that is in the theme set, and of the code's own word lists."""
        return hashlib.blake2b(self.to_toml().encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    @cached_property
    def matcher(self) -> Matcher:
        """The automaton over all cues, built when it is first used."""
        return Matcher(self.themes, scope=self.scope)

    def find(self, texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]) -> Found:
        """Return which themes the clauses speak of.

        Args:
            texts: Normalized texts.
            owner: Index of the text of each clause, shape (m,), ascending.
            bounds: First and past-the-last character of each clause, shape (m, 2).
        """
        return self.matcher.find(texts, owner, bounds)

    def match(self, texts: Sequence[str], *, classifier: Classifier | None = None) -> pd.DataFrame:
        """Return one row per mention: a theme in a clause. A missing or empty text has none.

        Columns: review (0-based position in `texts`), start, end (characters of the clause), theme_id, cue, cue_start,
        cue_end, polarity (negative, neutral or positive), score (in [-1, 1]), intent (praise, complaint, wish or
        statement), wish_start, wish_end (what is wished for; null unless the intent is wish).
        """
        from reviewlens.themes.match import match

        return match(self, texts, classifier)

    def __len__(self) -> int:
        return len(self.themes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ThemeSet) and self.to_toml() == other.to_toml()

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        shown = ", ".join(theme.theme_id for theme in self.themes[:6])
        return f"ThemeSet({len(self.themes)} themes: {shown}{', …' if len(self.themes) > 6 else ''})"


def is_theme_set(path: Path) -> bool:
    """Return whether a file can be loaded as a theme set."""
    try:
        ThemeSet.load(path)
    except ReviewlensError:
        return False
    return True
