"""What a teacher says of each training text, kept in a file: the long part of `make default-model`.

    python -m benchmarks.accuracy.answers --data folder --encoder e5-small-q4.bin --out work [--reviews 91000]

Fine-tunes the teacher (`teacher.safetensors`), then asks it text by text (`answers.npz`); killed, it goes on where it
stopped. Answers are kept under a hash of the text, so that a file of them holds no review.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.accuracy import sources
from benchmarks.accuracy.spans import spans

ASKED = {
    "domains": 20_000,
    "domains_unlabelled": 23_000,
    "products": 8_000,
    "sst5": 8_000,
    "features": 6_000,
    "instruments": 5_500,
    "zh_shopping": 50_000,
    "zh_cars": 5_000,
    "app_kinds": 3_100,
    "apps": 30_000,
    "pros_cons": 8_000,
    "flipkart": 40_000,
}
"""Training reviews that the teacher is asked about, per source; movies are too long for it."""
_CHUNK = 4096
NONE = np.zeros(0, np.uint64), np.zeros((0, 5), np.float32)


def names(texts: Sequence[str]) -> np.ndarray:
    """Return a 64-bit hash of each text."""
    digests = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts]
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def questions(table: pd.DataFrame) -> list[str]:
    """Return the texts to ask about, reviews and spans of them, in a fixed random order: one may stop at any time."""
    train = table[~table.dev]
    parts = [p.sample(min(len(p), ASKED[str(n)]), random_state=5) for n, p in train.groupby("source") if n in ASKED]
    texts = list(dict.fromkeys([*pd.concat(parts).text, *spans(table).text]))
    return [texts[i] for i in np.random.default_rng(7).permutation(len(texts))]


def load(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return hashes (n,), ascending, and probabilities of 1-5 stars (n, 5)."""
    if not path.exists():
        return NONE
    with np.load(path) as kept:
        order = np.argsort(kept["name"])
        return kept["name"][order], kept["proba"][order].astype(np.float32)


def look_up(texts: Sequence[str], kept: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the answers to `texts`, (n, 5), NaN where the teacher was not asked."""
    known, proba = kept
    asked = names(texts)
    out = np.full((len(asked), 5), np.nan, dtype=np.float32)
    if len(known):
        at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        hit = known[at] == asked
        out[hit] = proba[at[hit]]
    return out


def main() -> None:
    """Fine-tune, then ask."""
    from safetensors.torch import load_file, save_file

    from benchmarks.accuracy import teacher as teachers

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True, help="the packed encoder, see teacher.py")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--reviews", type=int, default=91_000, help="drawn for fine-tuning")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    table = sources.load(options.data)
    teacher = teachers.Teacher(options.encoder)
    weights, path = options.out / "teacher.safetensors", options.out / "answers.npz"
    if weights.exists():
        teacher.load_state_dict(load_file(weights), strict=False)
    else:
        rows = sources.training_rows(table)
        stars = rows.star.fillna(0).to_numpy(dtype=np.int64)
        polarity = rows.polarity.to_numpy(dtype=np.int64)
        teachers.fine_tune(teacher, rows.text.tolist(), stars, polarity, options.reviews)
        save_file({name: value.contiguous() for name, value in teacher.state_dict().items()}, weights)
    known, proba = load(path)
    texts = questions(table)
    texts = [text for text, old in zip(texts, np.isin(names(texts), known), strict=True) if not old]
    print(f"{len(known)} answers there, {len(texts)} to ask for", flush=True)
    begin = time.monotonic()
    for at in range(0, len(texts), _CHUNK):
        chunk = texts[at : at + _CHUNK]
        known = np.concatenate([known, names(chunk)])
        proba = np.concatenate([proba, teachers.answers(teacher, chunk)])
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, name=known, proba=proba.astype(np.float16))
        partial.replace(path)
        print(f"{at + len(chunk)} of {len(texts)}, {(at + len(chunk)) / (time.monotonic() - begin):.0f}/s", flush=True)


if __name__ == "__main__":
    main()
