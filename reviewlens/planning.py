"""What a night has to do: which parts are new, which stay, and what changed since the last run."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from reviewlens import read
from reviewlens.batch import Artefacts
from reviewlens.classifier import Classifier
from reviewlens.config import KEY_VARIABLE, JobConfig, Settings
from reviewlens.errors import ConfigError
from reviewlens.part import Receipt, Task, load_artefacts
from reviewlens.store import FORMAT, Store, key_mark
from reviewlens.themes import ThemeSet
from reviewlens.whole import path_given

PathLike = str | os.PathLike[str]
_CLASSIFIERS = "a Classifier, the folder of one, or nothing for the bundled one"
_THEMES = "a ThemeSet, the path of a themes.toml, or nothing for the built-in themes"


class Night(NamedTuple):
    """What a run is about to do."""

    plan: read.Plan
    tasks: tuple[Task, ...]  # all parts of tonight's input
    todo: tuple[Task, ...]  # those that no earlier run has scored
    kept: tuple[dict[str, Any], ...]  # parts of the last run whose export is gone or cannot be read, and that stay
    artefacts: Artefacts
    fingerprints: dict[str, str]
    last: dict[str, Any] | None  # manifest of the last run

    @property
    def changed(self) -> list[str]:
        """Which of classifier, themes, key, settings and form of the parts changed since the last run."""
        if self.last is None:
            return []
        before = self.last["fingerprints"]
        other = [name for name, value in self.fingerprints.items() if before.get(name) != value]
        return other + ["format"] * (self.last["format"] != FORMAT)

    @property
    def stale(self) -> int:
        """How many rows stay as another classifier, theme set or version scored them: they cannot be read again."""
        return sum(part["rows"] for part in self.kept) if set(self.changed) & {"classifier", "themes", "format"} else 0


def plan_night(
    store: Store,
    data: Any,
    settings: Settings,
    *,
    themes: ThemeSet | PathLike | None = None,
    classifier: Classifier | PathLike | None = None,
    dry: bool = False,
) -> Night:
    """Find out what is new or changed.

    Writes nothing but a frozen copy of artefacts that are given as objects, and the key of the customer hashes where
    there is none yet; of that, too, nothing if `dry`.
    """
    config, options = settings.config, settings.options
    source = read.Paths(config.source) if data is None else data
    plan = read.plan(source, columns=config.columns or None, part_rows=options.part_rows)
    store.check_ours()
    paths = (
        _path(store, config.classifier if _absent(classifier) else classifier, "classifier", _CLASSIFIERS),
        _path(store, config.themes if _absent(themes) else themes, "themes", _THEMES),
    )
    load_artefacts(*paths, b"")  # before the key is made, for a mistake shall leave no trace
    key = store.customer_key(make=not dry)
    artefacts = load_artefacts(*paths, key)
    fingerprints = {
        "classifier": artefacts.classifier.fingerprint,
        "themes": artefacts.themes.fingerprint,
        "customer_key": key_mark(key),
        "config": config.fingerprint(),
    }
    scoring = [str(FORMAT), *(fingerprints[k] for k in ("classifier", "themes", "customer_key"))]
    forgotten = store.forgotten(key)
    tasks = tuple(
        Task(_hash(*scoring, *part.identity), part, str(store.out), *paths, key, forgotten, options.batch_rows)
        for part in plan.parts
    )
    folder = store.current_run()
    last = store.manifest(folder) if folder else None
    there = store.newest_parts()
    todo = tuple(task for task in tasks if task.part_id not in there)
    night = Night(plan, tasks, todo, _kept(last, plan, config), artefacts, fingerprints, last)
    if night.kept and "customer_key" in night.changed:
        raise ConfigError(
            f"the key of the customer hashes changed, and {sum(part['rows'] for part in night.kept):,} rows cannot be "
            "hashed with it: nobody among them could be forgotten any more",
            where=night.kept[0]["source"],
            hint=f"set {KEY_VARIABLE} as before; or bring these exports back, or begin with a new output folder",
        )
    return night


def decide(store: Store, night: Night, config: JobConfig, failed: Mapping[str, tuple[str, int]]) -> dict[str, Any]:
    """Return all that decides what the tables will say: the same dictionary, the same tables.

    `failed` are the sources that turned out to be unreadable; what was last read of them stands.
    """
    there = store.newest_parts()
    tasks = [task for task in night.tasks if task.part.name not in failed]
    parts = [
        entry(store.receipt(there[task.part_id]), task.number, task.part.mtime_ns, _hash(*task.part.identity))
        for task in tasks
    ]
    before = night.last["parts"] if night.last and "customer_key" not in night.changed else []
    kept = [*night.kept, *(part for part in before if part["source"] in failed)]
    unreadable = {file.name: (file.reason, file.rows) for file in night.plan.rejected} | dict(failed)
    return {
        "format": FORMAT,
        "fingerprints": night.fingerprints,
        "columns": dict(night.plan.columns),
        "config": config.model_dump(),
        "parts": sorted([*parts, *kept], key=lambda part: (part["source"], part["id"])),
        "quarantined": [{"source": s, "reason": r, "rows": n} for s, (r, n) in sorted(unreadable.items())],
    }


def entry(receipt: Receipt, number: int, mtime_ns: int, content: str) -> dict[str, Any]:
    """Return what the manifest says of a part; `content` is the hash of the input that it was made of."""
    said = {key: receipt[key] for key in ("id", "source", "rows", "mentions", "reasons")}
    said["troubles"] = receipt.get("troubles", {})
    return {**said, "part": number, "mtime_ns": mtime_ns, "content": content}


def _kept(last: dict[str, Any] | None, plan: read.Plan, config: JobConfig) -> tuple[dict[str, Any], ...]:
    """Return the parts of exports that are gone, unless they are to be dropped, and of those that cannot be read now.

    An export that is being written while the job looks, or was cut short, takes away nothing of what it said before.
    """
    if last is None:
        return ()
    read_now, unreadable = {part.name for part in plan.parts}, {file.name for file in plan.rejected}
    keep = config.on_removed == "keep"
    return tuple(p for p in last["parts"] if p["source"] not in read_now and (keep or p["source"] in unreadable))


def _path(store: Store, artefact: Classifier | ThemeSet | PathLike | None, name: str, accepts: str) -> str | None:
    if isinstance(artefact, Classifier if name == "classifier" else ThemeSet):
        return str(store.freeze(artefact.fingerprint, artefact.save))
    return None if _absent(artefact) else str(path_given(artefact, name, accepts=accepts).resolve())


def _absent(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value)


def _hash(*parts: str) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
