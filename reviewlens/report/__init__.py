"""The report: one page that opens anywhere, with no script, no network and every number next to its evidence.

A section is a function from the page to what its template shows, and a template of the same name in
`templates/report/`. A function that has nothing to show returns None, and the section is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from reviewlens.config import JobConfig
from reviewlens.privacy import clean
from reviewlens.report.changes import changes
from reviewlens.report.intake import intake, trust
from reviewlens.report.needs import heatmap, needs, rising, trends, wishes
from reviewlens.report.page import Page
from reviewlens.report.pages import pages
from reviewlens.report.products import disagreements, products
from reviewlens.report.words import Words

SECTIONS: dict[str, Callable[[Page], Mapping[str, Any] | None]] = {
    "changes": changes,
    "needs": needs,
    "rising": rising,
    "trends": trends,
    "wishes": wishes,
    "products": products,
    "heatmap": heatmap,
    "pages": pages,
    "disagreements": disagreements,
    "trust": trust,
    "intake": intake,
}

_MARKS = {  # dates do not break, shares stand out, what is between backticks is code
    r"\b\d{4}-\d\d(-\d\d)?\b": r'<span class="date">\g<0></span>',
    r"\b\d[\d.,]*%": r"<b>\g<0></b>",
    r"`([^`]+)`": r"<code>\1</code>",
}


def render_report(
    tables: Mapping[str, pd.DataFrame],
    manifest: Mapping[str, Any],
    config: JobConfig,
    *,
    before: Mapping[str, pd.DataFrame] | None = None,
) -> str:
    """Return the page for the tables of a run, and for what changed since the tables of the run `before`.

    Every text that comes from the reviews is escaped; the page forbids scripts and anything from elsewhere.
    """
    words = Words.load(config.language)
    page = Page(tables, manifest, config, words, before)
    built = {name: build(page) for name, build in SECTIONS.items()}
    shown = {name: section for name, section in built.items() if section is not None}
    return _environment(words).get_template("page.html").render(page=page, sections=shown, evidence=page.evidence)


def write_report(
    path: Path,
    tables: Mapping[str, pd.DataFrame],
    manifest: Mapping[str, Any],
    config: JobConfig,
    *,
    before: Mapping[str, pd.DataFrame] | None = None,
) -> None:
    """Write `render_report` to a file."""
    path.write_text(render_report(tables, manifest, config, before=before), "utf-8")


def _environment(words: Words) -> jinja2.Environment:
    def template(name: str) -> str:
        return (files("reviewlens") / "templates" / "report" / name).read_text("utf-8")

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(template),
        autoescape=True,
        finalize=lambda said: clean(said) if type(said) is str else said,  # ids are shown as they are given
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,  # each template is compiled once and rendered once
    )
    environment.filters["marked"] = _marked
    environment.globals.update(t=words.say, words=words)
    return environment


def _marked(text: str) -> Markup:
    """Return a sentence of the report in which no line breaks within a date, and shares and code are set as such."""
    marked = str(escape(clean(text)))
    for pattern, mark in _MARKS.items():
        marked = re.sub(pattern, mark, marked)
    return Markup(marked)
