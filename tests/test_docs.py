"""What the documentation says is true: its code runs, its links lead somewhere, its generated pages are whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import documents
import pytest
from places import ROOT, SAMPLE

import reviewlens as rl

PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/**/*.md")]
    if path.name not in {"CHANGELOG.md"}
)
RUN = {"python", "console", "bash", "sh"}
IN_A_COPY = {"docs/extending.md"}  # changes the package


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def reader_folder(tmp_path_factory) -> Path:
    """A reader's folder, with exports and the output of a run over them."""
    folder = tmp_path_factory.mktemp("reader")
    for place in ("exports", "examples/sample"):  # as after `cp -r examples/sample exports`
        (folder / place).mkdir(parents=True)
        for path in SAMPLE.glob("*.parquet"):
            shutil.copy2(path, folder / place)
    rl.analyze(folder / "exports", out=folder / "lens", config={"workers": 1})
    return folder


@pytest.mark.parametrize("page", [p for p in PAGES if shown(p) not in IN_A_COPY], ids=shown)
def test_code_blocks_run(page, reader_folder, tmp_path, monkeypatch):
    if not documents.blocks(page):
        pytest.skip("no code in it")
    monkeypatch.setenv("REVIEWLENS_WORKERS", "1")
    folder = tmp_path / "reader"
    shutil.copytree(reader_folder, folder, symlinks=True)
    runnable = [b for b in documents.blocks(page) if b.language in RUN and not b.note.startswith(documents.NOT_RUN)]
    assert documents.run(page, folder) == len([b for b in runnable if b.note != documents.SHOWN])


@pytest.mark.parametrize("page", sorted(IN_A_COPY))
def test_recipes_run_in_a_copy_of_the_package(page, reader_folder, tmp_path):
    folder = tmp_path / "reader"
    shutil.copytree(reader_folder, folder, symlinks=True)
    shutil.copytree(ROOT / "reviewlens", folder / "reviewlens", ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        f"import documents; from pathlib import Path; documents.run(Path({str(ROOT / page)!r}), Path('.').absolute())"
    )
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT / 'tests'}", "REVIEWLENS_WORKERS": "1"}
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), f"{shown(page)} links to {target}"
        assert not anchor or anchor in anchors(path), f"{shown(page)} links to {target}, a heading that is not there"


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as both GitHub and the site make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.S | re.M)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_links_of_notebooks_and_of_the_contents_lead_somewhere():
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if not re.match(r"[a-z]+:", target):
                assert (notebook.parent / unquote(target).partition("#")[0]).exists(), f"{notebook.name}: {target}"
    for page in re.findall(r"[\w/\-]+\.md", (ROOT / "mkdocs.yml").read_text("utf-8")):
        assert (ROOT / "docs" / page).exists(), page


@pytest.mark.parametrize("name", ["tables", "command_line", "settings", "python"])
def test_reference_pages_are_what_the_code_says(name, sample_run):
    made = generate()
    page = made.tables(sample_run) if name == "tables" else getattr(made, name)()
    committed = ROOT / "docs" / "reference" / f"{name.replace('_', '-')}.md"
    assert committed.read_text("utf-8") == page, "run: python docs/generate.py"


def test_the_table_of_the_readme_is_what_the_benchmarks_left():
    assert generate("measured").readme() == (ROOT / "README.md").read_text("utf-8"), "run: python docs/measured.py"


def generate(name: str = "generate"):
    import importlib.util

    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_column_of_every_table_is_explained(sample_run):
    made = generate()
    for name, table in sample_run.tables.items():
        for column in table:
            assert made.meaning_of(name, column), f"{name}.{column}"


def test_every_verb_and_setting_is_documented():
    from reviewlens.cli import cli
    from reviewlens.config import KEYS

    made = generate()
    page = made.command_line()
    for verb, command in cli.commands.items():
        assert f"## {verb}\n" in page
        assert re.search(rf"reviewlens {verb}\b", command.help or ""), f"{verb} has no example in its help"
    settings = made.settings()
    assert [key for key in KEYS if key != "out" and f"| `{key}` |" not in settings] == []


def test_every_public_name_is_documented():
    page = generate().python()
    for name in rl.__all__:
        assert name == "__version__" or f"## {name}\n" in page


def test_the_site_builds_strictly(tmp_path):
    pytest.importorskip("material", reason="needs mkdocs-material")
    # not --quiet, under which --strict counts no warnings
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    index = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert not re.search(r"(?:src|href)=\"?https?://(?!github\.com|squidfunk)", index), "nothing is fetched"
