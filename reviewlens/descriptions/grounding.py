"""Whether a sentence says only what the facts support: its words, themes, numbers and polarity."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reviewlens.descriptions.facts import Facts, ThemeFact
from reviewlens.descriptions.prose import lexicon, name_of

LONGEST = 400  # characters of a sentence
_ADDRESS = re.compile(
    r"https?:|www\.|@|[<>{}\[\]`*_#\\|]|\b[\w-]+\.(?:com|net|org|io|cn|co|shop|info)\b", re.IGNORECASE
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_HAN = re.compile("[\u3400-\u9fff]+")
_CLAUSE = re.compile(
    r"[;；。!?！？:：]|,\s|，|\b(?:but|while|whereas|although|though|however|yet)\b|但是?|不过|然而|而(?!且)"
)


@dataclass(frozen=True)
class Claims:
    """What a sentence names: themes of the facts, and themes that they say nothing of."""

    themes: tuple[ThemeFact, ...]
    foreign: tuple[str, ...]


def objection(sentence: str, facts: Facts, language: str) -> str:
    """Return why the facts do not support a sentence, or "" if they do.

    A sentence must be plain text of known words, name a theme with enough evidence or the reviews as a whole, use only
    numbers that the facts hold for what it names, in the sense in which they hold it (praise, complaints, wishes), and
    praise or criticize a theme only where its mentions do. It errs on the side of objecting.
    """
    text = " ".join(sentence.split()).replace("％", "%")
    if not text or len(text) > LONGEST:
        return f"is empty or longer than {LONGEST} characters"
    if _ADDRESS.search(text):
        return "holds an address or markup"
    plain = _without_name(text, facts, language)
    claims = _claims(plain, facts, language)
    if claims.foreign:
        return f"names what the evidence does not tell of: {', '.join(claims.foreign)}"
    unknown = _unknown(plain, facts, language)
    if unknown:
        return f"uses words that the evidence does not hold: {', '.join(unknown[:5])}"
    check = lexicon(language)["check"]
    if not claims.themes and not _holds(plain, check["overall"]):
        return "names neither a theme nor the reviews"
    return _numbers(plain, claims, facts, language) or _polarity(plain, facts, language)


def themes_in(sentence: str, facts: Facts, language: str) -> tuple[ThemeFact, ...]:
    """Return the themes of the facts that a sentence names."""
    return _claims(_without_name(sentence, facts, language), facts, language).themes


def names(facts: Facts, language: str) -> dict[str, list[str]]:
    """Return theme ids and the words that name them, in lower case."""
    found = {}
    for theme_id, label in facts.labels.items():
        name = name_of(theme_id, label, language)
        parts = [name, label, name.removeprefix("the "), *re.split(r" and | & |与|和|/", label)]
        found[theme_id] = sorted({part.lower().strip() for part in parts if part.strip()}, key=len, reverse=True)
    return found


def _claims(text: str, facts: Facts, language: str) -> Claims:
    known = {theme.theme_id: theme for theme in (*facts.wishes, *facts.themes)}
    lowered, spans = text.lower(), []
    for theme_id, words in names(facts, language).items():
        spans += [(*match.span(), theme_id) for word in words for match in _whole(word).finditer(lowered)]
    # the longest name wins where names overlap, as "customer service" and "service"; equal spans name either theme
    named = [s for s in spans if not any(o[0] <= s[0] and s[1] <= o[1] and o[1] - o[0] > s[1] - s[0] for o in spans)]
    places = {s[:2] for s in named}
    themes = {s[2] for s in named if s[2] in known}
    foreign = {lowered[a:b] for a, b in places if not any(s[:2] == (a, b) and s[2] in known for s in named)}
    return Claims(tuple(known[theme] for theme in sorted(themes)), tuple(sorted(foreign)))


def _unknown(text: str, facts: Facts, language: str) -> list[str]:
    check = lexicon(language)["check"]
    lists = ("praise", "complaint", "wish", "turn", "most", "overall")
    words = {word.lower() for key in lists for word in check[key]} | set(check["glue"].split()) | set(check["numbers"])
    told = {theme.theme_id for theme in (*facts.themes, *facts.wishes)}
    for theme_id, labels in names(facts, language).items():
        if theme_id in told:
            words |= {part for label in labels for part in (label, *_WORD.findall(label))}
    if language == "zh":
        return _uncovered(text, frozenset(words))
    return [word for word in _WORD.findall(text.lower().replace("’", "'")) if word.removesuffix("'s") not in words]


def _uncovered(text: str, words: frozenset[str]) -> list[str]:
    """Return the runs of Han characters, and the other words, that no known words cover."""
    left = [word for word in _WORD.findall(_HAN.sub(" ", text.lower())) if word not in words]
    return [*_HAN.findall(_any(words).sub(" ", text)), *left]


@lru_cache(maxsize=256)
def _any(words: frozenset[str]) -> re.Pattern[str]:
    """Match any of the words that are Han characters, the longest first."""
    known = sorted((word for word in words if _HAN.search(word)), key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, known)))


def _numbers(text: str, claims: Claims, facts: Facts, language: str) -> str:
    check = lexicon(language)["check"]
    for word, value in check["numbers"].items():
        if _holds(text, [word]) and value not in _counts(claims, facts):
            return f"counts in words: {word}"
    senses = _senses(text, check)
    for match in _NUMBER.finditer(text):
        value = float(match.group().replace(",", ""))
        if not text[match.end() :].lstrip().lower().startswith(("%", "percent", "per cent")):
            if value not in _counts(claims, facts):
                return f"holds a number that the evidence does not: {match.group()}"
            continue
        near = min(senses, key=lambda found: (_distance(found, match.span()), found), default=None)
        sense = near[2] if near else "praise"
        if not any(abs(value - share) <= 0.5 for share in _shares(sense, claims, facts)):
            return f"holds a share that the evidence does not, in the sense of {sense}: {match.group()}%"
    if _holds(text, check["most"]) and not claims.themes and facts.mood not in ("good", "bad"):
        return "speaks of most reviews where no polarity has most of them"
    return ""


def _counts(claims: Claims, facts: Facts) -> set[float]:
    own = {float(n) for t in claims.themes for n in (t.mentions, t.reviews, t.praised, t.complained, t.wished)}
    return own | {float(facts.reviews), float(facts.positive), float(facts.negative)}


def _shares(sense: str, claims: Claims, facts: Facts) -> Iterable[float]:
    for theme in claims.themes:
        yield 100 * {"praise": theme.praise_share, "complaint": theme.complaint_share}.get(sense, theme.wish_share)
    if not claims.themes and facts.reviews:
        yield 100 * {"praise": facts.positive, "complaint": facts.negative}.get(sense, -1) / facts.reviews


def _polarity(text: str, facts: Facts, language: str) -> str:
    """Compare each clause's praise or complaint with the verdict on the themes that it names."""
    check = lexicon(language)["check"]
    carried: set[str] = set()
    for clause in filter(str.strip, _CLAUSE.split(text)):
        named = _claims(clause, facts, language).themes
        senses = {sense for _, _, sense in _senses(clause, check)}
        # a clause without a theme of its own goes on about the last one
        themes = named or tuple(theme for theme in facts.themes if theme.theme_id in carried)
        carried = {theme.theme_id for theme in themes}
        if _turned(clause, check) and senses == {"praise"}:
            senses = {"complaint"}
        elif _turned(clause, check) and senses == {"complaint"}:
            senses = {"praise"}
        for theme in themes:
            if theme.verdict == "praised" and senses == {"complaint"} and not _cited(clause, theme.complaint):
                return f"criticizes {theme.label}, which most mentions praise"
            if theme.verdict != "praised" and senses == {"praise"} and not _cited(clause, theme.praise):
                return f"praises {theme.label}, which most mentions do not praise"
        if not themes and senses == {"praise"} and facts.mood == "bad" and not _NUMBER.search(clause):
            return "praises what most reviews do not"
        if not themes and senses == {"complaint"} and facts.mood == "good" and not _NUMBER.search(clause):
            return "criticizes what most reviews do not"
    return ""


