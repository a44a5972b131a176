"""N-grams of characters beside those of subwords: reviews, clauses, and what is read of a long review."""

import numpy as np
import pytest

from reviewlens.models.ngram_fit import View, fit_views
from reviewlens.models.ngrams import Ngrams
from reviewlens.models.spelling import SPACE, Spelling
from reviewlens.tokenizer import Encoded, Tokenizer

WORDS = ["unbrauchbar", "brauchbar", "schlecht", "schlechter", "gut", "guter", "lampe", "kabel"]
STARS = np.array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 1]], dtype=np.float32)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_pieces((f"▁{word}", -5.0) for word in WORDS)


@pytest.fixture(scope="module")
def fitted(tokenizer: Tokenizer) -> Ngrams:
    texts = ["gut lampe", "guter kabel", "brauchbar lampe", "schlecht lampe", "schlechter kabel", "unbrauchbar"] * 4
    classes = np.array([2, 2, 2, 0, 0, 0] * 4)
    encoded, spelling = tokenizer.encode(texts, head=9, tail=0), Spelling.of(tokenizer.pieces())
    letters = View(spelling.spell(encoded)[0], 5, 3, damped=True, space=SPACE)
    return Ngrams(*fit_views([View(encoded, damped=True), letters], classes, STARS, strength=4.0), spelling)


def test_a_clause_that_is_the_whole_review_has_its_answer(tokenizer: Tokenizer, fitted: Ngrams) -> None:
    encoded = tokenizer.encode(["gut lampe", "schlechter kabel schlechter"], head=9, tail=0)
    owner = np.repeat(np.arange(2), np.diff(encoded.offsets))
    whole, clauses = fitted.group_logits(encoded, owner, 2)
    assert np.allclose(whole, clauses, atol=1e-5)
    assert np.allclose(whole, fitted.logits(encoded), atol=1e-6)


def test_a_clause_is_answered_by_its_own_words(tokenizer: Tokenizer, fitted: Ngrams) -> None:
    encoded = tokenizer.encode(["gut lampe schlecht kabel"], head=9, tail=0)
    clauses = fitted.group_logits(encoded, np.array([0, 0, 1, 1]), 2)[1]
    alone = fitted.logits(tokenizer.encode(["gut lampe", "schlecht kabel"], head=9, tail=0))
    assert np.allclose(clauses, alone, atol=0.3)  # "▁" before the second clause ends an n-gram of the first
    assert clauses[0, 4] > clauses[0, 0] and clauses[1, 0] > clauses[1, 4]


def test_characters_speak_where_subwords_are_silent(tokenizer: Tokenizer, fitted: Ngrams) -> None:
    wider = Tokenizer.from_pieces((f"▁{word}", -5.0) for word in [*WORDS, "schlechteste"])
    unseen = wider.encode(["schlechteste"], head=9, tail=0)
    model = Ngrams(fitted.subwords, fitted.letters, Spelling.of(wider.pieces()))
    difference = model.logits(unseen)[0] - model.logits(wider.encode([""], head=9, tail=0))[0]
    assert fitted.subwords.logits(unseen)[0] == pytest.approx(fitted.subwords.bias @ STARS)
    assert difference[0] - difference[4] > 0.5


def test_the_middle_of_a_long_review_is_read_by_subwords_alone(tokenizer: Tokenizer, fitted: Ngrams) -> None:
    def answer(middle: str) -> tuple[Encoded, np.ndarray]:
        encoded = tokenizer.encode(["lampe " * 200 + f"{middle} " * 50 + "kabel " * 150], head=900, tail=9)
        return encoded, fitted.logits(encoded) - fitted.subwords.logits(encoded)

    assert len(answer("gut")[0].ids) == 400
    assert np.allclose(answer("gut")[1], answer("schlecht")[1], atol=1e-5)
    assert not np.allclose(fitted.logits(answer("gut")[0]), fitted.logits(answer("schlecht")[0]), atol=1e-2)
