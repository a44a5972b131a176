"""Everything that reviewlens raises on purpose.

Each error is ours *and* the standard class, so both `except ReviewlensError` and `except ValueError` work::

    ReviewlensError
    ├── ConfigError(ValueError)          a setting or argument is wrong                          exit 2
    ├── InputError(ValueError)           the data given cannot be used                           exit 2
    │   ├── InputNotFoundError(FileNotFoundError)   nothing is there                            exit 2
    │   ├── ColumnError(KeyError)        a column is missing, ambiguous or of the wrong type     exit 2
    │   └── TableError(KeyError)         a run has no table of that name                         exit 2
    ├── ArtefactError(ValueError)        a model folder or theme set cannot be used              exit 2
    ├── MissingDependencyError(ImportError)         an optional package is not installed        exit 2
    ├── LockedError(RuntimeError)        another run holds the output folder                     exit 5
    ├── RejectsError(RuntimeError)       too many rejects: nothing was published                 exit 3
    ├── GateError(RuntimeError)          drift or alerts beyond what was allowed                 exit 4
    ├── WriterError(RuntimeError)        a writer of descriptions gave no text                   exit 1
    ├── Interrupted(RuntimeError)        stopped on request; the next run goes on                exit 143
    ├── WorkerError(RuntimeError)        a worker process died                                   exit 1
    └── StoreError(RuntimeError)         an output cannot be read or written                     exit 1
        └── OverwriteError(FileExistsError)   something else is where the output should be      exit 2

The message says what is wrong, where (file, row, column, key), and what to do next.
"""

from __future__ import annotations


class ReviewlensError(Exception):
    """Root of the tree; `exit_code` is what the command line returns for it."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__(
            "\n".join(part for part in (what, where and f"  at: {where}", hint and f"  do: {hint}") if part)
        )

    def __str__(self) -> str:  # KeyError would show the repr of the message
        return str(self.args[0])


class ConfigError(ReviewlensError, ValueError):
    """A setting or argument is wrong."""

    exit_code = 2


class InputError(ReviewlensError, ValueError):
    """The data given cannot be used."""

    exit_code = 2


class InputNotFoundError(InputError, FileNotFoundError):
    """There is nothing at the place named."""


class ColumnError(InputError, KeyError):
    """A column is missing, ambiguous or of a type that cannot be used."""


class TableError(InputError, KeyError):
    """A run has no table of that name."""


class ArtefactError(ReviewlensError, ValueError):
    """A model folder or a theme set is damaged, foreign or of an unknown version."""

    exit_code = 2


class MissingDependencyError(ReviewlensError, ImportError):
    """An optional package is needed; the message has the pip line."""

    exit_code = 2


class LockedError(ReviewlensError, RuntimeError):
    """Another run holds the output folder."""

    exit_code = 5


class RejectsError(ReviewlensError, RuntimeError):
    """More rows were rejected than allowed; nothing was published."""

    exit_code = 3


class GateError(ReviewlensError, RuntimeError):
    """The run was published, but a gate that the user asked for did not hold."""

    exit_code = 4


class WriterError(ReviewlensError, RuntimeError):
    """A writer of descriptions gave no text."""


class Interrupted(ReviewlensError, RuntimeError):  # noqa: N818 - reads as what happened, like KeyboardInterrupt
    """The run was stopped on request and can be resumed."""

    exit_code = 143


class StoreError(ReviewlensError, RuntimeError):
    """An output cannot be read or written."""


class OverwriteError(StoreError, FileExistsError):
    """Something of another kind is where the output should be; it stays as it is."""

    exit_code = 2


class WorkerError(ReviewlensError, RuntimeError):
    """A worker process died; what it had finished stands."""
