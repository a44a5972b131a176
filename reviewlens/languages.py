"""What the code knows of a language: words as data, one TOML file per language in `data/languages`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def languages() -> dict[str, dict[str, Any]]:
    """Return the words of every language by its ISO 639-1 code, in alphabetical order."""
    folder = resources.files("reviewlens") / "data" / "languages"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return {f.name.removesuffix(".toml"): tomllib.loads(f.read_text("utf-8")) for f in files}


def words(section: str, key: str) -> dict[str, list[str]]:
    """Return the list `[section] key` of each language that has it."""
    found = {code: data.get(section, {}).get(key, []) for code, data in languages().items()}
    return {code: list(values) for code, values in found.items() if values}
