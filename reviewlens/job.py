"""The nightly run: plan, map, commit, summarize; and forgetting a customer."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, nullcontext
from typing import Any

import pandas as pd

from reviewlens.classifier import Classifier
from reviewlens.config import JobConfig, RunOptions, Settings, load_settings
from reviewlens.engines import Engine
from reviewlens.engines.choose import engine_for
from reviewlens.errors import ConfigError, InputNotFoundError, RejectsError
from reviewlens.forgetting import reviews_of
from reviewlens.gates import check_gates, measure_drift
from reviewlens.part import SCORED_FILE, Progress, Task, check_whole, rewrite_part, write_part
from reviewlens.planning import Night, PathLike, decide, entry, plan_night
from reviewlens.privacy import hash_customer
from reviewlens.publish import publish
from reviewlens.read.columns import check_mapping
from reviewlens.remote import fetched, is_remote, mirrored
from reviewlens.run import Run, open_run
from reviewlens.schemas import FORGOTTEN, SCORED_REASON
from reviewlens.stop import Stop
from reviewlens.store import Store, key_mark
from reviewlens.themes import ThemeSet
from reviewlens.whole import path_given

# What the user, not the data, took out; rows with any other reason count as lost.
NOT_LOST = frozenset({SCORED_REASON, "boilerplate", "deleted", FORGOTTEN})

log = logging.getLogger("reviewlens")


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
    `source` from the configuration. All data in memory is one source: another frame given to the same `out` takes the
    place of the first. `columns` maps our column names to the data's. Only what is new or changed since
    the last run in `out` is scored; when nothing is, that run is returned.

    Raises `InputError` for data that cannot be used, `ConfigError`, `ArtefactError`, `LockedError` while another run
    holds `out`, `RejectsError` when more rows than allowed could not be read: then nothing is published; `Interrupted`
    when `max_seconds` are over: the next call goes on from there; `GateError` when the run is published and a gate of
    `fail_on` does not hold; `StoreError` and `WorkerError` for a full disk and for lack of memory.
    """
    settings = _settings(config, columns)
    return run_night(out, data, settings, themes=themes, classifier=classifier, engine=engine)


def run_night(
    out: PathLike,
    data: Any,
    settings: Settings,
    *,
    themes: ThemeSet | PathLike | None = None,
    classifier: Classifier | PathLike | None = None,
    engine: Engine | None = None,
    stop: Stop | None = None,
) -> Run:
    """Do what `analyze` does, with merged settings and a `Stop` that others may ask."""
    if engine is not None and not hasattr(engine, "map"):
        hint = "a LocalEngine or SparkEngine of reviewlens.engines; a name goes into the settings, as engine"
        raise ConfigError(f"engine cannot be of type {type(engine).__name__}", where="engine", hint=f"give {hint}")
    engine = engine or engine_for(settings.options)  # first, for an engine that cannot be had shall leave no trace
    if is_remote(out):
        with mirrored(str(out)) as local:
            more: dict[str, Any] = {"themes": themes, "classifier": classifier, "engine": engine, "stop": stop}
            return run_night(local, data, settings, **more)
    store = Store(out)
    stop = stop or Stop(settings.options.max_seconds)
    with store.lock():
        if store.pending():
            _finish_forgetting(store)
        night = plan_night(store, data, settings, themes=themes, classifier=classifier)
        return _carry_out(store, night, settings, engine, stop)


def _carry_out(store: Store, night: Night, settings: Settings, engine: Engine, stop: Stop) -> Run:
    config, options = settings.config, settings.options
    started = time.perf_counter()
    rows = sum(task.part.rows for task in night.todo)
    log.info("planned", extra={"parts": len(night.tasks), "parts_to_score": len(night.todo), "rows_to_score": rows})
    if night.changed and night.todo:
        said = {"event": "changed", "changed": night.changed, "rows_to_score": rows}
        log.warning(
            "changed since the last run: %s; %s rows are scored", ", ".join(night.changed), f"{rows:,}", extra=said
        )
    if night.stale:
        said = {"event": "stale", "rows": night.stale}
        log.warning(
            "%s rows whose exports cannot be read stay as they were scored before", f"{night.stale:,}", extra=said
        )
    failed = _score(engine, night.todo, options, stop)
    decided = decide(store, night, config, failed)
    for file in decided["quarantined"]:
        log.warning("quarantined %s: %s", file["source"], file["reason"], extra={"event": "quarantined", **file})
    if night.last is not None and all(night.last.get(key) == value for key, value in decided.items()):
        log.info("nothing new")
        return open_run(store.out)
    _check_rejects(decided, config)
    gone = {part["id"] for part in night.kept}
    for part in decided["parts"]:
        check_whole(store.parts / part["id"], part["source"], gone=part["id"] in gone)
    scored = {task.part_id for task in night.todo} & {part["id"] for part in decided["parts"]}
    if troubles := _troubles(part for part in decided["parts"] if part["id"] in scored):
        log.warning(
            "values that could not be read: %s", _listed(troubles), extra={"event": "unreadable", "troubles": troubles}
        )
    profiles = [store.receipt(part_id)["profile"] for part_id in sorted(scored)]
    told = {
        "rows_scored": sum(part["rows"] for part in decided["parts"] if part["id"] in scored),
        "seconds_scoring": round(time.perf_counter() - started, 3),
        "changed": night.changed,
        **engine.describe(),
        "candidate_themes": _candidate_themes(store, decided, scored),
    }
    labels = {theme.theme_id: theme.label(config.language) for theme in night.artefacts.themes.themes}
    drift = measure_drift(night.last, profiles, options, changed=night.changed)
    before = open_run(store.out).tables if night.last else None
    classifier = night.artefacts.classifier
    model = {"name": classifier.model, "metrics": classifier.metrics, "languages": classifier.languages}
    extra = {"labels": labels, "told": told, "drift": drift, "model": model, "before": before}
    publish(store, decided, config=config, options=options, stop=stop, **extra)  # type: ignore[arg-type]
    store.prune(options.keep, grace=options.grace_seconds)
    run = open_run(store.out)
    log.info("published", extra={"run": run.folder.name, **run.manifest["counts"]})
    check_gates(run.manifest, options)
    return run


