"""A committed run, as its readers see it: tables, manifest, report, evidence."""

from __future__ import annotations

import html
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property, reduce
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reviewlens.errors import InputNotFoundError, TableError
from reviewlens.remote import fetched
from reviewlens.schemas import MENTIONS, SCORED, SCORED_REASON
from reviewlens.store import Store

if TYPE_CHECKING:
    import pyarrow.dataset as ds

    from reviewlens.plots import Plot

TABLE_FOLDER = "tables"
SUPERSEDED = "superseded.parquet"  # rows of the parts that a newer version has replaced


class Tables(Mapping[str, pd.DataFrame]):
    """The summary tables of a run by name, each read when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._paths = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._paths:
            raise TableError(f"there is no table {name!r}", hint=f"there are: {', '.join(self._paths)}")
        if name not in self._read:
            self._read[name] = pd.read_parquet(self._paths[name])
        return self._read[name].copy()

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __repr__(self) -> str:
        return f"Tables({', '.join(self)})"


class Run:
    """One committed run in an output folder. It stays as it is while newer runs are committed."""

    def __init__(self, out: str | os.PathLike[str]) -> None:
        self.store = Store(fetched(out))
        folder = self.store.current_run()
        if folder is None:
            raise InputNotFoundError(
                "no run is here", where=str(out), hint="make one: reviewlens run EXPORTS --out FOLDER"
            )
        self.folder: Path = folder

    @cached_property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The summary tables by name."""
        return Tables(self.folder / TABLE_FOLDER)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the run did: counts, fingerprints, versions, timings, parts."""
        return self.store.manifest(self.folder)

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.folder / "report.html"

    @property
    def scored(self) -> ds.Dataset:
        """The scored reviews that count, one row each, with the schema `reviewlens.schemas.SCORED`."""
        return self._evidence("scored", SCORED).filter((pc.field("reason") == SCORED_REASON) & self._counts())

    @property
    def mentions(self) -> ds.Dataset:
        """The mentions in the reviews that count, with the schema `reviewlens.schemas.MENTIONS`."""
        return self._evidence("mentions", MENTIONS).filter(self._counts())

    @property
    def plot(self) -> Plot:
        """Figures of this run."""
        from reviewlens.plots import Plot

        return Plot(self)

    def _evidence(self, kind: str, schema: Any) -> ds.Dataset:
        paths = [str(self.store.parts / part["id"] / f"{kind}.parquet") for part in self.manifest["parts"]]
        from pyarrow import dataset  # which no run needs

        return dataset.dataset(paths, schema=schema, format="parquet")

    def _counts(self) -> pc.Expression:
        rows: Counter[str] = Counter()  # a row counts from the beginning of its source
        for part in self.manifest["parts"]:
            rows[part["source"]] += part["rows"]
        sizes = {part["part"]: rows[part["source"]] for part in self.manifest["parts"]}
        return none_of(pq.read_table(self.folder / SUPERSEDED), sizes)

    def __repr__(self) -> str:
        counts = self.manifest["counts"]
        said = f"{counts['scored']:,} reviews, {counts['mentions']:,} mentions"
        return f"<Run {self.folder.name} in {self.store.out}: {said}>"

    def _repr_html_(self) -> str:
        shown = self.tables["themes"].sort_values(["reviews", "theme_id"], ascending=[False, True]).head(8)
        columns = [c for c in ("label", "reviews", "share", "score", "complaint_share", "quote_1") if c in shown]
        return f"<p><b>{html.escape(repr(self)[1:-1])}</b></p>" + shown[columns].to_html(index=False, escape=True)


def none_of(gone: pa.Table, sizes: Mapping[int, int]) -> pc.Expression:
    """Return the filter that leaves out the rows in `gone`, a table of `part` and `row`.

    `sizes` says below which number the rows of each part lie. Parts are numbered by hashes of 60 bits, so the sum of
    part and row nearly always tells all rows apart, and one look into a hash table decides. Where it does not, each
    part is asked by itself: the time for that grows with the square of their number.
    """
    if not gone.num_rows:
        return pc.scalar(True)
    if all(after - part >= sizes[part] for part, after in pairwise(sorted(sizes))):
        places = pc.add(gone.column("part"), gone.column("row")).combine_chunks()
        return ~(pc.field("part") + pc.field("row")).isin(places)
    by_part = gone.group_by("part").aggregate([("row", "list")])
    lost = [
        (pc.field("part") == part.as_py()) & pc.field("row").isin(rows.values)
        for part, rows in zip(by_part.column("part"), by_part.column("row_list"), strict=True)
    ]
    return ~reduce(lambda one, other: one | other, lost)


def open_run(out: str | os.PathLike[str]) -> Run:
    """Open the last committed run of an output folder.

    Raises `InputNotFoundError` where there is none.
    """
    return Run(out)
