"""Sentiment of reviews and of their clauses: a tokenizer, a network and a calibration as one artefact."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reviewlens import artefact as folder
from reviewlens import letters
from reviewlens.artefact import Artefact
from reviewlens.calibration import Calibration
from reviewlens.errors import ConfigError, InputError, OverwriteError
from reviewlens.identify import UNTOLD, languages
from reviewlens.models.laying_out import Sizes
from reviewlens.models.mixture import Mixture
from reviewlens.models.ngrams import Ngrams
from reviewlens.models.packed import PackedLstm
from reviewlens.models.runtime import STRIDE, Network, OnnxNetwork
from reviewlens.schemas import ABSTAINED, LABELS
from reviewlens.text import normalize_all, repair
from reviewlens.threads import Threads
from reviewlens.tokenizer import FIRST_PIECE, UNKNOWN, Encoded, Tokenizer
from reviewlens.whole import path_given

if TYPE_CHECKING:
    from reviewlens.explain import Explanation

HEAD, TAIL = 1200, 847  # subwords read of a long review: its beginning and its end
_DOUBTED = 0.5  # share of unknown subwords from which a language that was not learned is doubted


class SegmentScores(NamedTuple):
    """What one pass says of n reviews and m clauses."""

    proba: NDArray[np.float32]
    """Probabilities of negative, neutral and positive, shape (n, 3)."""
    stars: NDArray[np.float32]
    """Expected stars in [1, 5], shape (n,)."""
    segment_proba: NDArray[np.float32]
    """Probabilities per clause, shape (m, 3)."""
    truncated: NDArray[np.bool_]
    """Whether the middle of a review was not read, shape (n,)."""
    unknown: NDArray[np.float64]
    """Share of each review's subwords that the vocabulary lacks, shape (n,)."""


