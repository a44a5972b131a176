"""Settings: what decides the output (`JobConfig`), what must not (`RunOptions`), and where each value comes from.

Precedence: defaults < TOML file < environment (`REVIEWLENS_*`) < command line. Unknown keys are errors with a
suggestion. Only `JobConfig` enters the fingerprint, so options can never change results.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from reviewlens.errors import ConfigError, InputNotFoundError

ENV_PREFIX = "REVIEWLENS_"
ENVIRONMENT = "environment"
_AS_JSON = """write lists and tables as JSON, like ["a.parquet", "b.parquet"] and {"text": "review_body"}"""
KEY_VARIABLE = "REVIEWLENS_CUSTOMER_KEY"  # a secret, so it is never part of a settings file


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JobConfig(_Settings):
    """What decides the output of a run."""

    source: list[str] = Field(default_factory=list, description="paths, globs or folders of Parquet exports")
    columns: dict[str, str] = Field(default_factory=dict, description="canonical column -> the export's column")
    themes: str | None = Field(default=None, description="path of a theme set; the built-in taxonomy if absent")
    classifier: str | None = Field(default=None, description="path of a model folder; the bundled model if absent")
    period: Literal["day", "week", "month"] = Field(default="month", description="length of a period in the tables")
    timezone: str = Field(default="UTC", description="time zone in which periods begin")
    run_date: str | None = Field(
        default=None, description="ISO date that the run speaks of; reviews from later days are left for later"
    )
    rating_scale: float | None = Field(
        default=None,
        gt=0,
        description="highest rating, e.g. 10; if absent, 5, 10 or 100, the least that holds all but slips",
    )
    language: Literal["en", "zh"] = Field(default="en", description="language of labels and report")
    on_removed: Literal["keep", "drop"] = Field(
        default="keep", description="what happens to reviews whose export is gone"
    )
    min_reviews: int = Field(default=5, ge=1, description="cells with fewer reviews are neither ranked nor tested")
    false_discovery_rate: float = Field(
        default=0.05, gt=0, lt=1, description="expected share of false alarms among alerts"
    )
    max_reject_share: float = Field(
        default=0.5, ge=0, le=1, description="above this share of rejected rows nothing is published"
    )

    @field_validator("source", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is not a time zone, write it like 'Asia/Shanghai'") from error
        return value

    @field_validator("run_date", mode="before")
    @classmethod
    def _toml_date(cls, value: object) -> object:
        """A date of TOML is written without quotes."""
        from datetime import date

        return value.isoformat() if type(value) is date else value

    @field_validator("run_date")
    @classmethod
    def _iso_date(cls, value: str | None) -> str | None:
        from datetime import date

        try:
            return None if value is None else date.fromisoformat(value).isoformat()
        except ValueError as error:
            raise ValueError(f"{error}; write a date like 2024-03-31") from error

    def fingerprint(self) -> str:
        """Return the hash of all that these settings decide; the source's location is not among them."""
        decided = self.model_dump(exclude={"source", "themes", "classifier"})
        return hashlib.blake2b(json.dumps(decided, sort_keys=True).encode(), digest_size=8).hexdigest()


