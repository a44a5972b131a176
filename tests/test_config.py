"""Settings: precedence, origins, and errors that help."""

from __future__ import annotations

import pytest

from reviewlens.config import JobConfig, load_settings
from reviewlens.errors import ConfigError, InputNotFoundError


def test_precedence_and_origin(tmp_path):
    path = tmp_path / "job.toml"
    path.write_text('out = "lens"\nperiod = "week"\nkeep = 3\n[columns]\ntext = "body"\n')
    environment = {"REVIEWLENS_KEEP": "4", "REVIEWLENS_WORKERS": "2", "HOME": "/"}
    settings = load_settings(path, environment=environment, overrides={"workers": 1, "columns": {"rating": "stars"}})
    assert settings.out == str(tmp_path / "lens")
    assert (settings.config.period, settings.options.keep, settings.options.workers) == ("week", 4, 1)
    assert settings.config.columns == {"text": "body", "rating": "stars"}
    origins = {row.key: row.origin for row in settings.rows}
    assert origins["period"] == str(path)
    assert origins["keep"] == "environment"
    assert origins["workers"] == "command line"
    assert origins["timezone"] == "default"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('perod = "week"', "did you mean 'period'"),
        ('period = "year"', "period"),
        ("keep = 0", "keep"),
        ('timezone = "Mars/Olympus"', "Mars/Olympus"),
        ("keep = ", "not valid TOML"),
        ("out = 3", "'out' must be a path"),
        ('run_date = "yesterday"', "run_date"),
        ('columns = "text"', "columns"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, content, said):
    path = tmp_path / "job.toml"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, environment={})
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 2


def test_no_such_file(tmp_path):
    with pytest.raises(InputNotFoundError, match="no such configuration file"):
        load_settings(tmp_path / "absent.toml", environment={})


def test_fingerprint_changes_with_what_decides_and_not_with_where():
    base = JobConfig(source=["a"])
    assert base.fingerprint() == JobConfig(source=["b"]).fingerprint()
    assert base.fingerprint() != JobConfig(source=["a"], period="day").fingerprint()


def test_a_path_in_the_file_is_beside_the_file(tmp_path):
    path = tmp_path / "job.toml"
    path.write_text('source = "exports/*.parquet"\nthemes = "/etc/themes.toml"\n')
    config = load_settings(path, environment={}).config
    assert config.source == [str(tmp_path / "exports/*.parquet")]
    assert config.themes == "/etc/themes.toml"


def test_a_cluster_that_nothing_would_use_is_named_unless_a_later_layer_does_without(tmp_path):
    path = tmp_path / "job.toml"
    path.write_text('master = "spark://host:7077"\nengine = "spark"\n')
    assert load_settings(path, environment={}).options.master == "spark://host:7077"
    assert load_settings(path, environment={}, overrides={"engine": "local"}).options.engine == "local"
    path.write_text('engine = "local"\n')
    for given in ({}, {"engine": "local"}):
        with pytest.raises(ConfigError, match="for the Spark engine") as caught:
            load_settings(path, environment={}, overrides={"master": "local[2]", **given})
        assert (caught.value.where, "--engine spark" in caught.value.hint) == ("command line", True)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"REVIEWLENS_KEEEP": "4"}, "did you mean REVIEWLENS_KEEP?"),
        ({"REVIEWLENS_CUSTOMER_KEYS": "secret"}, "did you mean REVIEWLENS_CUSTOMER_KEY?"),
        ({"REVIEWLENS_COLUMNS": "text=body"}, '{"text": "review_body"}'),
        ({"REVIEWLENS_KEEP": "four"}, "at: REVIEWLENS_KEEP"),
        ({"REVIEWLENS_RUN_DATE": "31.3.2024"}, "write a date like 2024-03-31"),
    ],
)
def test_a_mistake_in_the_environment_is_named_with_its_variable(environment, said):
    with pytest.raises(ConfigError) as caught:
        load_settings(environment=environment)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_variables_of_others_are_left_alone():
    environment = {"REVIEWLENS_CUSTOMER_KEY": "k", "REVIEWLENS_CACHE": "c", "REVIEWLENS_DATA": "d", "REVIEWLENS": "bin"}
    assert load_settings(environment=environment).options.keep == load_settings(environment={}).options.keep


def test_dates_and_lists_as_one_would_write_them(tmp_path):
    path = tmp_path / "job.toml"
    path.write_text('run_date = 2024-03-31\nfail_on = "drift"\n')
    settings = load_settings(path, environment={})
    assert (settings.config.run_date, settings.options.fail_on) == ("2024-03-31", ["drift"])
    assert load_settings(environment={"REVIEWLENS_FAIL_ON": "drift, alerts"}).options.fail_on == ["drift", "alerts"]
    path.write_bytes(b"\xef\xbb\xbfkeep = 3\r\n")  # as editors on Windows write it
    assert load_settings(path, environment={}).options.keep == 3
    path.write_text("run_date = 2024-03-31T10:00:00Z\n")
    with pytest.raises(ConfigError, match="run_date"):
        load_settings(path, environment={})
