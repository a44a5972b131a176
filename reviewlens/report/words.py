"""What the report says, in the reader's language; the sentences are data in `templates/report/<language>.toml`."""

from __future__ import annotations

import math
import re
import tomllib
from importlib.resources import files

import pandas as pd

from reviewlens.errors import ConfigError

MISSING = "–"
_AFTER_IDEOGRAPH, _WIDE = re.compile(r"(?<=[\u4e00-\u9fff])[,!?:;]"), str.maketrans(",!?:;", "，！？：；")
_REPEATED = re.compile(r"([^\w\s])\1{3,}")
_IDEOGRAPH = re.compile("[\u4e00-\u9fff]")


class Words:
    """Sentences and number formats of one language."""

    def __init__(self, language: str, sentences: dict[str, str]) -> None:
        self.language = language
        self._sentences = sentences

    @classmethod
    def load(cls, language: str) -> Words:
        """Load a language; raise `ConfigError` where the report does not speak it."""
        path = files("reviewlens") / "templates" / "report" / f"{language}.toml"
        if not path.is_file():
            raise ConfigError(f"the report does not speak {language!r}", hint=f"write templates/report/{language}.toml")
        return cls(language, tomllib.loads(path.read_text("utf-8")))

    def say(self, key: str, **values: object) -> str:
        """Return a sentence with its values filled in; whole numbers get thousands separators.

        The sentence `<key>_one` is taken, where there is one, if `n` is 1.
        """
        if values.get("n") == 1 and f"{key}_one" in self._sentences:
            key = f"{key}_one"
        shown = {k: self.count(v) if isinstance(v, int) else v for k, v in values.items()}
        return self._sentences[key].format(**shown)

    def name_of(self, kind: str, value: str) -> str:
        """Return what to call a value such as the reason `empty_text`; the value itself where there is no name."""
        return self._sentences.get(f"{kind}_{value}", value.replace("_", " "))

    def count(self, n: float) -> str:
        """Return a whole number, `12,345`."""
        return MISSING if _absent(n) else f"{int(n):,}"

    def share(self, x: float) -> str:
        """Return a share in percent: `3.2%`, `45%`."""
        if _absent(x):
            return MISSING
        return f"{100 * x:.1f}%" if abs(x) < 0.0995 else f"{100 * x:.0f}%"

    def percent(self, x: float) -> str:
        """Return a declared share without needless decimals: `5%`."""
        return f"{100 * x:g}%"

    def points(self, x: float) -> str:
        """Return the size of a difference of shares in percentage points, without a sign: `3.2`."""
        return MISSING if _absent(x) else f"{abs(100 * x):.1f}"

    def number(self, x: float, digits: int = 1) -> str:
        """Return a number with a fixed number of decimals."""
        return MISSING if _absent(x) else f"{x:.{digits}f}"

    def chance(self, p: float) -> str:
        """Return a p- or q-value as a reader wants it: `< 0.001`, `= 0.03`."""
        return "< 0.001" if p < 0.001 else f"= {p:.2g}"

    def day(self, when: object) -> str:
        """Return a date as `2026-09-30`."""
        stamp = pd.Timestamp(when)  # type: ignore[arg-type]
        return MISSING if pd.isna(stamp) else f"{stamp:%Y-%m-%d}"

    def period(self, when: object, length: str) -> str:
        """Return the name of a period: `2026-09` for a month, its first day otherwise."""
        return f"{pd.Timestamp(when):%Y-%m}" if length == "month" else self.day(when)  # type: ignore[arg-type]

    def listed(self, items: list[str]) -> str:
        """Return items as one phrase: `a, b and c`."""
        if len(items) < 2:
            return "".join(items)
        return self._sentences["comma"].join(items[:-1]) + self._sentences["and"] + items[-1]

    @staticmethod
    def clause(text: str) -> str:
        """Return a quote with an ellipsis in place of its last comma; of a mark repeated often three are left."""
        text = _AFTER_IDEOGRAPH.sub(lambda mark: mark[0].translate(_WIDE), _REPEATED.sub(r"\1\1\1", text))
        kept = text.rstrip(" ,，、;；")
        return text if kept == text.rstrip() else f"{kept} …" if kept.isascii() else f"{kept}……"

    @staticmethod
    def language_of(text: str) -> str:
        """Return the HTML language of a quote, so that it is set and read aloud as what it is."""
        return "zh" if _IDEOGRAPH.search(text) else "en"


def _absent(x: float) -> bool:
    return x is None or (isinstance(x, float) and math.isnan(x))