def _cited(clause: str, share: str) -> bool:
    return share in clause  # a share in its own sense was compared with the facts already


def _turned(clause: str, check: dict[str, Any]) -> bool:
    masked = clause.lower()
    own = [word for word in (*check["praise"], *check["complaint"]) if any(turn in word for turn in check["turn"])]
    for word in (*check["not_turn"], *own):  # 不错 and 不满意 are senses of their own, not turned ones
        masked = masked.replace(word, " ")
    return _holds(masked, check["turn"])


def _senses(text: str, check: dict[str, Any]) -> list[tuple[int, int, str]]:
    spans = [
        (*match.span(), sense)
        for sense in ("praise", "complaint", "wish")
        for word in check[sense]
        for match in _whole(word).finditer(text.lower())
    ]
    # 不满意 is a complaint, though 满意 within it is praise
    return sorted(
        s for s in spans if not any(o[0] <= s[0] and s[1] <= o[1] and o[1] - o[0] > s[1] - s[0] for o in spans)
    )


def _distance(span: tuple[int, int, str], other: tuple[int, int]) -> int:
    return max(span[0] - other[1], other[0] - span[1], 0)


def _holds(text: str, words: Iterable[str]) -> bool:
    lowered = text.lower()
    return any(_whole(word).search(lowered) for word in words)


@lru_cache(maxsize=4096)
def _whole(word: str) -> re.Pattern[str]:
    """Match a word as a whole; words of Han characters match anywhere."""
    escaped = re.escape(word.lower())
    return re.compile(escaped if _HAN.search(word) or word == "n't" else rf"(?<!\w){escaped}(?!\w)")


def _without_name(text: str, facts: Facts, language: str) -> str:
    """Replace the product's name, which may hold numbers and names of themes."""
    name = facts.name or ""
    return re.sub(re.escape(name), lexicon(language)["this"], text, flags=re.IGNORECASE) if len(name) > 1 else text
