"""Exports of any size, of our own sentences, written as a stream: memory does not grow with the number of reviews.

python -m benchmarks.generate --rows 1000000 --out exports/ --rows-per-file 100000
"""

from __future__ import annotations

import argparse
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

CHUNK = 50_000
DAYS = 365
FIRST_DAY = np.datetime64("2023-01-01T00:00:00", "us")


@cache
def sentences(language: str) -> dict[str, pa.Array]:
    """Return the clauses of a language by stars given: every aspect with every opinion of that kind."""
    words = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text("utf-8"))[language]
    frames = {kind: words[kind] for kind in ("bad", "middling", "good")}
    return {
        kind: pa.array([opinion.format(aspect) for aspect in words["aspects"] for opinion in opinions])
        for kind, opinions in frames.items()
    }


def reviews(
    rng: np.random.Generator,
    first: int,
    rows: int,
    *,
    products: int = 500,
    language_share: float = 0.4,
    most_clauses: int = 4,
) -> pa.Table:
    """Return `rows` reviews with the ids from `first` on, of 1 to `most_clauses` clauses, some in Chinese."""
    rating = rng.choice([1, 2, 3, 4, 5], rows, p=[0.12, 0.08, 0.12, 0.23, 0.45])
    chinese = rng.random(rows) < language_share
    product = rng.zipf(1.3, rows) % products
    created = FIRST_DAY + rng.integers(0, DAYS * 86_400_000_000, rows).astype("timedelta64[us]")
    return pa.table(
        {
            "review_id": pa.array([f"r{i}" for i in range(first, first + rows)]),
            "product_id": pa.array([f"p{i:04d}" for i in product]),
            "product_name": pa.array([f"Product {i}" for i in product]),
            "category": pa.array([f"category {i % 7}" for i in product]),
            "rating": pa.array(rating, pa.float32()),
            "text": _texts(rng, rating, chinese, most_clauses),
            "customer": pa.array([f"c{i}" for i in rng.integers(0, 200_000, rows)]),
            "created_at": pa.array(created, pa.timestamp("us", tz="UTC")),
            "exported_at": pa.array(created + np.timedelta64(1, "D"), pa.timestamp("us", tz="UTC")),
        }
    )


def _texts(rng: np.random.Generator, rating: np.ndarray, chinese: np.ndarray, most: int) -> pa.Array:
    kinds = np.select([rating <= 2, rating == 3], ["bad", "middling"], "good")
    clauses = rng.integers(1, most + 1, len(rating))
    found = np.full(len(rating), None, object)
    for language, mine, joint in (("en", ~chinese, " "), ("zh", chinese, "")):
        for kind in ("bad", "middling", "good"):
            which = np.flatnonzero(mine & (kinds == kind))
            pool = sentences(language)[kind]
            picked = [pool.take(pa.array(rng.integers(0, len(pool), len(which)))) for _ in range(most)]
            empty = pa.scalar("")
            columns = [pc.if_else(pa.array(clauses[which] > k), column, empty) for k, column in enumerate(picked)]
            found[which] = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*columns, joint)).to_numpy(False)
    return pa.array(found, pa.string())


def write(
    out: Path, rows: int, *, rows_per_file: int = 100_000, seed: int = 0, first: int = 0, most_clauses: int = 4
) -> None:
    """Write `rows` reviews to `out` as files of `rows_per_file`."""
    out.mkdir(parents=True, exist_ok=True)
    for start in range(first, first + rows, rows_per_file):
        stop = min(start + rows_per_file, first + rows)
        schema = reviews(np.random.default_rng(0), 0, 1).schema
        with pq.ParquetWriter(out / f"reviews-{start:09d}.parquet", schema, compression="zstd") as writer:
            for begin in range(start, stop, CHUNK):
                rng = np.random.default_rng([seed, begin])
                writer.write_table(reviews(rng, begin, min(CHUNK, stop - begin), most_clauses=most_clauses))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows-per-file", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first review id")
    parser.add_argument("--most-clauses", type=int, default=4)
    options = vars(parser.parse_args())
    write(options.pop("out"), options.pop("rows"), **options)


if __name__ == "__main__":
    main()
