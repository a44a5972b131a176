"""`themes.toml`: the whole truth about a theme set, to be read, edited and compared line by line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from reviewlens.errors import ArtefactError
from reviewlens.schemas import OTHER
from reviewlens.themes.broken import mistake
from reviewlens.themes.theme import EVENTS, Cue, Event, Theme

FORMAT = 1
SCOPES = ("clause", "review")
_KEYS = {"id", "labels", "cues", "excludes", "threshold", "retired", "note", "yields_to", "witnesses"}
_HINT = "edit the file, or save the theme set again"
_TEXT_OR_COMMENT = re.compile(r""""{3}[\s\S]*?"{3}|'{3}[\s\S]*?'{3}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*""")
_HEADER = "# Themes of reviewlens. `cues` of a list weigh 1; a cue with another weight has a line of its own."


class Content:
    """What a file holds."""

    def __init__(
        self, themes: Sequence[Theme], *, scope: str, edition: int, log: Sequence[Event], about: Mapping[str, Any]
    ) -> None:
        self.themes, self.scope, self.edition, self.log, self.about = (
            tuple(themes),
            scope,
            edition,
            tuple(log),
            dict(about),
        )


def comments(text: str) -> list[str]:
    """Return the comments of a `themes.toml` without its own header; `parse` reads none, so `write` loses them."""
    found = [said.strip() for said in _TEXT_OR_COMMENT.findall(text) if said.startswith("#")]
    return [said for said in found if said != _HEADER]


def parse(text: str, where: str) -> Content:
    """Read the text of a `themes.toml`; raise `ArtefactError` that names line and key."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, key = mistake(text)
        place = f"{where}, line {line}, key {key}"
        raise ArtefactError(f"the theme set is not valid TOML: {error}", where=place, hint=_HINT) from None
    return _Reader(text, where).content(data)


