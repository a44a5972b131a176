"""A subword tokenizer that looks each word up once.

Words between white space are cut into subwords by a Unigram model (Kudo 2018) of the `tokenizers` library, lower-cased
and in NFKC form. Reviews repeat their words (Zipf), so each distinct word is encoded once and then looked up. Scripts
without spaces are cut at their own punctuation first. Characters outside the vocabulary become bytes, so no script and
no emoji is lost.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens.errors import ArtefactError

PAD, CUT, UNKNOWN = 0, 1, 2
SPECIALS = ("<pad>", "<cut>", "<unk>")
FIRST_BYTE = len(SPECIALS)
_BYTES = tuple(f"<0x{value:02X}>" for value in range(256))
FIRST_PIECE = FIRST_BYTE + len(_BYTES)
_SPACE = "▁"  # the mark of a word start, as in SentencePiece
_SPACELESS_END = re.compile(r"(?<=[。！？；，、…~～：）】,;!?:)])")  # also as `text.normalize` writes them
_LONGEST_WORD = 200  # characters: longer runs without a space are cut so that one bad row cannot be slow
_CACHE = 400_000  # words kept
_WIDE = re.compile(r"[^\x00-\x7f]")


class Encoded(NamedTuple):
    """Subwords of n texts, end to end."""

    ids: NDArray[np.int32]
    """Subword ids of all texts, shape (n_tokens,)."""
    starts: NDArray[np.int32]
    """Character offset, in its text, of the word that each subword belongs to, shape (n_tokens,)."""
    offsets: NDArray[np.int64]
    """Where each text begins in `ids`, shape (n + 1,)."""
    truncated: NDArray[np.bool_]
    """Whether the middle of a text was left out, shape (n,)."""

    def take(self, rows: NDArray[np.int64]) -> Encoded:
        """Return some of the texts; `rows` are positions."""
        lengths = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        source = np.repeat(self.offsets[:-1][rows] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Encoded(self.ids[source], self.starts[source], offsets, self.truncated[rows])

    def clip(self, head: int, tail: int) -> Encoded:
        """Return the texts with at most `head` subwords, a cut mark and `tail` subwords each."""
        lengths = np.diff(self.offsets)
        long = lengths > head + tail + 1
        if not long.any():
            return self
        kept = np.where(long, head + tail + 1, lengths)
        offsets = np.concatenate([[0], np.cumsum(kept)])
        place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], kept)
        cut = np.repeat(long, kept)
        past = cut & (place > head)
        source = np.repeat(self.offsets[:-1], kept) + place + np.where(past, np.repeat(lengths - kept, kept), 0)
        ids = self.ids[source]
        ids[cut & (place == head)] = CUT
        return Encoded(ids, self.starts[source], offsets, self.truncated | long)


def _words(text: str) -> tuple[list[str], list[int]]:
    """Return the words of `text`, marked where they follow a space, and their character offsets."""
    words = text.split()
    starts = np.cumsum([0, *[len(word) + 1 for word in words]])
    if starts[-1] == len(text) + 1:  # single spaces only: the common case
        begins = starts[:-1].tolist()
    else:
        begins = [match.start() for match in re.finditer(r"\S+", text)]
        words = text.split() if len(begins) == len(words) else re.findall(r"\S+", text)
    if text.isascii() and len(max(words, key=len, default="")) <= _LONGEST_WORD:
        return words, begins
    out, places = [], []
    for word, begin in zip(words, begins, strict=True):
        if len(word) <= 4 or (word.isascii() and len(word) <= _LONGEST_WORD):
            out.append(word)
            places.append(begin)
            continue
        at = begin
        for piece in _SPACELESS_END.split(word):
            for cut in range(0, len(piece), _LONGEST_WORD):
                part = piece[cut : cut + _LONGEST_WORD]
                out.append(part if at == begin else _SPACE + part)
                places.append(at)
                at += len(part)
    return out, places


class Tokenizer:
    """Encodes texts as subword ids; `save` and `load` keep it as one `tokenizer.json`."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._cache: dict[str, tuple[int, ...]] = {}

    @property
    def size(self) -> int:
        """Number of subwords, specials and bytes included."""
        return int(self._model.get_vocab_size())

    @classmethod
    def from_pieces(cls, pieces: Iterable[tuple[str, float]]) -> Tokenizer:
        """Build a tokenizer from subwords and their log-probabilities; specials and bytes are added in front."""
        from tokenizers import Tokenizer as Backend
        from tokenizers import models

        vocab = [(name, 0.0) for name in SPECIALS] + [(name, -20.0) for name in _BYTES] + list(pieces)
        return cls(Backend(models.Unigram(vocab, unk_id=UNKNOWN, byte_fallback=True)))

    @classmethod
    def train(cls, texts: Iterable[str], *, size: int = 16_000) -> Tokenizer:
        """Learn about `size` subwords from `texts`; needs no word segmenter for any script."""
        from tokenizers import Tokenizer as Backend
        from tokenizers import models, pre_tokenizers, trainers

        backend = Backend(models.Unigram())
        backend.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=size, unk_token="<unk>", special_tokens=["<unk>"], show_progress=False
        )
        backend.train_from_iterator((normal_form(text) for text in texts), trainer)
        learned = json.loads(backend.to_str())["model"]["vocab"]
        return cls.from_pieces((piece, score) for piece, score in learned if piece != "<unk>")

    @classmethod
    def load(cls, path: str | Path) -> Tokenizer:
        """Read a `tokenizer.json`; raise `ArtefactError` when it is not one of ours."""
        from tokenizers import Tokenizer as Backend

        try:
            backend = Backend.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise ArtefactError(
                f"the tokenizer cannot be read: {error}", where=str(path), hint="save the model again"
            ) from error
        if any(backend.token_to_id(name) != place for place, name in enumerate(SPECIALS)):
            raise ArtefactError("the tokenizer lacks our special tokens", where=str(path), hint="save the model again")
        return cls(backend)

    def save(self, path: str | Path) -> None:
        """Write the tokenizer as JSON."""
        self._model.save(str(path), pretty=False)

    def pieces(self) -> list[str]:
        """Return the subwords in the order of their ids."""
        vocab: dict[str, int] = self._model.get_vocab()
        return sorted(vocab, key=vocab.__getitem__)

    def _learn(self, words: Iterable[str]) -> None:
        """Encode the words not seen yet, in one call."""
        new = list(words)
        if len(self._cache) + len(new) > _CACHE:
            self._cache.clear()
        forms = [word[1:] if word.startswith(_SPACE) else _SPACE + word for word in map(normal_form, new)]
        for word, encoding in zip(new, self._model.encode_batch_fast(forms, add_special_tokens=False), strict=True):
            self._cache[word] = tuple(encoding.ids)

    def encode(self, texts: Sequence[str], *, head: int, tail: int) -> Encoded:
        """Return subword ids of each text: all of them, or the first `head`, a cut mark and the last `tail`.

        What is encoded of a text depends on that text alone.
        """
        cut_texts = [_shorten(text, head, tail) for text in texts]
        words = [_words(text) for text, _, _ in cut_texts]
        known = self._cache.keys()
        new = set().union(*[w for w, _ in words]) - known if words else set()
        if new:
            before = len(self._cache)
            self._learn(sorted(new))
            if len(self._cache) < before:  # the cache was emptied: encode all words of this call again
                self._learn(sorted(set().union(*[w for w, _ in words]) - self._cache.keys()))
        cache = self._cache
        ids: list[list[int]] = []
        starts: list[NDArray[np.int32]] = []
        truncated = np.zeros(len(texts), dtype=bool)
        for row, ((_, gap, skipped), (row_words, places)) in enumerate(zip(cut_texts, words, strict=True)):
            parts = [cache[word] for word in row_words]
            tokens = list(chain.from_iterable(parts))
            begins = np.array(places, dtype=np.int32)
            if gap:
                begins[begins >= gap] += skipped
            where = np.repeat(begins, [len(part) for part in parts]) if parts else begins
            if gap or len(tokens) > head + tail + 1:
                truncated[row] = True
                tokens = [*tokens[:head], CUT, *tokens[-tail:]]
                where = np.concatenate([where[:head], where[head - 1 : head], where[-tail:]])
            ids.append(tokens)
            starts.append(where)
        offsets = np.cumsum([0, *map(len, ids)], dtype=np.int64)
        flat = np.fromiter(chain.from_iterable(ids), dtype=np.int32, count=int(offsets[-1]))
        return Encoded(flat, np.concatenate(starts) if starts else np.zeros(0, np.int32), offsets, truncated)


def _shorten(text: str, head: int, tail: int) -> tuple[str, int, int]:
    """Leave out the middle of a long text before any work is done on it.

    Returns the text, the offset at which characters are missing (0 where none are) and their number. Ten characters a
    subword are more than any language of the vocabulary needs, so at least `head` and `tail` subwords remain.
    """
    front, back = 10 * head, 10 * tail
    if len(text) <= front + back + 200:
        return text, 0, 0
    stop = text.rfind(" ", front - 100, front)
    begin = text.find(" ", len(text) - back, len(text) - back + 100)
    stop = front if stop < 0 else stop
    begin = len(text) - back if begin < 0 else begin
    return text[:stop] + " " + text[begin + 1 :], stop + 1, begin - stop


def normal_form(text: str) -> str:
    """Return the form in which words are looked up: NFKC, lower case, common emoji as English words.

    Emoji say much in a review and hardly occur in the corpora that models learn from.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).lower().translate(_emoji())


@cache
def _emoji() -> dict[int, str]:
    words = json.loads((resources.files("reviewlens") / "data" / "emoji.json").read_text(encoding="utf-8"))
    return {ord(emoji): _SPACE + word for emoji, word in words.items()} | {0xFE0F: ""}
