"""Build the anchor themes from which discovery starts: `python scripts/build_anchor_themes.py DATA`.

The affinity of the phrases of many reviews of many domains is factored (NMF, Lee and Seung 1999, started from an SVD);
each factor's leading phrases are one line of `reviewlens/data/anchors/<language>.txt`. Factors that do not hold
together are left out, and so are those in `anchors_left_out.txt` beside this file: they were judged by eye to be
manners of speaking, names or dates, and no theme. Corpora under a non-commercial licence are not read.

The files that ship were built before the words of praise, time and purchase joined `reviewlens/data/function_words`:
with those, which are no phrases any more, the factors come out differently.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.decomposition import NMF

from reviewlens.discovery.affinity import affinity
from reviewlens.discovery.phrases import mine

OUT = Path(__file__).parents[1] / "reviewlens" / "data" / "anchors"
LEFT_OUT = Path(__file__).with_name("anchors_left_out.txt")
ALL = 10**9
SOURCES = {
    "en": {"products_dump": ALL, "domains_train": ALL, "domains_unlabelled": ALL, "instruments_dump": ALL,
           "flipkart": 15_000, "apps": 20_000, "movies_train": 6_000, "pros_cons": 10_000},
    "zh": {"shopping_train": ALL, "car_themes": ALL},
}  # fmt: skip
FACTORS = {"en": 140, "zh": 90}
LENGTH = 16
LEAST_COHERENCE = 0.06


def texts(data: Path, language: str) -> list[str]:
    """Return distinct texts of the sources, the same ones every time."""
    chosen: list[str] = []
    for name, most in SOURCES[language].items():
        column = pq.read_table(data / f"{language}_{name}.parquet", columns=["text"])["text"]
        distinct = {text for text in column.to_pylist() if text}
        chosen += sorted(distinct, key=lambda text: hashlib.md5(text.encode()).hexdigest())[:most]
    return chosen


def coherence(near: NDArray[np.float32], members: NDArray[np.int64]) -> float:
    """Return the mean affinity of all pairs of `members`, in [0, 1]; 0 for fewer than two."""
    pairs = len(members) * (len(members) - 1)
    return float(near[np.ix_(members, members)].sum() / pairs) if pairs else 0.0


def build(data: Path, language: str) -> None:
    """Write the anchors of a language."""
    reviews = texts(data, language)
    found = mine(reviews, least=max(20, len(reviews) // 2000), most=5000)
    near = affinity(found.clauses)
    full = near.copy()
    np.fill_diagonal(full, full.max(1))
    factors = NMF(FACTORS[language], init="nndsvd", max_iter=120, random_state=0).fit_transform(full)
    factors /= np.linalg.norm(factors, axis=0)
    left_out = [set(line.split(", ")) for line in LEFT_OUT.read_text(encoding="utf-8").splitlines()]
    home, lines = factors.argmax(1), []
    for number in range(FACTORS[language]):
        members = np.flatnonzero(home == number)
        order = np.argsort(-factors[members, number] * np.log(found.reviews[members]), kind="stable")
        members = members[order][:LENGTH]
        held = coherence(near, members[:10])
        leading = [found.phrases[i] for i in members]
        phrases = ", ".join(leading)
        if any(2 * len(listed.intersection(leading)) >= len(leading) for listed in left_out):
            print("left out by hand", phrases)
        elif held >= LEAST_COHERENCE:
            lines.append(phrases)
        else:
            print("left out", round(held, 3), phrases)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{language}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(language, len(lines), "anchors")


if __name__ == "__main__":
    for each in SOURCES:
        build(Path(sys.argv[1]), each)