class Classifier:
    """Answers negative, neutral or positive, with calibrated probabilities; equal texts get equal answers.

    `load` one, or `train` one. Scoring needs no torch.
    """

    labels: tuple[str, str, str] = LABELS

    def __init__(self, parts: Artefact, *, threads: int = 0) -> None:
        self._parts = parts
        self.threads = Threads(threads)
        self._model = _model(parts)

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        *,
        neutral_prior: float | None = None,
        abstain_below: float | None = None,
        threads: int = 0,
    ) -> Classifier:
        """Load the bundled classifier, or the one saved at `path`.

        Args:
            path: A folder that `save` wrote; None for the bundled model.
            neutral_prior: Share of neutral reviews where the classifier will be used, at least 0 and below 1; the
                probabilities move with it. None keeps the prior of training (`metrics["neutral_prior"]`).
            abstain_below: Where the largest probability is below this, at least 0 and at most 1, `predict`, `score` and
                `analyze` say "abstained"; `evaluate` tells how many these are, and how right the others. `save` keeps
                it. None is what was saved, at first 0: never.
            threads: Threads to score with; 0 for one per core. The answers do not depend on it.

        Raises:
            InputNotFoundError: There is no model at `path`.
            ArtefactError: The folder is damaged, foreign or of an unknown version.
        """
        for name, given in (("neutral_prior", neutral_prior), ("abstain_below", abstain_below), ("threads", threads)):
            if given is not None and not isinstance(given, int | float):
                raise ConfigError(f"{name} must be a number, not {given!r}", where=name)
        own = None if path is None else path_given(path, "path", accepts="the folder of a model")
        parts = folder.read(own or folder.bundled())
        if neutral_prior is not None:
            parts = replace(parts, calibration=parts.calibration.with_prior(neutral_prior))
            parts.fingerprint += f"-neutral{neutral_prior:g}"
        if abstain_below is not None and abstain_below != parts.extra.get("abstain_below", 0.0):
            if not 0.0 <= abstain_below <= 1.0:
                raise ConfigError(
                    f"abstain_below must be between 0 and 1, not {abstain_below}", hint="it is a probability, like 0.8"
                )
            parts = replace(parts, extra=parts.extra | {"abstain_below": float(abstain_below)})
            parts.fingerprint += f"-abstain{abstain_below:g}"
        return cls(parts, threads=threads)

    def __repr__(self) -> str:
        spoken = "" if self.languages is None else f", learned {', '.join(self.languages)}"
        careful = f", abstains below {self.abstain_below:g}" if self.abstain_below else ""
        return f"Classifier({self.model}{spoken}{careful})"

    def save(self, path: str | Path) -> None:
        """Write the classifier as a new folder; raise `OverwriteError` where one already is."""
        target = path_given(path, "path", accepts="a new folder")
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise OverwriteError(
                "refusing to overwrite", where=str(target), hint="name a new folder or remove this one"
            )
        folder.write(self._parts, target)

    @property
    def fingerprint(self) -> str:
        """Hash of all that decides an answer."""
        return self._parts.fingerprint

    @property
    def metrics(self) -> dict[str, Any]:
        """What was measured when the model was trained."""
        return self._parts.metrics

    @property
    def model(self) -> str:
        """Name of the architecture: lstm, transformer or linear."""
        return self._parts.model

    @property
    def languages(self) -> tuple[str, ...] | None:
        """Languages that it was trained on, as ISO 639-1 codes; None where an older artefact does not say.

        "und" among them: some of the texts that it was trained on told no language.
        """
        return self._parts.languages

    @property
    def abstain_below(self) -> float:
        """Probability below which it abstains; 0 if it never does."""
        return float(self._parts.extra.get("abstain_below", 0.0))

    @property
    def calibration(self) -> Calibration:
        """Temperature and priors in use."""
        return self._parts.calibration

    @property
    def parts(self) -> Artefact:
        """The parts of the artefact, to train further."""
        return self._parts

    @property
    def seen_keys(self) -> NDArray[np.uint32]:
        """Hashes of what it was trained on, as `reviewlens.splits.copy_hashes` makes them; empty where not kept."""
        return self._parts.weights.get("seen.keys", np.zeros(0, dtype=np.uint32))

    @property
    def tokenizer(self) -> Tokenizer:
        """The subword tokenizer."""
        return self._parts.tokenizer

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return probabilities of negative, neutral and positive, float32 of shape (n, 3); rows sum to 1."""
        return self.calibration.polarity_proba(self.star_logits(texts))

    def predict(self, texts: Sequence[str]) -> NDArray[np.object_]:
        """Return the most probable label of each text, shape (n,), or "abstained" below `abstain_below`.

        It is the label of the text as a whole, never "mixed". The `polarity` that `score` gives also looks at the
        clauses: it is "mixed" where they disagree, and a text of at most three is what their negations and fixed
        expressions say plainly, and what all of these say where it is less than 75% sure. `explain` gives both labels,
        and why they differ.
        """
        proba = self.predict_proba(texts)
        labels: NDArray[np.object_] = np.array(LABELS, dtype=object)[proba.argmax(axis=1)]
        labels[proba.max(axis=1, initial=0.0) < self.abstain_below] = ABSTAINED
        return labels

    def predict_stars(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the expected stars of each text, float32 of shape (n,) in [1, 5]."""
        return self.calibration.stars(self.star_logits(texts))

    def star_logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return uncalibrated logits of 1-5 stars, float32 of shape (n, 5)."""
        items = normalize_all(_checked(texts))

        def answers(rows: tuple[int, int]) -> NDArray[np.float32]:
            said = items[slice(*rows)]
            encoded = self._encode(said)
            found, doubt = self._model.logits(encoded), self._doubt(said, _unknown_rate(encoded))
            return found if doubt is None else found * doubt[:, None]

        parts = self.threads.map(answers, self.threads.shares(letters.offsets(items)))
        return np.concatenate(parts) if parts else np.zeros((0, 5), dtype=np.float32)

    def star_probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of 1-5 stars, shape (n, 5)."""
        return self.calibration.star_proba(self.star_logits(texts))

    def score_segments(
        self, texts: Sequence[str], owner: NDArray[np.int32], bounds: NDArray[np.int32]
    ) -> SegmentScores:
        """Score reviews and their clauses in one pass.

        Args:
            texts: n reviews, normalized (`reviewlens.text.normalize`).
            owner: Index of the review that each clause belongs to, shape (m,), ascending.
            bounds: First and past-the-last character of each clause in its review, shape (m, 2), ascending in a review.
        """
        items = _checked(texts)
        logits = np.zeros((len(items), 5), dtype=np.float32)
        clause_logits = np.zeros((len(owner), 5), dtype=np.float32)
        truncated = np.zeros(len(items), dtype=bool)
        unknown = np.zeros(len(items))

        def score(share: tuple[int, int]) -> None:
            at, stop = share
            left, right = np.searchsorted(owner, [at, stop])
            own, span = owner[left:right].astype(np.int64) - at, bounds[left:right].astype(np.int64)
            encoded = self._encode(items[at:stop])
            truncated[at:stop], unknown[at:stop] = encoded.truncated, _unknown_rate(encoded)
            logits[at:stop], clause_logits[left:right], unread = self._model.segment_logits(encoded, own, span)
            if len(unread):
                pieces = [items[at + own[j]][span[j, 0] : span[j, 1]] for j in unread]
                clause_logits[left + unread] = self._model.logits(self._encode(pieces))
            if (doubt := self._doubt(items[at:stop], unknown[at:stop])) is not None:
                logits[at:stop] *= doubt[:, None]
                clause_logits[left:right] *= doubt[own, None]

        self.threads.map(score, self.threads.shares(letters.offsets(items)))
        calibration = self.calibration
        return SegmentScores(
            calibration.polarity_proba(logits),
            calibration.stars(logits),
            calibration.polarity_proba(clause_logits),
            truncated,
            unknown,
        )

    def _doubt(self, texts: Sequence[str], unknown: NDArray[np.float64]) -> NDArray[np.float32] | None:
        """Return what the logits of each text are multiplied by, shape (n,); None where nothing is doubted.

        Where half of the subwords or more are unknown, and the text is in a language that was not learned, what the
        rest says counts the less, down to nothing. Emoji alone, which tell no language, are left to what was learned.
        """
        strange = np.flatnonzero(unknown > _DOUBTED)
        if self.languages is None or not len(strange):
            return None
        known = {UNTOLD, *self.languages}
        spoken = np.array([code in known for code in languages([texts[i] for i in strange.tolist()])], np.bool_)
        factor = np.ones(len(texts), np.float32)
        factor[strange] = np.where(spoken, 1.0, (1.0 - unknown[strange]) / (1.0 - _DOUBTED))
        return factor

    def unknown_rate(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the share of each text's subwords that the vocabulary lacks, shape (n,), 0 for an empty text."""
        return _unknown_rate(self._encode(_checked(texts)))

    def explain(self, text: str) -> Explanation:
        """Say which words and which clauses of `text` speak for and against it; see `reviewlens.explain`."""
        from reviewlens.explain import explain

        if not isinstance(text, str):
            raise InputError(f"the text is of type {type(text).__name__}", hint="explain one text at a time")
        return explain(self, repair(text))

    def _encode(self, texts: Sequence[str]) -> Encoded:
        return self._parts.tokenizer.encode(texts, head=HEAD, tail=TAIL)


def bundled() -> Classifier:
    """Return the bundled classifier, loaded once in each process: what a forked one inherits may not be used."""
    return _loaded_in(os.getpid())


@lru_cache(maxsize=1)
def _loaded_in(process: int) -> Classifier:
    return Classifier.load()


def _unknown_rate(encoded: Encoded) -> NDArray[np.float64]:
    unknown = (encoded.ids < FIRST_PIECE) & (encoded.ids >= UNKNOWN)
    total = np.concatenate([[0], np.cumsum(unknown)])
    counts = total[encoded.offsets[1:]] - total[encoded.offsets[:-1]]
    rate: NDArray[np.float64] = counts / np.maximum(np.diff(encoded.offsets), 1)
    return rate


def _model(parts: Artefact) -> Mixture:
    weights = parts.weights
    network: Network | None = None
    if parts.graph is not None:
        table, scale = weights["embedding.int8"], weights["embedding.scale"]
        if parts.model == "lstm":  # the network of `graph`, faster
            sizes = Sizes(parts.settings.get("pooled", 1), parts.settings.get("stride", STRIDE))
            network = PackedLstm(weights, parts.settings["heads"], table, scale, sizes)
        else:
            positions = len(weights["position"]) if "position" in weights else None
            network = OnnxNetwork(parts.graph, table, scale, positions=positions)
    ngrams = Ngrams.from_arrays(weights, parts.tokenizer)
    c = parts.calibration
    return Mixture(network, ngrams, (c.network_weight, c.ngram_weight), (c.network_slope, c.ngram_slope))


def _checked(texts: Sequence[str]) -> list[str]:
    if isinstance(texts, str) or hasattr(texts, "columns"):
        kind = "one string" if isinstance(texts, str) else "a table"
        raise InputError(f"texts is {kind}", hint="pass a list of texts: for one text [text], of a table its column")
    if not isinstance(texts, Iterable) or isinstance(texts, Mapping | bytes):
        raise InputError(f"texts is of type {type(texts).__name__}", hint="pass a list of texts: for one text [text]")
    items = texts.to_pylist() if hasattr(texts, "to_pylist") else list(texts)  # a column of Arrow
    try:
        "".join(items).encode()
    except TypeError:
        row, text = next((row, text) for row, text in enumerate(items) if not isinstance(text, str))
        where, hint = f"position {row}", "fill or drop missing texts"
        raise InputError(f"a text is of type {type(text).__name__}", where=where, hint=hint) from None
    except UnicodeEncodeError:  # halves of characters, as broken exports have them
        return [repair(text) for text in items]
    return items
