"""The nightly run: plan, map, commit, summarize."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from tqdm import tqdm

from reviewlens import read
from reviewlens.batch import Artefacts
from reviewlens.classifier import Classifier
from reviewlens.config import JobConfig, RunOptions, Settings, load_settings
from reviewlens.engines import Engine
from reviewlens.engines.local import LocalEngine
from reviewlens.errors import ConfigError, RejectsError
from reviewlens.part import Task, load_artefacts, write_part
from reviewlens.publish import publish
from reviewlens.run import Run, open_run
from reviewlens.schemas import SCORED_REASON
from reviewlens.store import FORMAT, Store
from reviewlens.themes import ThemeSet

# What the user, not the data, took out; rows with any other reason count as lost.
NOT_LOST = frozenset({SCORED_REASON, "deleted", "forgotten"})

PathLike = str | os.PathLike[str]


def analyze(
    data: Any,
    *,
    out: PathLike,
    columns: Mapping[str, str] | None = None,
    themes: ThemeSet | PathLike | None = None,
    classifier: Classifier | PathLike | None = None,
    engine: Engine | None = None,
    config: Settings | Mapping[str, Any] | PathLike | None = None,
) -> Run:
    """Score the reviews, find their needs, write the summary tables to `out` and return the run.

    `data` is a path, glob, folder, list of paths, DataFrame, `pyarrow.Table`, or a list or Series of texts; None takes
    `source` from the configuration. `columns` maps our column names to the data's. Only what is new or changed since
    the last run in `out` is scored; when nothing is, that run is returned.

    Raises `InputError` for data that cannot be used, `ConfigError`, `ArtefactError`, `LockedError` while another run
    holds `out`, and `RejectsError` when more rows than allowed could not be read: then nothing is published.
    """
    settings = _settings(config, columns)
    store = Store(out)
    with store.lock():
        night = plan_night(store, data, settings, themes=themes, classifier=classifier)
        return _carry_out(store, night, settings, engine or LocalEngine(settings.options.workers))


class Night(NamedTuple):
    """What a run is about to do."""

    plan: read.Plan
    tasks: tuple[Task, ...]  # all parts of tonight's input
    todo: tuple[Task, ...]  # those that no earlier run has scored
    kept: tuple[dict[str, Any], ...]  # parts of earlier inputs that stay
    artefacts: Artefacts
    fingerprints: dict[str, str]
    last: dict[str, Any] | None  # manifest of the last run


def plan_night(
    store: Store,
    data: Any,
    settings: Settings,
    *,
    themes: ThemeSet | PathLike | None = None,
    classifier: Classifier | PathLike | None = None,
) -> Night:
    """Find out what is new or changed; writes nothing but a frozen copy of artefacts that are given as objects."""
    config, options = settings.config, settings.options
    plan = read.plan(
        read.Paths(config.source) if data is None else data, columns=config.columns or None, part_rows=options.part_rows
    )
    paths = (_path(store, classifier or config.classifier), _path(store, themes or config.themes))
    key = store.customer_key()
    artefacts = load_artefacts(*paths, key)
    fingerprints = {
        "classifier": artefacts.classifier.fingerprint,
        "themes": artefacts.themes.fingerprint,
        "customer_key": _hash(key.hex()),
        "config": config.fingerprint(),
    }
    scoring = [str(FORMAT), *(fingerprints[k] for k in ("classifier", "themes", "customer_key"))]
    forgotten = store.forgotten()
    tasks = tuple(
        Task(_hash(*scoring, *part.identity), part, str(store.out), *paths, key, forgotten, options.batch_rows)
        for part in plan.parts
    )
    folder = store.current_run()
    last = store.manifest(folder) if folder else None
    todo = tuple(task for task in tasks if not store.has_part(task.part_id))
    return Night(plan, tasks, todo, _kept(last, plan, config), artefacts, fingerprints, last)


def _carry_out(store: Store, night: Night, settings: Settings, engine: Engine) -> Run:
    config, options = settings.config, settings.options
    started = time.perf_counter()
    failed = _score(engine, night.todo, options)
    parts = [
        store.receipt(task.part_id) | {"part": task.number, "mtime_ns": task.part.mtime_ns}
        for task in night.tasks
        if task.part.name not in failed
    ]
    unreadable = {file.name: (file.reason, file.rows) for file in night.plan.rejected} | failed
    decided = {
        "format": FORMAT,
        "fingerprints": night.fingerprints,
        "columns": dict(night.plan.columns),
        "config": config.model_dump(),
        "parts": sorted([*parts, *night.kept], key=lambda part: (part["source"], part["id"])),
        "quarantined": [{"source": s, "reason": r, "rows": n} for s, (r, n) in sorted(unreadable.items())],
    }
    if night.last is not None and all(night.last.get(key) == value for key, value in decided.items()):
        return open_run(store.out)
    _check_rejects(decided, config)
    told = {
        "rows_scored": sum(task.part.rows for task in night.todo),
        "seconds_scoring": round(time.perf_counter() - started, 3),
        **engine.describe(),
    }
    publish(store, decided, told, config, options, night.artefacts)
    store.prune(options.keep)
    return open_run(store.out)


def _score(engine: Engine, todo: Sequence[Task], options: RunOptions) -> dict[str, tuple[str, int]]:
    """Score the parts and return the sources that could not be read: name -> (reason, rows)."""
    failed: dict[str, tuple[str, int]] = {}
    shown = sys.stderr.isatty() if options.progress is None else options.progress
    total = sum(task.part.rows for task in todo)
    with tqdm(total=total, unit=" reviews", unit_scale=True, desc="scoring", disable=not shown or not todo) as bar:
        for receipt in engine.map(write_part, todo, bar.update):
            if "failed" in receipt:
                rows = sum(task.part.rows for task in todo if task.part.name == receipt["source"])
                failed[receipt["source"]] = (receipt["failed"], rows)
    return failed


def _kept(last: dict[str, Any] | None, plan: read.Plan, config: JobConfig) -> tuple[dict[str, Any], ...]:
    if last is None or config.on_removed == "drop":
        return ()
    present = {part.name for part in plan.parts} | {file.name for file in plan.rejected}
    return tuple(part for part in last["parts"] if part["source"] not in present)


def _check_rejects(decided: Mapping[str, Any], config: JobConfig) -> None:
    lost = sum(file["rows"] for file in decided["quarantined"])
    rows = lost + sum(part["rows"] for part in decided["parts"])
    lost += sum(n for part in decided["parts"] for reason, n in part["reasons"].items() if reason not in NOT_LOST)
    if rows and lost > config.max_reject_share * rows:
        raise RejectsError(
            f"{lost:,} of {rows:,} rows could not be used, more than max_reject_share = {config.max_reject_share}: nothing was published",
            hint="look at `reviewlens check`; if this is normal for your exports, raise max_reject_share",
        )


def _settings(config: Settings | Mapping[str, Any] | PathLike | None, columns: Mapping[str, str] | None) -> Settings:
    overrides: dict[str, Any] = {"columns": dict(columns)} if columns else {}
    if isinstance(config, Settings):
        if columns:
            raise ConfigError("columns are given twice", hint="put them into the configuration")
        return config
    if isinstance(config, Mapping):
        return load_settings(None, overrides={**config, **overrides})
    return load_settings(config, overrides=overrides)


def _path(store: Store, artefact: Classifier | ThemeSet | PathLike | None) -> str | None:
    if isinstance(artefact, Classifier | ThemeSet):
        return str(store.freeze(artefact.fingerprint, artefact.save))
    return None if artefact is None else str(Path(artefact).resolve())


def _hash(*parts: str) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def status(out: PathLike) -> pd.DataFrame:
    """Return the runs in an output folder, newest first: one row per run with its counts and durations."""
    store = Store(out)
    rows = []
    for folder in reversed(store.run_folders()):
        manifest = store.manifest(folder)
        rows.append(
            {
                "run": folder.name,
                "current": folder.resolve() == store.current_run(),
                **manifest["counts"],
                **manifest["told"],
            }
        )
    if not rows:
        open_run(out)  # says that there is none
    return pd.DataFrame(rows)
