"""The notebooks run, and are kept with outputs that read well where they are hosted."""

from __future__ import annotations

import importlib.util
import re
import shutil

import pytest
from places import ROOT

nbformat = pytest.importorskip("nbformat")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def shown(path):
    return path.stem


@pytest.mark.filterwarnings("ignore")  # of the machinery that starts kernels; the notebooks' own are in their outputs
@pytest.mark.parametrize("path", NOTEBOOKS, ids=shown)
def test_notebook_runs(path, tmp_path):
    pytest.importorskip("nbclient")
    spec = importlib.util.spec_from_file_location("run_notebooks", ROOT / "notebooks" / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    done = module.run(path, folder)
    assert [o for cell in done.cells for o in cell.get("outputs", []) if o.output_type == "error"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=shown)
def test_notebook_is_kept_with_its_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1)), "run in one go, from top to bottom"
    outputs = [output for cell in code for output in cell.outputs]
    assert len(outputs) >= len(code) // 2
    assert [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"] == []
    text = path.read_text("utf-8")
    assert not re.search(r"(?:/tmp/|/home/|/root/)", text), "a path of the machine it ran on"
    assert len(text) < 1_000_000
