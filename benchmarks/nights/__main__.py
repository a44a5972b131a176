"""Many nights with overlapping, changed, deleted, corrupt and late exports, kills, full disks and two jobs at once.

python -m benchmarks.nights                    30 nights, at least 100 kills
python -m benchmarks.nights --small            the same in less than a minute

At the end every table equals that of one fresh run over everything, no review is lost, none counts twice, and no
reader ever saw anything half-written; otherwise the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.nights import crew
from benchmarks.nights.shop import Shop

DONE = {0, 6}
FORGOTTEN = "c7"
BALLAST = 1 << 20  # bytes written at once
GRACE_SECONDS = 60  # a look of the reader takes less; the small filesystem cannot hold the runs of many minutes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--kills", type=int, default=4, help="kills per night, at least")
    parser.add_argument("--per-night", type=int, default=150, help="new reviews per night")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small", action="store_true", help="4 nights of 40 reviews, 2 kills each")
    parser.add_argument(
        "--full-disk", type=Path, help="a small filesystem to work on and to fill; else a limit on file size"
    )
    parser.add_argument("--out", type=Path, help="where the results go as JSON")
    given = parser.parse_args()
    if given.small:
        given.nights, given.kills, given.per_night = 4, 2, 40
    with tempfile.TemporaryDirectory(prefix="nights-") as folder:
        result = Nights(Path(folder), given).run()
    text = json.dumps(result, indent=1)
    print(text)
    if given.out:
        given.out.write_text(text + "\n")
    sys.exit(0 if result["passed"] else 1)


class Nights:
    """The simulation and its tally."""

    def __init__(self, folder: Path, given: argparse.Namespace) -> None:
        self.given, self.folder, self.out = given, folder, (given.full_disk or folder) / "lens"
        self.random = random.Random(given.seed)
        self.shop = Shop(folder / "exports", folder / "ledger", per_night=given.per_night, seed=given.seed)
        self.log = folder / "log"
        self.tally: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.seconds = 2.0  # of an undisturbed night, so far

    def run(self) -> dict[str, Any]:
        """Live through the nights and weigh the outcome."""
        crew.warm_up()
        began = time.perf_counter()
        reader = crew.Reader(self.out, self.folder / "notes.json")
        try:
            for night in range(self.given.nights):
                self.tally.update(self.shop.night(night))
                self._night(night)
            self.shop.last_night(self.given.nights)
            self._finish_the_night()
        finally:
            seen = reader.stop()
        return self._weigh(seen, time.perf_counter() - began)

    def _night(self, night: int) -> None:
        if night == self.given.nights // 2:
            self._disturb(["forget", str(self.out), "--customer", FORGOTTEN], 1)
            self._expect(crew.finish(crew.start(["forget", str(self.out), "--customer", FORGOTTEN], self.log)), {0})
        kills = self._disturb(self._words(), self.given.kills)
        self.tally["kills"] += kills
        if night % 3 == 1:
            self._fill_the_disk()
        if night % 4 == 2:
            self._two_at_once()
        self._finish_the_night()

    def _words(self) -> list[str]:
        workers = "2" if self.random.random() < 0.15 else "1"
        return ["run", str(self.shop.exports), "--out", str(self.out), "--workers", workers, "--no-progress"]

    def _environment(self) -> dict[str, str]:
        rows = {"REVIEWLENS_PART_ROWS": str(self.random.choice([70, 150, 400])), "REVIEWLENS_BATCH_ROWS": "64"}
        return rows | {"REVIEWLENS_KEEP": "3", "REVIEWLENS_GRACE_SECONDS": str(GRACE_SECONDS)}

    def _disturb(self, words: list[str], wanted: int) -> int:
        """Start the command and kill it, until `wanted` kills came before its end."""
        kills = tries = 0
        while kills < wanted and tries < 20 * wanted:  # a job with nothing left to do is quickly over
            tries += 1
            child = crew.start(words, self.log, environment=self._environment())
            moment = self.random.random() * self.seconds
            code = crew.kill_after(child, moment, group=self.random.random() < 0.5)
            kills += code == -9
            self.codes[str(code)] += 1
        return kills

    def _fill_the_disk(self) -> None:
        """Run where nothing more can be written; then the job fails with a clear error, or needed no more."""
        limit = self.random.choice([300, 3_000, 20_000, 60_000])
        before = (self.out / "current").resolve()
        with self._ballast(limit):
            file_limit = None if self.given.full_disk else limit
            child = crew.start(self._words(), self.log, limit=file_limit, environment=self._environment())
            code = crew.finish(child)
        self._expect(code, DONE | {1})
        if code == 1 and (self.out / "current").resolve() != before:
            self.tally["published on a full disk"] += 1
        self.tally["full disks"] += 1
        self.tally["full disks that stopped the job"] += code == 1

    @contextmanager
    def _ballast(self, free: int) -> Iterator[None]:
        """Fill the small filesystem, if there is one, up to so many free bytes."""
        if self.given.full_disk is None:
            yield
            return
        ballast = self.given.full_disk / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file, suppress(OSError):  # some of it the filesystem needs itself
                while file.write(bytes(min(BALLAST, shutil.disk_usage(self.given.full_disk).free))):
                    pass
            os.truncate(ballast, max(0, ballast.stat().st_size - free))
            yield
        finally:
            ballast.unlink()

    def _two_at_once(self) -> None:
        words = self._words()
        pair = [crew.start(words, self.log, environment=self._environment()) for _ in range(2)]
        codes = [crew.finish(child) for child in pair]
        for code in codes:
            self._expect(code, DONE | {5})
        self.tally["pairs"] += 1
        self.tally["pairs of which one was turned away"] += 5 in codes

    def _finish_the_night(self) -> None:
        if not any(self.shop.exports.glob("*.parquet")):
            return
        began = time.perf_counter()
        child = crew.start(self._words(), self.log, environment=self._environment())
        self._expect(crew.finish(child), DONE)
        self.seconds = 0.7 * self.seconds + 0.3 * (time.perf_counter() - began)

    def _expect(self, code: int, allowed: set[int]) -> None:
        self.codes[str(code)] += 1
        if code not in allowed:
            self.tally["unexpected exit codes"] += 1
            print(f"exit code {code}, expected {allowed}:\n{self.log.read_text()[-3000:]}", file=sys.stderr)

    def _weigh(self, seen: dict[str, Any], seconds: float) -> dict[str, Any]:
        from reviewlens.run import open_run

        nightly, fresh = open_run(self.out), self._fresh()
        differ = [name for name in fresh.tables if not _same(fresh.tables[name], nightly.tables[name])]
        ids = nightly.scored.to_table(columns=["review_id"]).column("review_id").to_pylist()
        wanted = set(self.shop.expected(FORGOTTEN))
        outcome = {
            "tables_that_differ_from_a_fresh_run": differ,
            "reviews_lost": len(wanted - set(ids)),
            "reviews_that_should_not_be_there": len(set(ids) - wanted),
            "reviews_counted_twice": len(ids) - len(set(ids)),
            "times_a_reader_saw_something_wrong": seen["times_wrong"],
            "unexpected_exit_codes": self.tally["unexpected exit codes"],
            "temporary_files_left": len(list(self.out.rglob(".tmp-*"))),
        }
        enough = self.tally["kills"] >= self.given.nights * self.given.kills * 0.85 and seen["looks"] > 0
        return {
            "passed": enough and not any(outcome.values()),
            **outcome,
            "nights": self.given.nights,
            "reviews": len(ids),
            "rows": nightly.manifest["counts"]["rows"],
            "tally": dict(self.tally),
            "exit_codes": dict(sorted(self.codes.items())),
            "reader": seen,
            "seconds": round(seconds, 1),
            "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
            "commit": _commit(),
            "kills_per_night": self.given.kills,
            "full_disk": "a small filesystem" if self.given.full_disk else "a limit on file size",
        }

    def _fresh(self) -> Any:
        from reviewlens.job import analyze

        fresh = self.folder / "fresh"
        fresh.mkdir()
        for name in ("customer.key", "forgotten.json"):
            if (self.out / name).exists():
                shutil.copy(self.out / name, fresh / name)
        return analyze(self.shop.ledger, out=fresh)


def _same(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    try:
        pd.testing.assert_frame_equal(a, b, check_exact=True)
    except AssertionError:
        return False
    return True


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
