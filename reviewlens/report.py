"""The report: one self-contained page."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from reviewlens.config import JobConfig

SHOWN = ("themes", "products", "periods", "intake")


def write_report(path: Path, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], config: JobConfig) -> None:
    """Write the page for the tables of a run; every text in it is escaped."""
    source = (files(__package__) / "templates" / "report.html").read_text("utf-8")
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(source)
    shown = {name: tables[name].to_html(index=False, escape=True, border=0, na_rep="") for name in SHOWN}
    path.write_text(template.render(tables=shown, counts=manifest["counts"], language=config.language), "utf-8")
