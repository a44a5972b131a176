"""A subword tokenizer that looks each run of characters up once.

Words between white space are cut into subwords by a Unigram model (Kudo 2018) of the `tokenizers` library, lower-cased
and in NFKC form. Reviews repeat their words (Zipf), so each distinct run of a word (see `reviewlens.runs`) is encoded
once and then looked up, all texts of a batch together. Scripts without spaces are cut at their own punctuation first.
Characters outside the vocabulary become bytes, so no script and no emoji is lost.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens import letters
from reviewlens.errors import ArtefactError
from reviewlens.forms import Forms
from reviewlens.lattice import Lattice, nothing_of
from reviewlens.memory import Memory
from reviewlens.native import kernel
from reviewlens.runs import SPACE, Cutter, Runs
from reviewlens.threads import blocks

PAD, CUT, UNKNOWN = 0, 1, 2
SPECIALS = ("<pad>", "<cut>", "<unk>")
FIRST_BYTE = len(SPECIALS)
_BYTES = tuple(f"<0x{value:02X}>" for value in range(256))
FIRST_PIECE = FIRST_BYTE + len(_BYTES)
_STEP = 1e-4
_CHUNK = 1 << 18  # characters cut at once, so that tables stay in the processor's cache
_FEW = 150  # new runs that the library cuts sooner than arrays do
_MOST_AT_ONCE = 100_000  # new runs of all texts that are encoded together
Ids = NDArray[np.int32]
Source = NDArray[np.int64] | slice


class Encoded(NamedTuple):
    """Subwords of n texts, end to end."""

    ids: NDArray[np.int32]
    """Subword ids of all texts, shape (n_tokens,)."""
    starts: NDArray[np.int32]
    """Character offset, in its text, of the run that each subword belongs to, shape (n_tokens,)."""
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
        return self.clipped(head, tail)[0]

    def clipped(self, head: int, tail: int) -> tuple[Encoded, Source]:
        """Return what `clip` does, and where each of its subwords stands in these; a mark is for what follows it."""
        lengths = np.diff(self.offsets)
        long = lengths > head + tail + 1
        if not long.any():
            return self, slice(None)
        kept = np.where(long, head + tail + 1, lengths)
        offsets = np.concatenate([[0], np.cumsum(kept)])
        source = np.repeat(self.offsets[:-1] - offsets[:-1], kept) + np.arange(offsets[-1])
        marks = offsets[:-1][long] + head
        left_out = np.repeat((lengths - kept)[long], tail)
        source[(marks[:, None] + np.arange(1, tail + 1)).ravel()] += left_out
        ids = self.ids[source]
        ids[marks] = CUT
        return Encoded(ids, self.starts[source], offsets, self.truncated | long), source


class _Cut(NamedTuple):
    """Some texts, joined and cut into runs."""

    text: str
    runs: Runs
    memory: Memory
    slots: NDArray[np.int64]
    """Where the memory holds each run, -1 for one that it does not."""
    new: NDArray[np.uint64]
    """The keys of those that it does not hold, each once."""
    forms: Forms
    """Their forms."""


class Tokenizer:
    """Encodes texts as subword ids; `save` and `load` keep it as one `tokenizer.json`."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._memory = Memory()
        self._lock = Lock()

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
    def train(cls, texts: Iterable[str], *, size: int = 16_000, longest: int = 16) -> Tokenizer:
        """Learn about `size` subwords of at most `longest` characters from `texts`; needs no word segmenter."""
        from tokenizers import Tokenizer as Backend
        from tokenizers import models, pre_tokenizers, trainers

        backend = Backend(models.Unigram())
        backend.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=size,
            unk_token="<unk>",
            special_tokens=["<unk>"],
            show_progress=False,
            max_piece_length=longest,
        )
        backend.train_from_iterator((normal_form(text) for text in texts), trainer)
        learned = json.loads(backend.to_str())["model"]["vocab"]
        return cls.from_pieces(_settled([(piece, score) for piece, score in learned if piece != "<unk>"]))

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

    @cached_property
    def _cutter(self) -> Cutter:
        return Cutter(self.pieces(), normal_form)

    @cached_property
    def _lattice(self) -> Lattice:
        vocab = json.loads(self._model.to_str())["model"]["vocab"]
        return Lattice([piece for piece, _ in vocab], np.array([score for _, score in vocab]))

    def _subwords(self, forms: Forms) -> tuple[Ids, NDArray[np.int64]]:
        """Return the subwords of each form end to end, and the number of each."""
        few = len(forms.lengths) < _FEW and kernel("search_ways") is None
        ids, counts = nothing_of(forms) if few else self._lattice.search(forms)
        left = np.flatnonzero(counts == 0)
        if not len(left):
            return ids, counts
        encodings = self._model.encode_batch_fast(forms.texts(left), add_special_tokens=False)
        others = [np.array(encoding.ids, np.int32) for encoding in encodings]
        sizes = counts.copy()
        sizes[left] = [len(part) for part in others]
        result = np.zeros(int(sizes.sum()), np.int32)
        from_library = np.repeat(counts == 0, sizes)
        result[from_library], result[~from_library] = np.concatenate(others), ids
        return result, sizes

    def spell(self, pieces: Sequence[str]) -> tuple[Ids, NDArray[np.int64]]:
        """Return the subwords that spell each piece of another vocabulary, end to end, and the number of each."""
        return self._subwords(Forms.of(pieces))

    def _learn(self, memory: Memory, forms: Forms, keys: NDArray[np.uint64]) -> Memory:
        """Encode the forms of distinct keys, and return the memory that holds them, or as many as it can hold."""
        ids, counts = self._subwords(forms)
        most = Memory.fitting(counts)  # long runs of scripts without spaces may be too much at once
        keys, counts = keys[:most], counts[:most]
        ids = ids[: counts.sum()]
        with self._lock:
            if not memory.has_room(len(keys), len(ids)):
                memory = self._memory = Memory()
            unknown = memory.slots(keys) < 0
            memory.keep(keys[unknown], ids[np.repeat(unknown, counts)], counts[unknown])
        return memory

    def _cut(self, text: str) -> _Cut:
        """Return the runs of joined texts, and the keys and forms of those that are not known yet, each once."""
        points, memory = letters.codes(text), self._memory
        runs = self._cutter.cut(points)
        slots = memory.slots(runs.key)
        new = _distinct(runs.key, slots)
        return _Cut(text, runs, memory, slots, runs.key[new], self._cutter.forms(points, runs, new))

    def _learn_all(self, cuts: Sequence[_Cut]) -> None:
        """Encode what is new in any of the texts, in one call, if it is not too much."""
        keys = np.concatenate([np.zeros(0, np.uint64), *(cut.new for cut in cuts)])
        distinct, first = np.unique(keys, return_index=True)
        if 0 < len(distinct) <= _MOST_AT_ONCE:
            self._learn(self._memory, Forms.join([cut.forms for cut in cuts]).take(first), distinct)

    def _look_up(self, cut: _Cut, base: NDArray[np.int64]) -> tuple[Ids, Ids, NDArray[np.int64]]:
        """Return ids, starts and number of subwords of joined texts; `base` is where each begins."""
        runs, memory = cut.runs, self._memory
        slots = cut.slots if memory is cut.memory else np.full_like(cut.slots, -1)
        left = np.flatnonzero(slots < 0)
        slots[left] = memory.slots(runs.key[left])
        while len(new := _distinct(runs.key, slots)):  # only where the memory was full
            memory = self._learn(memory, self._cutter.forms(letters.codes(cut.text), runs, new), runs.key[new])
            slots = memory.slots(runs.key)
        return memory.spread(slots, runs.start, base)

    def encode(self, texts: Sequence[str], *, head: int, tail: int) -> Encoded:
        """Return subword ids of each text: all of them, or the first `head`, a cut mark and the last `tail`.

        What is encoded of a text depends on that text alone.
        """
        short, gaps = list(texts), {}
        for row, text in enumerate(texts):
            if len(text) > 10 * (head + tail) + 200:
                short[row], gaps[row] = _shorten(text, head, tail)
        base = letters.offsets(short)
        spans = blocks(base, _CHUNK)
        cuts = [self._cut("\n".join(short[slice(*span)])) for span in spans]
        self._learn_all(cuts)
        parts = [
            self._look_up(cut, base[first : last + 1] - base[first])
            for cut, (first, last) in zip(cuts, spans, strict=True)
        ]
        ids = np.concatenate([np.zeros(0, np.int32), *(part[0] for part in parts)])
        starts = np.concatenate([np.zeros(0, np.int32), *(part[1] for part in parts)])
        offsets = np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, np.int64), *(p[2] for p in parts)]))])
        encoded = Encoded(ids, starts, offsets, np.zeros(len(texts), np.bool_))
        for row, gap in gaps.items():
            places = encoded.starts[offsets[row] : offsets[row + 1]]
            places[places >= gap] += len(texts[row]) - len(short[row])
            encoded.truncated[row] = True
        return encoded.clip(head, tail)