class _Reader:
    """Checks keys and types, and knows the line of each."""

    def __init__(self, text: str, where: str) -> None:
        self.lines, self.where = text.splitlines(), where

    def fail(self, what: str, key: str, section: str = "", number: int = 0) -> ArtefactError:
        line = self._line(key, section, number)
        name = f"[[{section}]] number {number + 1}, key {key}" if section else f"key {key}"
        return ArtefactError(what, where=f"{self.where}, line {line}, {name}", hint=_HINT)

    def _line(self, key: str, section: str, number: int) -> int:
        seen, start = -1, 0
        for i, line in enumerate(self.lines):
            if section and re.match(rf"\s*\[\[\s*{section}\s*\]\]", line):
                seen += 1
                if seen == number:
                    start = i
                    break
        last = key.split(".")[-1]
        names = "|".join(map(re.escape, (key, last, _inner(last))))
        spelled = re.compile(rf"""\s*(?:\[.*)?["']?(?:{names})["']?\s*[=.\]]""")
        for i in range(start, len(self.lines)):
            if i > start and section and self.lines[i].startswith("[["):
                break
            if spelled.match(self.lines[i]):
                return i + 1
        return start + 1

    def content(self, data: dict[str, Any]) -> Content:
        for key in data:
            if key not in {"format", "edition", "scope", "theme", "log", "about"}:
                raise self.fail(f"unknown key {key!r}", key)
        if data.get("format") != FORMAT:
            raise self.fail(f"format must be {FORMAT}, not {data.get('format')!r}", "format")
        scope, edition, about = data.get("scope", SCOPES[0]), data.get("edition", 1), data.get("about", {})
        if scope not in SCOPES:
            raise self.fail(f"scope must be one of {', '.join(SCOPES)}, not {scope!r}", "scope")
        if type(edition) is not int or edition < 1:
            raise self.fail(f"edition must be a whole number from 1, not {edition!r}", "edition")
        self.about(about)
        tables = [data.get(name, []) for name in ("theme", "log")]
        for name, listed in zip(("theme", "log"), tables, strict=True):
            if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
                raise self.fail(f"write [[{name}]] for each {name}", name)
        themes = [self.theme(item, i) for i, item in enumerate(tables[0])]
        seen: dict[str, int] = {}
        for i, theme in enumerate(themes):
            if theme.theme_id in seen:
                raise self.fail(f"theme id {theme.theme_id!r} is used twice", "id", "theme", i)
            seen[theme.theme_id] = i
        for i, theme in enumerate(themes):
            if theme.yields_to and (theme.yields_to not in seen or theme.yields_to == theme.theme_id):
                raise self.fail(f"{theme.yields_to!r} is no other theme of this file", "yields_to", "theme", i)
        log = [self.event(item, i) for i, item in enumerate(tables[1])]
        return Content(themes, scope=scope, edition=edition, log=log, about=about)

    def about(self, given: Any) -> None:
        if not isinstance(given, dict):
            raise self.fail("about must be a table", "about")
        phrases, reasons = given.get("other_phrases", []), given.get("other_reasons", {})
        if not isinstance(phrases, list) or not all(isinstance(phrase, str) for phrase in phrases):
            raise self.fail("other_phrases must be a list of texts", "about.other_phrases")
        counts = given.get("other_counts", [])
        if not isinstance(counts, list) or not all(type(count) is int for count in counts):
            raise self.fail("other_counts must be a list of whole numbers", "about.other_counts")
        if not isinstance(reasons, dict) or not all(type(count) is int for count in reasons.values()):
            raise self.fail("other_reasons must be a table of whole numbers", "about.other_reasons")

    def theme(self, item: dict[str, Any], number: int) -> Theme:
        def fail(what: str, key: str) -> ArtefactError:
            return self.fail(what, key, "theme", number)

        for key in item:
            if key not in _KEYS:
                raise fail(f"unknown key {key!r}", key)
        theme_id, threshold = item.get("id"), item.get("threshold", 1.0)
        if not isinstance(theme_id, str) or not theme_id.strip():
            raise fail("a theme needs an id, a text", "id")
        if theme_id == OTHER:
            raise fail(f"the id {OTHER!r} is kept for what fits no theme", "id")
        labels = item.get("labels", {})
        if not isinstance(labels, dict) or not all(isinstance(v, str) for v in labels.values()):
            raise fail('labels must be a table of texts, like { en = "Battery" }', "labels")
        if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 < threshold < 1e9:
            raise fail(f"threshold must be a number above 0, not {threshold!r}", "threshold")
        retired, note = item.get("retired", False), item.get("note", "")
        if not isinstance(retired, bool):
            raise fail("retired must be true or false", "retired")
        if not isinstance(note, str):
            raise fail("note must be a text", "note")
        yields_to = item.get("yields_to", "")
        if not isinstance(yields_to, str):
            raise fail("yields_to must be the id of a theme", "yields_to")
        excludes, witnesses = (self._texts(item.get(key, []), key, number) for key in ("excludes", "witnesses"))
        cues = self.cues(item.get("cues", {}), number)
        return Theme(theme_id, labels, cues, excludes, float(threshold), retired, note, yields_to, witnesses)

    def cues(self, given: Any, number: int) -> tuple[Cue, ...]:
        if isinstance(given, list):
            return tuple(Cue(text) for text in self._texts(given, "cues", number))
        if not isinstance(given, dict):
            raise self.fail("cues must be a table or a list", "cues", "theme", number)
        cues = []
        for key, value in given.items():
            if isinstance(value, list):
                cues += [Cue(text, 1.0, key) for text in self._texts(value, f"cues.{key}", number)]
            elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9:
                cues.append(Cue(key, float(value)))
            else:
                raise self.fail(
                    f"{key!r} must be a weight or a list of cues, not {value!r}", f"cues.{key}", "theme", number
                )
        return tuple(cues)

    def _texts(self, given: Any, key: str, number: int) -> tuple[str, ...]:
        if not isinstance(given, list):
            raise self.fail(f"{key} must be a list of texts", key, "theme", number)
        for text in given:
            if not isinstance(text, str) or not text.strip():
                raise self.fail(f"{key} must hold texts that are not empty, not {text!r}", key, "theme", number)
        return tuple(given)

    def event(self, item: dict[str, Any], number: int) -> Event:
        kinds = {"edition": int, "event": str, "theme": str, "others": list, "note": str}
        for key, value in item.items():
            if key not in kinds or not isinstance(value, kinds[key]):
                raise self.fail(f"{key!r} cannot be {value!r}", key, "log", number)
        for key in ("edition", "event", "theme"):
            if key not in item:
                raise self.fail(f"an entry of the log needs {key}", key, "log", number)
        if item["event"] not in EVENTS:
            raise self.fail(f"event must be one of {', '.join(EVENTS)}", "event", "log", number)
        return Event(
            item["edition"], item["event"], item["theme"], tuple(map(str, item.get("others", []))), item.get("note", "")
        )


