"""Stars as exports write them: numbers, '4.0 out of 5 stars', '4/5', '4,5', '★★★★☆', '五星'.

A plain number is kept on the export's own scale; 'x of y' and percentages are brought to 5.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reviewlens.read.columns import data
from reviewlens.read.strings import is_texty, plain, to_strings

_NUMBER = r"(\d{1,3}(?:[.,]\d{1,6})?)"
_OF = re.compile(rf"{_NUMBER}\s*(?:stars?\s*)?(?:/|out of|of|von|sur|de|su|из)\s*{_NUMBER}(?:\s*[\w*]+)?")
_ALONE = re.compile(
    rf"{_NUMBER}\s*(?:stars?|points?|sterne?|étoiles?|estrellas?|星级?|颗星|分|★|\*)?(?:好评|中评|差评)?"
)
_PERCENT = re.compile(rf"{_NUMBER}\s*%")
_WORD = re.compile(
    r"([a-z]+|[零一二两三四五六七八九十])[\s-]*(半)?\s*(?:stars?|星级?|颗星|分)?(半)?(?:好评|中评|差评)?"
)
_FULL, _EMPTY = "★⭐🌟✭✮", "☆✩✰"
_DRAWN = re.compile(rf"[{_FULL}{_EMPTY}\s]+")
_ROW_OF_STARS = re.compile(r"\*{1,10}")
OF = 5.0  # what 'x of y' and percentages are brought to
_FEW = 10  # ratings, too few to tell a slip from a scale


def to_ratings(array: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the column as float32, and which of its values say something that is no rating."""
    array = plain(array)
    if pa.types.is_boolean(array.type) or pa.types.is_temporal(array.type):
        return pa.nulls(len(array), pa.float32()), array.is_valid()
    if is_texty(array.type):
        texts, _ = to_strings(array)
        distinct = texts.dictionary_encode()
        values = [None if text is None else parse_rating(text) for text in distinct.dictionary.to_pylist()]
        found = pa.array(values, pa.float64()).take(distinct.indices)
        given = pc.and_(texts.is_valid(), pc.not_equal(pc.utf8_trim_whitespace(texts.fill_null("")), ""))
    else:
        found = array.cast(pa.float64(), safe=False)
        given = pc.and_(array.is_valid(), pc.invert(pc.is_nan(found.fill_null(0.0))))
    number = found.fill_null(np.nan).to_numpy(zero_copy_only=False)
    good = np.isfinite(number) & (number >= 0) & (number <= 1000)
    rating = pa.array(np.where(good, number, 0.0), pa.float32(), mask=~good)
    return rating, pc.and_(given, pc.invert(pa.array(good)))


def likely_scale(ratings: np.ndarray[Any, np.dtype[np.floating[Any]]]) -> float:
    """Return the highest rating that the scale of the ratings, shape (n,), allows: 5, 10 or 100.

    It is the least of them that holds all ratings but at most 5% of ten or more (at least one), for a slip of the
    keyboard makes no scale. The tables infer it in the same way, in SQL.
    """
    given = ratings[np.isfinite(ratings)]
    slips = 0 if len(given) < _FEW else max(1, len(given) // 20)
    return next((scale for scale in (5.0, 10.0) if int((given > scale).sum()) <= slips), 100.0)


def is_share(text: str) -> bool:
    """Return whether a rating says what it is of, so that `parse_rating` brings it to 5."""
    text = _normal(text)
    return bool(_OF.fullmatch(text) or _PERCENT.fullmatch(text))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:200]).strip().lower().replace("\ufe0f", "")


@lru_cache(maxsize=4096)
def parse_rating(text: str) -> float | None:
    """Return the stars that a text stands for; None where it stands for none."""
    text = _normal(text)
    if _DRAWN.fullmatch(text):
        return float(sum(text.count(star) for star in _FULL))
    if _ROW_OF_STARS.fullmatch(text):
        return float(len(text))
    if match := _OF.fullmatch(text):
        top = _number(match[2])
        return _number(match[1]) / top * OF if top and _number(match[1]) <= top else None
    if match := _PERCENT.fullmatch(text):
        return _number(match[1]) / 100 * OF
    if match := _ALONE.fullmatch(text):
        return _number(match[1])
    if match := _WORD.fullmatch(text):
        stars = data("formats.toml")["stars"].get(match[1])
        return None if stars is None else stars + (0.5 if match[2] or match[3] else 0.0)
    try:
        number = float(text)  # 1e0, -1, inf
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _number(text: str) -> float:
    return float(text.replace(",", "."))
