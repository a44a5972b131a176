"""From parts to a committed run: the tables, the manifest and the report, visible whole or not at all."""

from __future__ import annotations

import logging
import resource
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reviewlens import __version__
from reviewlens.config import JobConfig, RunOptions
from reviewlens.errors import StoreError
from reviewlens.garbage import unsearched
from reviewlens.gates import new_alerts
from reviewlens.privacy import safe_cell
from reviewlens.report import write_report
from reviewlens.report.changes import MANY
from reviewlens.run import SUPERSEDED, TABLE_FOLDER
from reviewlens.schemas import SCORED_REASON
from reviewlens.stop import Stop
from reviewlens.store import Store
from reviewlens.tables import Asked, Context, Inputs, Summary
from reviewlens.threads import Threads

log = logging.getLogger("reviewlens")
PACKAGES = ("numpy", "pandas", "pyarrow", "onnxruntime", "tokenizers", "duckdb")
_MORE_MEMORY = (400,)  # MB; five million reviews fit


def publish(
    store: Store,
    decided: Mapping[str, Any],
    *,
    labels: Mapping[str, str],
    told: Mapping[str, Any],
    drift: Mapping[str, Any],
    model: Mapping[str, Any],
    before: Mapping[str, pd.DataFrame] | None,
    config: JobConfig,
    options: RunOptions,
    stop: Stop,
) -> None:
    """Build the summary tables over the parts that `decided` names and commit them as the current run.

    `labels` are those of the themes in the reader's language, `model` says what the classifier was trained on and how
    well it did, `before` are the tables of the last run.

    Raises `StoreError` where disk or memory do not suffice,
    and `Interrupted`; then nothing is committed.
    """
    started = time.perf_counter()
    with store.new_run() as folder, unsearched():
        context = Context(config, labels, learned=model.get("languages"))
        tables, scale, above = _write_tables(store, decided, folder, context, options, stop)
        if above:
            log.warning(
                "ratings above the highest, %g, count as absent: %s (see rating_scale)",
                scale,
                f"{above:,}",
                extra={"event": "off_scale", "ratings": above},
            )
        _warn_of_languages(tables["intake"])
        manifest = {
            **decided,
            "counts": {
                **_counts(tables["intake"], decided),
                "new_alerts": new_alerts(before, tables["alerts"]),
            },
            "told": {
                **told,
                "seconds_tables": round(time.perf_counter() - started, 3),
                "finished_at": pd.Timestamp.now(tz="UTC").isoformat(timespec="seconds"),
                "peak_memory_mb": peak_memory_mb(),
            },
            "drift": dict(drift),
            "model": dict(model),
            "labels": dict(labels),
            "troubles": _troubles(decided, above),
            "rating_scale": scale,
            "versions": {"reviewlens": __version__, **{name: version(name) for name in PACKAGES}},
        }
        store.write_manifest(folder, manifest)
        write_report(folder / "report.html", tables, manifest, config, before=before)
        stop.check()


def _warn_of_languages(intake: pd.DataFrame) -> None:
    scored = intake[(intake["reason"] == SCORED_REASON) & intake["unlearned"].notna()]
    for n, strange, languages in scored[["reviews", "unlearned", "unlearned_languages"]].itertuples(index=False):
        if strange >= MANY * n:
            log.warning(
                "%s of %s reviews are in languages that the classifier was not trained on: %s",
                f"{strange:,}",
                f"{n:,}",
                languages,
                extra={"event": "unlearned", "reviews": int(strange), "languages": languages},
            )


def _write_tables(
    store: Store, decided: Mapping[str, Any], folder: Path, context: Context, options: RunOptions, stop: Stop
) -> tuple[dict[str, pd.DataFrame], float, int]:
    """Write the tables; where the default memory is too little for a long history, try more and say so.

    Returns the tables, the highest rating that the scale allows, and how many ratings are above it.
    """
    memory = [options.memory_mb] if "memory_mb" in options.model_fields_set else [options.memory_mb, *_MORE_MEMORY]
    while True:
        memory_mb = memory.pop(0)
        try:
            return _tables(store, decided, folder, context, options, stop, memory_mb=memory_mb)
        except duckdb.Error as error:
            stop.check()  # a query that was interrupted fails too
            if isinstance(error, duckdb.OutOfMemoryException) and memory:
                log.warning(
                    "%d MB are too few for the tables of this history: trying %d",
                    memory_mb,
                    memory[0],
                    extra={"event": "more_memory", "memory_mb": memory[0]},
                )
                continue
            damaged = isinstance(error, duckdb.InvalidInputException | duckdb.SerializationException)
            room = "free some disk space or raise memory_mb, and run again; what was scored is kept"
            raise StoreError(
                f"the tables could not be built: {str(error).splitlines()[0]}",
                where=str(store.out),
                hint="remove the part that is named here, and run again: it is scored anew" if damaged else room,
            ) from error


