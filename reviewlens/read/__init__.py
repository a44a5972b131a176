"""Sources -> parts -> `REVIEWS`: nothing downstream knows the user's files, column names or types.

paths     paths, globs and folders -> files, each with a stable name
memory    DataFrames, tables and lists of texts -> tables
columns   which of the user's columns is which of ours (`columns.toml`)
guard     what a file claims, before anything of it is unpacked
source    rows in bounded batches
convert   the user's types -> `REVIEWS`, with `strings`, `times` and `stars` (`formats.toml`)
plan      all of it: parts, mapping, rejected files
part      a range of rows: the unit of work
"""

from __future__ import annotations

from reviewlens.read.part import Part, raw_batches
from reviewlens.read.paths import Paths, find_files, is_path
from reviewlens.read.plan import Plan, RejectedFile, plan
from reviewlens.read.source import FileSource, UnreadableError

__all__ = [
    "FileSource",
    "Part",
    "Paths",
    "Plan",
    "RejectedFile",
    "UnreadableError",
    "find_files",
    "is_path",
    "plan",
    "raw_batches",
]
