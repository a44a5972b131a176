"""Word vectors that ship with the library: what words mean before a single review is read.

`vectors/<language>.safetensors` holds one int8 row per word of `<language>.txt`; how they were made is in
`scripts/build_word_vectors.py`. Languages do not share a space: words of two languages are simply unrelated.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@lru_cache(maxsize=1)
def _shelves() -> list[tuple[dict[str, int], Floats]]:
    from safetensors.numpy import load_file

    folder = files("reviewlens") / "data" / "vectors"
    shelves = []
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".txt"):
            words = entry.read_text(encoding="utf-8").split()
            with as_file(folder / entry.name.replace(".txt", ".safetensors")) as path:
                codes = load_file(path)["codes"].astype(np.float32)
            codes /= np.linalg.norm(codes, axis=1, keepdims=True)
            shelves.append(({word: row for row, word in enumerate(words)}, codes))
    return shelves


def _parts(phrase: str, index: dict[str, int]) -> list[int]:
    """Return the rows of the known words of a phrase: itself, its words, or its longest known pieces."""
    if phrase in index:
        return [index[phrase]]
    if not phrase.isascii():
        rows, at = [], 0
        while at < len(phrase):
            piece = next((phrase[at:end] for end in range(len(phrase), at + 1, -1) if phrase[at:end] in index), "")
            rows += [index[piece]] if piece else []
            at += len(piece) or 1
        return rows
    return [index[word] for word in phrase.split() if word in index]


def meanings(phrases: Sequence[str]) -> Floats:
    """Return the vector of each phrase, shape (n_phrases, n_languages * dimensions), of length 1; 0 where unknown."""
    blocks = []
    for index, vectors in _shelves():
        block = np.zeros((len(phrases), vectors.shape[1]), dtype=np.float32)
        for i, phrase in enumerate(phrases):
            if rows := _parts(phrase, index):
                block[i] = vectors[rows].mean(0)
        blocks.append(block / np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-9))
    return np.hstack(blocks) if blocks else np.zeros((len(phrases), 0), dtype=np.float32)


def familiarity(phrases: Sequence[str], meaning: Sequence[Sequence[str]]) -> Floats:
    """Return how near each phrase is to each group of words, shape (n_phrases, n_groups).

    The unit is the standard deviation of the nearness of all words of the language to that group: 0 is an ordinary
    word, 2 is near. A phrase or group without a known word is 0 throughout.
    """
    near = np.zeros((len(phrases), len(meaning)), dtype=np.float32)
    for index, vectors in _shelves():
        rows = [_parts(phrase, index) for phrase in phrases]
        known = [i for i, row in enumerate(rows) if row]
        mine = np.array([vectors[rows[i]].mean(0) for i in known], dtype=np.float32).reshape(-1, vectors.shape[1])
        mine /= np.maximum(np.linalg.norm(mine, axis=1, keepdims=True), 1e-9)
        for group, words in enumerate(meaning):
            parts = [vectors[row].mean(0) for word in words if (row := _parts(word.lower(), index))]
            if not parts or not known:
                continue
            center = np.sum([part / np.linalg.norm(part) for part in parts], axis=0)
            center /= np.linalg.norm(center)
            usual = vectors[:: max(1, len(vectors) // 5000)] @ center
            near[known, group] = np.maximum(near[known, group], (mine @ center - usual.mean()) / usual.std())
    return near