def _candidate_themes(store: Store, decided: Mapping[str, Any], scored: AbstractSet[str]) -> list[str]:
    """Return what the reviews without a theme speak of more than before, one text per candidate for a new theme."""
    ids = [part["id"] for part in decided["parts"]]
    new, before = ([store.parts / i for i in ids if (i in scored) == fresh] for fresh in (True, False))
    if not new or not before:
        return []
    from reviewlens.discovery.unassigned import grown_candidates

    return [", ".join(candidate.phrases[:3]) for candidate in grown_candidates(new, before)]


def _score(engine: Engine, todo: Sequence[Task], options: RunOptions, stop: Stop) -> dict[str, tuple[str, int]]:
    """Score the parts and return the sources that could not be read: name -> (reason, rows)."""
    failed: dict[str, tuple[str, int]] = {}
    watched = sys.stderr is not None and sys.stderr.isatty()
    shown = watched if options.progress is None else options.progress
    total = sum(task.part.rows for task in todo)
    with _bar(total) if shown and todo else nullcontext(_unseen) as advance:
        stop.check()
        for receipt in engine.map(write_part, todo, advance):
            if "failed" in receipt:
                rows = sum(task.part.rows for task in todo if task.part.name == receipt["source"])
                failed[receipt["source"]] = (receipt["failed"], rows)
            else:
                log.info("scored", extra={"part": receipt["id"], "source": receipt["source"], "rows": receipt["rows"]})
            stop.check()
    return failed


@contextmanager
def _bar(total: int) -> Iterator[Progress]:
    from tqdm import tqdm  # starts what processes share, which takes a small job 40 ms

    with tqdm(total=total, unit=" reviews", unit_scale=True, desc="scoring") as bar:

        def advance(rows: int) -> None:
            bar.update(rows)

        yield advance


def _unseen(rows: int) -> None:
    """Show nobody how many rows are done."""


