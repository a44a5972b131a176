"""Run the notebooks and keep their outputs: `python notebooks/run.py [NAME ...]`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
TRANSIENT = ("execution", "collapsed", "scrolled")  # what a run leaves that says nothing


def run(path: Path, folder: Path = HERE) -> nbformat.NotebookNode:
    """Return the notebook with the outputs of a run in `folder`; raise where a cell fails."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads that wait for each other are slow on a busy machine
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    for cell in notebook.cells:
        for key in TRANSIENT:
            cell.metadata.pop(key, None)
    notebook.metadata.language_info = {"name": "python"}
    return notebook


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.ipynb")):
        target = HERE / f"{Path(name).stem}.ipynb"
        nbformat.write(run(target), target)
        print(target.name)
