from __future__ import annotations

from collections.abc import Callable

import pytest

from reviewlens.descriptions.facts import Facts, ThemeFact


def theme(theme_id: str, mentions: int, praise: float, complaint: float, wish: float = 0.0) -> ThemeFact:
    quotes = (("R1", f"a quote about {theme_id}"),)
    return ThemeFact(theme_id, theme_id.capitalize(), mentions, mentions, praise, complaint, wish, quotes)


@pytest.fixture
def make() -> Callable[..., Facts]:
    """Facts of a good kettle: sound praised, battery criticized, screen divided, delivery unclear."""

    def build(**changed: object) -> Facts:
        themes = (
            theme("sound", 50, 0.86, 0.1, 0.04),
            theme("battery", 40, 0.2, 0.75, 0.05),
            theme("screen", 30, 0.5, 0.4),
            theme("delivery", 6, 0.6667, 0.3333),
        )
        known = {
            "product_id": "K1", "name": "Kettle 1.7 L", "reviews": 120, "positive": 90, "negative": 20,
            "themes": themes, "wishes": themes[:2],
            "labels": {t.theme_id: t.label for t in themes} | {"smell": "Smell", "safety": "Safety"}, "enough": 5,
        }  # fmt: skip
        return Facts(**(known | changed))  # type: ignore[arg-type]

    return build


@pytest.fixture
def facts(make: Callable[..., Facts]) -> Facts:
    return make()