def _troubles(parts: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many values of which column could not be read in the parts, e.g. 'deleted_at unreadable'."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part["troubles"])
    return dict(sorted(total.items()))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _check_rejects(decided: Mapping[str, Any], config: JobConfig) -> None:
    lost = Counter({file["source"]: file["rows"] for file in decided["quarantined"]})
    rows = sum(lost.values()) + sum(part["rows"] for part in decided["parts"])
    for part in decided["parts"]:
        lost.update({reason: n for reason, n in part["reasons"].items() if reason not in NOT_LOST})
    if rows and sum(lost.values()) > config.max_reject_share * rows:
        raise RejectsError(
            f"{sum(lost.values()):,} of {rows:,} rows could not be used, more than max_reject_share = "
            f"{config.max_reject_share}: nothing was published",
            where=_listed(dict(lost.most_common(5))),
            hint="look at `reviewlens check`; if this is normal for your exports, raise max_reject_share",
        )


def _settings(config: Settings | Mapping[str, Any] | PathLike | None, columns: Mapping[str, str] | None) -> Settings:
    overrides: dict[str, Any] = {"columns": check_mapping(columns)} if columns else {}
    if isinstance(config, Settings):
        if columns:
            raise ConfigError("columns are given twice", hint="put them into the configuration")
        return config
    if isinstance(config, Mapping):
        return load_settings(None, overrides={**config, **overrides}, named="arguments")
    if config is not None:
        config = path_given(config, "config", accepts="a mapping of settings, or the path of a TOML file")
    return load_settings(config, overrides=overrides, named="arguments")


def forget(out: PathLike, *, customer: str | int) -> int:
    """Remove a customer's reviews from everything in an output folder, and leave them out of every later run.

    The parts that hold them are written anew without what they say, the tables are rebuilt as a new run, and all
    older runs are removed, for their quotes may be the customer's words. A keyed hash of `customer` (the id as the
    exports give it) stays, so that the next export does not bring the reviews back. When it is cut short, the next
    call or the next run finishes it.

    Returns the number of reviews that were removed; 0 where none was found, and the customer is left out later all the
    same. Raises `InputNotFoundError` where there is no output folder of runs,
    `ConfigError` where the key of the customer hashes is not the one of the last run or no customer is named, and
    `LockedError`.
    """
    if isinstance(customer, int) and not isinstance(customer, bool):  # as many exports have them
        customer = str(customer)
    if not isinstance(customer, str):
        what = f"customer cannot be of type {type(customer).__name__}"
        raise ConfigError(what, where="customer", hint="give the id as the exports write it")
    if not customer.strip():  # as a script has it whose variable is not set; it is not to look as if it were done
        raise ConfigError("no customer is named", where="forget", hint="give the id as the exports write it")
    if is_remote(out):
        with mirrored(str(out)) as local:
            return forget(local, customer=customer)
    store = Store(out)
    if not store.is_used():
        raise InputNotFoundError("no run is here", where=str(out), hint="name the output folder of the runs")
    with store.lock():
        key = store.customer_key()
        folder = store.current_run()
        if folder and store.manifest(folder)["fingerprints"]["customer_key"] != key_mark(key):
            raise ConfigError(
                "the key of the customer hashes is not the one of the last run, so nobody would be found",
                where=str(out),
                hint="set REVIEWLENS_CUSTOMER_KEY as the nightly run has it",
            )
        store.forget(hash_customer(customer, key), key)
        return _finish_forgetting(store)


def _finish_forgetting(store: Store) -> int:
    """Remove what pending customers have in the folder and return the number of their reviews."""
    key, customers = store.customer_key(), store.pending()
    store.forgotten(key)  # refuses another key
    found: set[int] = set()
    newest = store.newest_parts()
    for folder in sorted(store.parts.glob("[!.]*")):
        theirs = reviews_of(str(folder / SCORED_FILE), customers)
        if theirs and folder.name in newest.values():
            rewrite_part(store, folder.name, customers)
        found |= theirs
    current = store.current_run()
    if found and current:
        _republish(store, store.manifest(current), len(found))
    if found:
        store.remove_past()
    store.settle(key)
    log.info("forgotten", extra={"reviews": len(found)})
    return len(found)


def _republish(store: Store, last: dict[str, Any], forgotten: int) -> None:
    """Publish the last run again over the newest generation of its parts."""
    newest = store.newest_parts()
    parts = []
    for part in last["parts"]:
        name = newest[part["id"].partition("-")[0]]
        parts.append(entry(store.receipt(name), part["part"], part["mtime_ns"], part["content"]))
    keys = ("format", "fingerprints", "columns", "config", "parts", "quarantined")
    decided = {key: last[key] for key in keys} | {"parts": sorted(parts, key=lambda part: (part["source"], part["id"]))}
    told = {"rows_scored": 0, "seconds_scoring": 0.0, "changed": [], "reviews_forgotten": forgotten}
    config, options = JobConfig(**last["config"]), RunOptions()
    # The tables of before may hold the customer's words, so nothing is compared with them.
    extra = {"labels": last["labels"], "told": told, "drift": measure_drift(last, [], options), "before": None}
    extra["model"] = last.get("model", {})
    publish(store, decided, config=config, options=options, stop=Stop(), **extra)


def status(out: PathLike) -> pd.DataFrame:
    """Return the runs in an output folder, newest first: one row per run.

    Columns: `run`, `current`, the counts, what the manifest tells of the work (rows scored, seconds, peak memory),
    `changed` (what changed in model, themes, key or settings) and `drift` (the largest population stability index and
    the signal that it belongs to, empty where it was not measured).
    """
    store = Store(fetched(out))
    now = open_run(store.out).folder  # says so where there is none
    rows = []
    for folder in reversed(store.run_folders()):
        try:
            manifest = store.manifest(folder)
        except InputNotFoundError:  # pruned by a run that ended meanwhile
            continue
        told = {key: value for key, value in manifest["told"].items() if key != "changed"}
        index = manifest["drift"]["index"]
        worst = max(index, key=index.__getitem__, default=None)
        rows.append(
            {
                "run": folder.name,
                "current": folder.resolve() == now,
                **manifest["counts"],
                **told,
                "candidate_themes": "; ".join(told.get("candidate_themes", [])),
                "changed": ", ".join(manifest["told"]["changed"]),
                "drift": "" if worst is None else f"{worst} {index[worst]:.2f}",
            }
        )
    frame = pd.DataFrame(rows)
    for name, column in frame.items():  # what a run did not count is none, and counts are whole
        if all(isinstance(row.get(name, 0), int) and not isinstance(row.get(name), bool) for row in rows):
            frame[name] = column.fillna(0).astype("int64")
    return frame
