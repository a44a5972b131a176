"""How much a search may cost, as the user writes it."""

from __future__ import annotations

import re

from reviewlens.errors import ConfigError

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def parse_budget(search: int | str) -> tuple[int, float]:
    """Return the number of trials and the seconds that `search` allows: 20, "20" or "90s", "20m", "2h"."""
    match = re.fullmatch(r"(\d+)([smh]?)", str(search).strip())
    if match is None or int(match[1]) < 1:
        raise ConfigError(f"search={search!r} is neither a number of trials nor a time", hint='write 20, "20m" or "2h"')
    amount, unit = int(match[1]), match[2]
    return (10_000, float(amount * _SECONDS[unit])) if unit else (amount, float("inf"))