def _inner(key: str) -> str:
    return _string(key)[1:-1]


def write(content: Content) -> str:
    """Return the text of a `themes.toml`: the inverse of `parse`."""
    lines = [_HEADER, f"format = {FORMAT}", f"edition = {content.edition}", f"scope = {_string(content.scope)}"]
    if content.about:
        lines += ["", "[about]", *(f"{_key(k)} = {_value(v)}" for k, v in content.about.items())]
    ids = {theme.theme_id for theme in content.themes}
    for theme in content.themes:
        lines += ["", "[[theme]]", f"id = {_string(theme.theme_id)}"]
        if theme.labels:
            inside = ", ".join(f"{_key(code)} = {_string(label)}" for code, label in theme.labels.items())
            lines.append(f"labels = {{ {inside} }}")
        if theme.threshold != 1.0:
            lines.append(f"threshold = {theme.threshold!r}")
        if theme.retired:
            lines.append("retired = true")
        if theme.note:
            lines.append(f"note = {_string(theme.note)}")
        if theme.yields_to in ids - {theme.theme_id}:  # a part of a theme set may lack the other theme
            lines.append(f"yields_to = {_string(theme.yields_to)}")
        for key, phrases in (("excludes", theme.excludes), ("witnesses", theme.witnesses)):
            if phrases:
                lines += _list(key, phrases)
        lines += _cue_lines(theme.cues)
    for event in content.log:
        lines += [
            "",
            "[[log]]",
            f"edition = {event.edition}",
            f"event = {_string(event.event)}",
            f"theme = {_string(event.theme)}",
        ]
        if event.others:
            lines.append(f"others = {_value(list(event.others))}")
        if event.note:
            lines.append(f"note = {_string(event.note)}")
    return "\n".join(lines) + "\n"


def _cue_lines(cues: Sequence[Cue]) -> list[str]:
    if not cues:
        return []
    lines = ["[theme.cues]"]
    listed: dict[str, list[str]] = {}
    names = {cue.text for cue in cues if not cue.group}
    for cue in cues:
        if cue.group and cue.weight == 1.0:
            listed.setdefault(cue.group, []).append(cue.text)
        elif cue.text not in listed:
            lines.append(f"{_key(cue.text)} = {cue.weight!r}")
    for group, texts in listed.items():
        lines += _list(_key(group if group not in names else f"{group} (list)"), texts)
    return lines


def _list(key: str, texts: Sequence[str]) -> list[str]:
    return [f"{key} = [", *(f"  {_string(text)}," for text in texts), "]"]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items()) + " }"
    return _string(str(value))


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _string(key)


def _string(text: str) -> str:
    def escape(match: re.Match[str]) -> str:
        char = match.group()
        return {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char) or f"\\u{ord(char):04X}"

    return '"' + re.sub(r'[\x00-\x1f\x7f"\\]', escape, text) + '"'