def _tables(
    store: Store,
    decided: Mapping[str, Any],
    folder: Path,
    context: Context,
    options: RunOptions,
    stop: Stop,
    *,
    memory_mb: int,
) -> tuple[dict[str, pd.DataFrame], float, int]:
    tables: dict[str, pd.DataFrame] = {}
    inputs, scratch = _inputs(store, decided), folder / "scratch"
    asked = _spark(inputs, context, scratch) if options.tables == "spark" else None
    with (
        Summary(inputs, context, memory_mb=memory_mb, scratch=scratch, asked=asked) as summary,
        stop.interrupting(summary.interrupt),
    ):
        pq.write_table(summary.superseded(), folder / SUPERSEDED)
        with closing(Threads().ahead(summary.tables())) as ahead:
            for name, frame in ahead:
                tables[name] = frame
                write_table(frame, folder / TABLE_FOLDER, name)
                stop.check()
        return tables, *summary.ratings()


def _spark(inputs: Inputs, context: Context, scratch: Path) -> Asked:
    from reviewlens.tables.spark import SparkTables, active_session  # an extra

    return SparkTables(active_session(), inputs, context.config, scratch=scratch)


def write_table(frame: pd.DataFrame, folder: Path, name: str) -> None:
    """Write one table as Parquet and, with cells that no spreadsheet takes for a formula, as CSV."""
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet", compression="zstd")
    texts = [column for column in frame if pd.api.types.is_string_dtype(frame[column])]
    frame.assign(**{str(column): _safe(frame[column]) for column in texts}).to_csv(folder / f"{name}.csv", index=False)


def _safe(column: pd.Series) -> pd.Series:
    """Return a column of texts as `safe_cell` has them; hardly any is another."""
    distinct = pa.array(column, pa.string(), from_pandas=True).drop_null().unique().to_pylist()
    others = {text: safe for text in distinct if (safe := safe_cell(text)) != text}
    return column.map(lambda text: others.get(text, text), na_action="ignore") if others else column


def peak_memory_mb() -> int:
    """Return the largest resident size of this process or of a worker so far, in MB."""
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(peaks) // (1024 * 1024 if sys.platform == "darwin" else 1024)


def _inputs(store: Store, decided: Mapping[str, Any]) -> Inputs:
    folders = [store.parts / part["id"] for part in decided["parts"]]
    lost: dict[str, int] = {}
    for file in decided["quarantined"]:
        lost[file["reason"]] = lost.get(file["reason"], 0) + file["rows"]
    return Inputs(
        scored=[str(folder / "scored.parquet") for folder in folders],
        mentions=[str(folder / "mentions.parquet") for folder in folders],
        ages={part["part"]: part["mtime_ns"] for part in decided["parts"]},
        quarantined=lost,
    )


def _troubles(decided: Mapping[str, Any], above: int) -> dict[str, int]:
    """Return what could not be read or used in all parts, e.g. 'rating unreadable', and how often."""
    found = sum((Counter(part.get("troubles", {})) for part in decided["parts"]), Counter({"rating off_scale": above}))
    return dict(sorted((+found).items()))


def _counts(intake: pd.DataFrame, decided: Mapping[str, Any]) -> dict[str, int]:
    abstained = int(intake["abstained"].sum())
    by_reason = dict(zip(intake["reason"], intake["reviews"].astype(int), strict=True))
    return {
        "rows": int(intake["reviews"].sum()),
        "scored": by_reason.pop("scored", 0),
        **({"abstained": abstained} if abstained else {}),
        **({} if intake["unlearned"].isna().any() else {"unlearned": int(intake["unlearned"].sum())}),
        "mentions": sum(part["mentions"] for part in decided["parts"]),
        "quarantined_files": len(decided["quarantined"]),
        **by_reason,
    }
