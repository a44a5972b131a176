"""A shop that exports the reviews of its last days every night: overlapping, late, corrupt, changed, rotated away.

A corrupt export comes whole the next night, but for one that was read before: what it said then stands.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.generate import reviews

START = pd.Timestamp("2024-01-01", tz="UTC")
OVERLAP = 5  # days that an export reaches back
ROTATED = 12  # days after which the shop removes an export


class Shop:
    """The shop's own truth, and the folder of exports that the job reads.

    `ledger` keeps the last whole version of every export that was ever delivered: a run over it knows all.
    """

    def __init__(self, exports: Path, ledger: Path, *, per_night: int, seed: int) -> None:
        self.exports, self.ledger = exports, ledger
        self._per_night, self._random = per_night, random.Random(seed)
        self._truth: dict[str, dict[str, Any]] = {}
        self._late: list[tuple[int, str, pd.DataFrame]] = []
        self._exported: dict[str, dict[str, Any]] = {}
        self._spoiled: set[str] = set()
        exports.mkdir(parents=True)
        ledger.mkdir(parents=True)

    def night(self, night: int) -> list[str]:
        """Let a day pass and deliver what the night brings; return what went wrong."""
        now = START + pd.Timedelta(night, "D")
        self._live_on(night, now)
        trouble = []
        name, frame = f"night-{night:03d}.parquet", self._export(night, now)
        fate = self._random.random()
        if fate < 0.15:
            self._late.append((night + self._random.randint(1, 3), name, frame))
            trouble.append("late")
        elif fate < 0.3:
            self._deliver(name, frame)
            self._cut_short(name)
            self._late.append((night + 1, name, frame))
            trouble.append("corrupt")
        else:
            self._deliver(name, frame)
        if night > 3 and self._random.random() < 0.3:  # an export of before is made again
            before = night - self._random.randint(1, 3)
            name = f"night-{before:03d}.parquet"
            read_before = (self.exports / name).exists() and name not in {late for _, late, _ in self._late}
            if read_before and self._random.random() < 0.4:  # overwritten by half a file, and nobody ever mends it
                self._cut_short(name)
                self._spoiled.add(name)
                trouble.append("spoiled")
            else:
                self._deliver(name, self._export(before, now))
                self._spoiled.discard(name)
                self._late = [late for late in self._late if late[1] != name]
                trouble.append("changed")
        self._come_due(night)
        self._rotate(night)
        return trouble

    def last_night(self, night: int) -> None:
        """Deliver all that is late, and take out what nobody mended, for a fresh run has no file in quarantine."""
        self._come_due(night + 10)
        for name in self._spoiled:
            (self.exports / name).unlink(missing_ok=True)

    def expected(self, forgotten: str) -> Mapping[str, str]:
        """Return review id -> text of the newest delivered version of each review that stands and says something.

        The reviews of the customer `forgotten` are not among them.
        """
        return {
            review_id: row["text"]
            for review_id, row in self._exported.items()
            if pd.isna(row["deleted_at"]) and row["text"].strip() and row["customer"] != forgotten
        }

    def _live_on(self, night: int, now: pd.Timestamp) -> None:
        rng = np.random.default_rng([night, self._per_night])
        fresh = reviews(rng, night * self._per_night, self._per_night, products=12).to_pandas()
        fresh["created_at"] = now + pd.to_timedelta(rng.integers(0, 86_400, len(fresh)), "s")
        fresh["customer"] = [f"c{k}" for k in rng.integers(0, 300, len(fresh))]
        fresh["deleted_at"] = pd.Series(pd.NaT, fresh.index).dt.tz_localize("UTC")
        recent = [row for row in self._truth.values() if row["created_at"] > now - pd.Timedelta(OVERLAP, "D")]
        for row in recent:
            luck = self._random.random()
            if luck < 0.08:
                row["text"] = f"Edited on day {night}: {self._random.choice(recent)['text']}"
            elif luck < 0.1:
                row["text"] = "  "
            elif luck < 0.12:
                row["deleted_at"] = now
        self._truth.update({row["review_id"]: row for row in fresh.to_dict("records")})

    def _export(self, night: int, now: pd.Timestamp) -> pd.DataFrame:
        first = START + pd.Timedelta(night - OVERLAP, "D")
        last = START + pd.Timedelta(night + 1, "D")
        rows = [row for row in self._truth.values() if first <= row["created_at"] < last]
        return pd.DataFrame(rows).assign(exported_at=now + pd.Timedelta(23, "h"))

    def _deliver(self, name: str, frame: pd.DataFrame) -> None:
        frame.to_parquet(self.exports / name, row_group_size=self._random.choice([50, 200, 1000]))
        shutil.copy2(self.exports / name, self.ledger / name)
        for row in frame.to_dict("records"):
            known = self._exported.get(row["review_id"])
            if known is None or known["exported_at"] <= row["exported_at"]:
                self._exported[row["review_id"]] = row

    def _cut_short(self, name: str) -> None:
        whole = (self.exports / name).read_bytes()
        (self.exports / name).write_bytes(whole[: self._random.randint(0, len(whole) - 1)])

    def _come_due(self, night: int) -> None:
        for due, name, frame in self._late:
            if due <= night:
                self._deliver(name, frame)
        self._late = [late for late in self._late if late[0] > night]

    def _rotate(self, night: int) -> None:
        old = self.exports / f"night-{night - ROTATED:03d}.parquet"
        if old.exists() and not any(name == old.name for _, name, _ in self._late):
            old.unlink()
