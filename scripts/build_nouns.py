"""Build the list of nouns that name aspects: `python -m scripts.build_nouns DATA`.

No tagger: a word is known by its company (Harris, 1954). Frames of function words in unlabelled reviews, listed in
`reviewlens/data/nouns/en.toml`, tell how often a word stands where nouns, verbs and adjectives stand, and how often
something is said of it ("the screen is sharp"; Hu and Liu, 2004). Of words too rare to tell, the word vectors that ship
with the library guess how often something is said. One line per word, tab-separated: the word; how much of a noun it
is, and of a part of a compound, in percent; how often something is said of it, in tenths of a per mille. Corpora under
a non-commercial licence are not read; nothing of the corpora but these figures is kept.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from reviewlens.discovery.vectors import meanings
from scripts.build_word_vectors import ENGLISH, texts

OUT = Path(__file__).parents[1] / "reviewlens" / "data" / "nouns"
TOKEN = re.compile(r"[a-z0-9]+(?:['’\-][a-z]+)*|[^\sa-z0-9]")
LEAST = 20
REACH = 3
"""Words looked at on both sides."""
DOUBT = 80.0
"""The vectors' guess counts as so many occurrences."""

Counts = NDArray[np.float64]


class Stream:
    """All tokens in a row, texts parted by gaps; every column counts, for each word, where a condition holds."""

    def __init__(self, reviews: Iterator[str]) -> None:
        index: dict[str, int] = {}
        ids: list[int] = [-1] * REACH
        for text in reviews:
            ids += [index.setdefault(word, len(index)) for word in TOKEN.findall(text)]
            ids += [-1] * REACH
        self.index, self.words, self._ids = index, list(index), np.array(ids)
        self._here = self._ids[REACH:-REACH]
        self.edge = self.among('.,;:!?()"')
        self.edge[-1] = True

    def among(self, chosen: Iterable[str]) -> NDArray[np.bool_]:
        """Return which words are among `chosen`, shape (n_words + 1,), the last for a gap."""
        mask = np.zeros(len(self.index) + 1, dtype=bool)
        mask[[self.index[word] for word in chosen if word in self.index]] = True
        return mask

    def at(self, mask: NDArray[np.bool_], offset: int) -> NDArray[np.bool_]:
        """Return where the word `offset` places on is in `mask`."""
        return np.asarray(mask[self._ids[REACH + offset : len(self._ids) - REACH + offset]])

    def count(self, where: NDArray[np.bool_]) -> Counts:
        """Return how often each word stands where the condition holds, shape (n_words,)."""
        return np.bincount(self._here[where & (self._here >= 0)], minlength=len(self.words)).astype(float)


def figures(stream: Stream, frames: dict[str, dict[str, list[str]]]) -> tuple[Counts, Counts, Counts, Counts]:
    """Return of each word its count, the two shares in [0, 1], and how often something is said of it."""
    mask = {f"{kind}.{name}": stream.among(words) for kind, part in frames.items() for name, words in part.items()}
    determined = stream.at(mask["noun.before"], -1)
    noun = stream.count(determined & (stream.at(mask["noun.after"], 1) | stream.at(stream.edge, 1)))
    modifier = stream.count(determined) - noun
    verb = stream.count(stream.at(mask["verb.before"], -1))
    ends = stream.at(mask["adjective.then"], 1) | stream.at(stream.edge, 1)
    predicate = stream.at(mask["adjective.be"], -1) & ends
    adjective = stream.count(stream.at(mask["adjective.before"], -1)) + stream.count(predicate)
    words = mask["opinion.words"]
    soon = stream.at(words, 2) | (stream.at(mask["opinion.between"], 2) & stream.at(words, 3))
    said = stream.count(stream.at(mask["opinion.be"], 1) & soon)
    nouns = (noun + 0.5) / (noun + verb + adjective + 0.3 * modifier + 1.5)
    parts = (noun + modifier + 0.5) / (noun + modifier + verb + 3 * adjective + 1)
    return stream.count(np.ones(len(determined), dtype=bool)), nouns, parts, said


def spoken_of(words: list[str], count: Counts, nouns: Counts, said: Counts) -> Counts:
    """Return how often something is said of each word, the vectors' guess added for rare ones."""
    vectors = meanings(words)
    known = (nouns > 0.4) & (count >= 30) & vectors.any(1)
    rate = np.log((said + 0.3) / (count + 60))
    guess = Ridge(3.0).fit(vectors[known], rate[known], sample_weight=np.sqrt(count[known]))
    prior = np.where(vectors.any(1), np.exp(guess.predict(vectors)), 0.005)
    return np.asarray((said + DOUBT * prior) / (count + DOUBT))


def main() -> None:
    """Write the list."""
    frames = tomllib.loads((OUT / "en.toml").read_text("utf-8"))
    stream = Stream(texts(Path(sys.argv[1]), "en", ENGLISH))
    count, nouns, parts, said = figures(stream, frames)
    kept = [i for i, word in enumerate(stream.words) if count[i] >= LEAST and re.fullmatch("[a-z][a-z'-]+", word)]
    kept.sort(key=lambda i: stream.words[i])
    words = [stream.words[i] for i in kept]
    often = spoken_of(words, count[kept], nouns[kept], said[kept])
    rows = zip(words, nouns[kept], parts[kept], often, strict=True)
    lines = [f"{word}\t{100 * noun:.0f}\t{100 * part:.0f}\t{10_000 * said:.0f}" for word, noun, part, said in rows]
    (OUT / "en.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(len(lines), "words")


if __name__ == "__main__":
    main()
