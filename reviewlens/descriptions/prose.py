"""Sentences from facts, by the templates of a language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from reviewlens.descriptions.facts import Facts, ThemeFact, rules
from reviewlens.errors import ConfigError

LANGUAGES = ("en", "zh")
MOST = 3  # strengths, and likewise drawbacks
RELEVANT = 0.01  # share of the reviews below which it is not told that a theme divides buyers


@dataclass(frozen=True)
class Sentence:
    """One sentence, what it speaks of, and the themes that it rests on; without themes it rests on the reviews."""

    text: str
    kind: str
    themes: tuple[ThemeFact, ...] = field(default=())


@cache
def lexicon(language: str) -> dict[str, Any]:
    """Return the templates and words of a language; `ConfigError` if there are none."""
    if language not in LANGUAGES:
        raise ConfigError(f"no descriptions in {language!r}", where="language", hint=f"known: {', '.join(LANGUAGES)}")
    return tomllib.loads((files("reviewlens") / "templates" / "describe" / f"{language}.toml").read_text("utf-8"))


class Named:
    """A theme as the templates see it: with its name in the language."""

    def __init__(self, fact: ThemeFact, name: str, language: str) -> None:
        self.name, self._language = name, language
        self.mentions, self.wished = fact.mentions, fact.wished
        self.praise, self.complaint = fact.praise, fact.complaint
        self._whole = {"praise": fact.praised == fact.mentions, "complaint": fact.complained == fact.mentions}

    def told(self, kind: str) -> str:
        """Return a share of the mentions as the language says it."""
        words = lexicon(self._language)["share"]
        share = self.praise if kind == "praise" else self.complaint
        return str(words["all" if self._whole[kind] else "some"]).format(share=share, mentions=grouped(self.mentions))


def name_of(theme_id: str, label: str, language: str) -> str:
    """Return how a theme is called within a sentence."""
    return str(lexicon(language)["names"].get(theme_id, label))


def compose(facts: Facts, language: str) -> list[Sentence]:
    """Write a description: how reviews are, what is praised, what to know before buying, who it suits, open wishes."""
    if facts.reviews < facts.enough:
        return [_written("none" if facts.reviews == 0 else "few", facts, language)]
    praised, criticized, divided = facts.of("praised")[:MOST], facts.of("criticized")[:MOST], _much_told(facts)[:1]
    found = [_written(facts.mood, facts, language, kind="overall")]
    if praised:
        found.append(_written("strength", facts, language, praised[0]))
    if len(praised) == 2:
        found.append(_written("strength_2", facts, language, praised[1], kind="strength"))
    if len(praised) == 3:
        found.append(_written("strength_3", facts, language, *praised[1:], kind="strength"))
    if criticized:
        found.append(_written("drawback", facts, language, criticized[0]))
    found += [_written("drawback_2", facts, language, theme, kind="drawback") for theme in criticized[1:2]]
    found += [_written("divided", facts, language, theme) for theme in divided]
    found += _suits(praised, criticized, facts, language)
    if facts.wishes and facts.wishes[0].wished >= 2:
        found.append(_written("wish", facts, language, facts.wishes[0]))
    if not (praised or criticized or divided):
        found.append(_written("quiet", facts, language))
    return found


def _much_told(facts: Facts) -> list[ThemeFact]:
    """Return the themes on which opinions divide, without those that hardly anybody speaks of."""
    return [theme for theme in facts.of("divided") if theme.reviews >= RELEVANT * facts.reviews]


def _suits(praised: list[ThemeFact], criticized: list[ThemeFact], facts: Facts, language: str) -> list[Sentence]:
    """Say for whom the product is, by themes for which one chooses a product."""
    likes, lacks = ([t for t in side if t.theme_id not in rules()["no_preference"]] for side in (praised, criticized))
    if not likes:
        return []
    chosen = [likes[0], *lacks[:1]]
    return [_written("suits_less" if lacks else "suits", facts, language, *chosen, kind="suits")]


def _written(template: str, facts: Facts, language: str, *themes: ThemeFact, kind: str | None = None) -> Sentence:
    words = lexicon(language)
    wordings = words["sentences"][template]
    seed = int.from_bytes(blake2b(f"{facts.product_id}\x1f{template}".encode(), digest_size=4).digest(), "big")
    named = [Named(theme, name_of(theme.theme_id, theme.label, language), language) for theme in themes]
    text = _template(wordings[seed % len(wordings)]).render(
        product=facts.name or words["this"],
        reviews=facts.reviews,
        positive=facts.positive,
        negative=facts.negative,
        **dict(zip("ab", named, strict=False)),
    )
    return Sentence(capital(text), kind or template, themes)


@cache
def _template(wording: str) -> Template:
    return _environment().from_string(wording)


@cache
def _environment() -> Environment:
    # plain text, not HTML; a product's name is a value and is never read as a template
    made = Environment(undefined=StrictUndefined, autoescape=False)
    made.filters.update(first=capital, count=grouped, of=Named.told)
    return made


def grouped(count: int) -> str:
    """Return a count as English writes it: `12,345`."""
    return f"{count:,}"


def capital(text: str) -> str:
    """Return `text` with its first letter in upper case."""
    return text[:1].upper() + text[1:]