class RunOptions(_Settings):
    """How a run is carried out; never what comes out of it."""

    engine: Literal["local", "spark"] = Field(default="local", description="who carries out the parts")
    master: str | None = Field(
        default=None, description="master of the Spark cluster; as `spark-submit` says, else this machine, if absent"
    )
    workers: int | None = Field(default=None, ge=1, description="worker processes; the number of cores if absent")
    tables: Literal["duckdb", "spark"] = Field(
        default="duckdb", description="who computes the tables; spark where one machine is too small"
    )
    batch_rows: int = Field(default=4096, ge=1, description="reviews in memory at a time, per worker")
    part_rows: int = Field(default=50_000, ge=1, description="reviews per part, the unit of work that survives a crash")
    memory_mb: int = Field(
        default=128, ge=64, description="memory for the summary tables, in MB; beyond it they spill to disk"
    )
    keep: int = Field(default=7, ge=1, description="runs that are kept")
    grace_seconds: float = Field(
        default=600, ge=0, description="a run that was replaced stays at least so long, for those who are reading it"
    )
    max_seconds: float | None = Field(
        default=None, gt=0, description="stop after this many seconds and resume next time"
    )
    progress: bool | None = Field(default=None, description="show progress; on a terminal if absent")
    log_format: Literal["text", "json"] = Field(default="text", description="form of the log on standard error")
    fail_on: list[Literal["drift", "alerts"]] = Field(default_factory=list, description="gates that set exit code 4")
    drift_threshold: float = Field(
        default=0.25, gt=0, description="population stability index above which a signal has drifted"
    )
    drift_min_reviews: int = Field(
        default=500, ge=1, description="with fewer reviews on either side drift is not measured"
    )
    drift_nights: int = Field(
        default=30, ge=1, description="nights with new reviews that make up the reference for drift"
    )

    @field_validator("fail_on", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [name.strip() for name in value.split(",")] if isinstance(value, str) else value


class Setting(NamedTuple):
    """One setting with the place that its value comes from."""

    key: str
    value: Any
    origin: str


class Settings(NamedTuple):
    """The merged settings."""

    config: JobConfig
    options: RunOptions
    out: str | None
    rows: tuple[Setting, ...]


KEYS = ("out", *JobConfig.model_fields, *RunOptions.model_fields)


def _unknown(key: str, where: str) -> ConfigError:
    near = difflib.get_close_matches(key, KEYS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(KEYS)}"
    return ConfigError(f"unknown setting {key!r}", where=where, hint=hint)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8-sig")  # some editors begin a file with a mark
    except FileNotFoundError:
        raise InputNotFoundError("no such configuration file", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration file cannot be read: {error}", where=str(path)) from None
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"not valid TOML: {error}", where=str(path)) from None
    for key in values:
        if key not in KEYS:
            raise _unknown(key, str(path))
    # Paths in a file are relative to that file, so that cron may start anywhere.
    for key in ("out", "themes", "classifier"):
        if isinstance(values.get(key), str):
            values[key] = _beside(path, values[key])
    if isinstance(values.get("source"), str):
        values["source"] = [values["source"]]
    if isinstance(values.get("source"), list):
        values["source"] = [_beside(path, item) if isinstance(item, str) else item for item in values["source"]]
    return values


def _beside(path: Path, value: str) -> str:
    return value if "://" in value else str(path.parent / value)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(ENV_PREFIX):
            continue
        key = name.removeprefix(ENV_PREFIX).lower()
        if key not in KEYS:
            _check_spelling(key)
        else:
            structured = text.startswith(("[", "{")) or key in {"progress"}
            try:
                values[key] = json.loads(text) if structured else text
            except json.JSONDecodeError as error:
                raise ConfigError(f"not valid JSON: {error}", where=name) from None
    return values


def _check_spelling(key: str) -> None:
    """Raise `ConfigError` for a variable that is nearly one of ours; others with our prefix may be anybody's."""
    secret = KEY_VARIABLE.removeprefix(ENV_PREFIX).lower()
    near = [] if key == secret else difflib.get_close_matches(key, [secret, *KEYS], n=1, cutoff=0.8)
    if near:
        hint = f"did you mean {ENV_PREFIX}{near[0].upper()}?"
        raise ConfigError(f"unknown setting {ENV_PREFIX}{key.upper()}", where=ENVIRONMENT, hint=hint)


def load_settings(
    path: str | os.PathLike[str] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    named: str = "command line",
) -> Settings:
    """Merge defaults, a TOML file, the environment and explicit overrides (None means not given) from where `named`.

    Raises `ConfigError` for an unknown key or a value that does not fit, naming where it was set.
    """
    layers: list[tuple[str, Mapping[str, Any]]] = []
    if path is not None:
        layers.append((str(path), _from_file(Path(path))))
    layers.append((ENVIRONMENT, _from_environment(os.environ if environment is None else environment)))
    layers.append((named, {k: v for k, v in (overrides or {}).items() if v is not None}))
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for name, layer in layers:
        for key, value in layer.items():
            if key not in KEYS:
                raise _unknown(key, name)
            merged[key] = {**merged.get(key, {}), **value} if isinstance(value, dict) else value
            origin[key] = name
    config = _validated(JobConfig, merged, origin)
    options = _validated(RunOptions, merged, origin)
    _check_master(options, origin, [name for name, _ in layers])
    out = merged.get("out")
    if out is not None and not isinstance(out, str):
        raise ConfigError(f"'out' must be a path, not {out!r}", where=origin["out"])
    values = {"out": out, **config.model_dump(), **options.model_dump()}
    return Settings(config, options, out, tuple(Setting(k, values[k], origin.get(k, "default")) for k in KEYS))


def _check_master(options: RunOptions, origin: Mapping[str, str], layers: list[str]) -> None:
    """Raise `ConfigError` for a cluster that nothing would use, unless a later layer chose to do without it."""
    if options.master is None or options.engine == "spark":
        return
    if "engine" in origin and layers.index(origin["engine"]) > layers.index(origin["master"]):
        return
    raise ConfigError(
        f"master = {options.master!r} is for the Spark engine, and the engine is {options.engine!r}",
        where=origin["master"],
        hint='add --engine spark (engine = "spark" in a file), or leave master out',
    )


S = TypeVar("S", bound=_Settings)


def _validated(kind: type[S], merged: Mapping[str, Any], origin: Mapping[str, str]) -> S:
    try:
        return kind(**{key: value for key, value in merged.items() if key in kind.model_fields})
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else "?"
        what = f"{'.'.join(map(str, first['loc']))} = {first['input']!r}: {first['msg'].removeprefix('Value error, ')}"
        where, hint = origin.get(key, "arguments"), "see `reviewlens config`"
        if where == ENVIRONMENT:
            where = ENV_PREFIX + key.upper()
            hint = _AS_JSON if first["type"] in {"list_type", "dict_type"} else hint
        raise ConfigError(what, where=where, hint=hint) from None
