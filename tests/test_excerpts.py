"""Excerpts are masked by what the whole text gives away, wherever the cut goes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlens.privacy import mask
from reviewlens.privacy.excerpts import unveil, veil
from reviewlens.privacy.find import find
from reviewlens.quotes import quotes, safe_quotes
from reviewlens.text import normalize, segment, segments

SECRETS = {  # text -> what no part of an excerpt may hold
    "Returned it at https://shop.example.com/r?token=SECRETTOKEN12345&uid=9 and waited.": "SECRETTOKEN",
    "Order no. 4471-0098-2231 never came, very poor.": "0098",
    "Tel. 555 0187 332, ask for me.": "332",
    "Booking ref. QX88712-3 was lost.": "QX88712",
    "My number is: 555 0187 3321! Call me.": "0187",
    "写信到 dana.smith@example.com，谢谢": "dana.smith",
}


@pytest.mark.parametrize("text", SECRETS)
def test_no_clause_holds_what_the_whole_text_gives_away(text):
    (veiled,) = veil([normalize(text)], [text])
    for start, end in segment(text):
        (quote,) = safe_quotes([veiled[start:end]])
        assert SECRETS[text] not in (quote or "")


@pytest.mark.parametrize("text", SECRETS)
def test_no_quote_holds_it_either(text):
    long = f"{'It was as it was, and so it stayed, ' * 6}{text}"
    owner, bounds = segments([normalize(long)])
    shown = quotes(veil([normalize(long)], [long]), owner, bounds, np.arange(len(owner)))
    assert not any(SECRETS[text] in (quote or "") for quote in shown.text)


def test_cut_alone_some_of_them_would_be_nobodys_secret():
    """Else the test above shows nothing."""
    assert sum(any(SECRETS[text] in mask(text[a:b]) for a, b in segment(text)) for text in SECRETS) >= 3


PIECES = ["order no. ", "4471-0098-2231", " me@example.com", "https://a.example/?token=abc1", "电话", "13800138000"]
BITS = st.sampled_from([*PIECES, ". ", "好", "@dana "]) | st.text(max_size=9)
TEXTS = st.lists(BITS, max_size=9).map("".join).map(normalize)


@given(st.lists(TEXTS, max_size=5))
@settings(deadline=None)
def test_lengths_stay_and_all_that_is_found_is_veiled(texts):
    veiled = veil(texts, texts)
    for text, covered in zip(texts, veiled, strict=True):
        assert len(covered) == len(text)
        hidden = [place for start, end, _ in find(text) for place in range(start, end)]
        assert all(covered[place] != text[place] for place in hidden)
        assert all(covered[p] == text[p] for p in set(range(len(text))) - set(hidden))


@given(TEXTS)
@settings(deadline=None)
def test_the_whole_text_as_an_excerpt_is_the_masked_text(text):
    assert mask(*unveil(veil([text], [text]))) == mask(text)


@given(TEXTS, st.integers(0, 60), st.integers(0, 60))
@settings(deadline=None)
def test_any_cut_has_placeholders_in_place_of_marks(text, start, length):
    (covered,) = veil([text], [text])
    (shown,) = unveil([covered[start : start + length]])
    assert not any("\ufdd0" <= c <= "\ufdef" for c in shown) or any("\ufdda" <= c <= "\ufdef" for c in text)
