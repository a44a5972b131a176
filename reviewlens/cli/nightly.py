"""What `reviewlens run` prints and returns."""

from __future__ import annotations

import time

import click

from reviewlens.cli.river import DONE, PARTIAL
from reviewlens.cli.show import on_terminal, show_json, show_table
from reviewlens.cli.signals import heeding_signals
from reviewlens.config import Settings
from reviewlens.engines.choose import engine_for
from reviewlens.job import NOT_LOST, run_night
from reviewlens.planning import plan_night
from reviewlens.remote import fetched
from reviewlens.run import Run
from reviewlens.stop import Stop
from reviewlens.store import Store


def carry_out(settings: Settings, *, dry_run: bool, as_json: bool) -> int:
    """Run the job and return its exit code; the summary is the last line."""
    out = settings.out or ""
    if dry_run:
        return _say_what_would_be_done(settings, as_json)
    started = time.perf_counter()
    before = Store(fetched(out)).current_run()
    stop = Stop(settings.options.max_seconds)
    with heeding_signals(stop):
        run = run_night(out, None, settings, engine=engine_for(settings.options), stop=stop)
    counts = run.manifest["counts"]
    idle = before is not None and before == run.folder
    if as_json:
        show_json({"run": run.folder.name, "new": not idle, "counts": counts, "report": str(run.report)})
    else:
        if on_terminal() and not idle:
            _show_themes(run)
        click.echo(_summary(run, idle, time.perf_counter() - started))
    rejected = sum(
        n for reason, n in _reasons(run).items() if reason not in NOT_LOST | {"superseded", "empty_text", "later"}
    )
    return PARTIAL if rejected or counts["quarantined_files"] else DONE


def _reasons(run: Run) -> dict[str, int]:
    intake = run.tables["intake"]
    return dict(zip(intake["reason"], intake["reviews"].astype(int), strict=True))


def _show_themes(run: Run) -> None:
    themes = run.tables["themes"].sort_values(["reviews", "theme_id"], ascending=[False, True])
    show_table(
        themes[["label", "reviews", "share", "score", "complaint_share", "wish_share", "quote_1"]].head(12),
        title="what customers speak of",
    )


def _summary(run: Run, idle: bool, seconds: float) -> str:
    counts, told = run.manifest["counts"], run.manifest["told"]
    if idle:
        return f"nothing new: {counts['scored']:,} reviews stand, {seconds:.1f} s"
    rows, scoring = told["rows_scored"], told["seconds_scoring"]
    pace = f" ({rows / scoring:,.0f}/s)" if rows and scoring else ""
    grown = told.get("candidate_themes", [])
    unheard = f"no theme yet for: {'; '.join(grown[:3])}; " if grown else ""
    abstained = f"{counts['abstained']:,} abstained from, " if "abstained" in counts else ""
    return (
        f"{counts['rows']:,} rows, {rows:,} new{pace}: {counts['scored']:,} reviews, "
        f"{abstained}{counts['mentions']:,} mentions, {seconds:.1f} s; {unheard}"
        f"report: {run.store.current / 'report.html'}"
    )


def _say_what_would_be_done(settings: Settings, as_json: bool) -> int:
    night = plan_night(Store(fetched(settings.out or "")), None, settings, dry=True)
    plan = {
        "parts": len(night.tasks),
        "rows": sum(task.part.rows for task in night.tasks),
        "parts_to_score": len(night.todo),
        "rows_to_score": sum(task.part.rows for task in night.todo),
        "parts_kept_of_removed_inputs": len(night.kept),
        "files_quarantined": len(night.plan.rejected),
        "rows_that_stay_as_scored_before": night.stale,
    }
    changed = night.changed
    if as_json:
        show_json({**plan, "changed": changed})
    else:
        click.echo("\n".join(f"{key.replace('_', ' ')}: {value:,}" for key, value in plan.items()))
        if changed:
            click.echo(f"changed since the last run: {', '.join(changed)}")
    return DONE