def _settled(learned: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return learned pieces in an order, and with scores, that are the same every time.

    The library adds rare characters in the order of a hash table, each `_STEP` above the one before: all get the least.
    """
    least = min((score for _, score in learned), default=0.0)
    singles = sum(len(piece) == 1 for piece, _ in learned)
    top = least + _STEP * (singles + 1)
    settled = ((piece, least if len(piece) == 1 and score <= top else score) for piece, score in learned)
    return sorted(((piece, round(score, 6)) for piece, score in settled), key=lambda pair: (-pair[1], pair[0]))


def _shorten(text: str, head: int, tail: int) -> tuple[str, int]:
    """Leave out the middle of a long text before any work is done on it.

    Returns the text and the offset at which characters are missing. Ten characters a subword are more than any language
    of the vocabulary needs, so at least `head` and `tail` subwords remain.
    """
    front, back = 10 * head, 10 * tail
    stop = text.rfind(" ", front - 100, front)
    begin = text.find(" ", len(text) - back, len(text) - back + 100)
    stop = front if stop < 0 else stop
    begin = len(text) - back if begin < 0 else begin
    return text[:stop] + " " + text[begin + 1 :], stop + 1


def _distinct(keys: NDArray[np.uint64], slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one place of each key that has no slot."""
    new = np.flatnonzero(slots < 0)
    return new[np.unique(keys[new], return_index=True)[1]]


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
    return {ord(emoji): SPACE + word for emoji, word in words.items()} | {0xFE0F: ""}
