"""Which words name an aspect, and which the product itself."""

from __future__ import annotations

import numpy as np
import pytest

from reviewlens.discovery.aspects import named_first, owned, products, roles
from reviewlens.discovery.phrases import mine

ASPECTS = ["battery", "screen", "keyboard", "price", "service", "staff", "fabric", "plot", "zipper"]
OTHERS = ["reason", "husband", "minutes", "bring", "returned", "heavy", "quickly", "beautiful"]


def test_nouns_of_which_something_is_said_name_an_aspect():
    found = roles([*ASPECTS, *OTHERS])
    assert found.alone.tolist() == [True] * len(ASPECTS) + [False] * len(OTHERS)
    assert found.known.all()


def test_a_word_on_no_list_may_be_anything():
    [known, *rest] = (mask.item() for mask in roles(["xqzzy"]))
    assert not known
    assert all(rest)


def test_compounds_are_made_of_nouns_and_end_in_an_aspect():
    words = ["usb", "port", "tech", "support", "quickly", "reason", "xqzzy", "wvut"]
    at = {word: i for i, word in enumerate(words)}
    told = {
        ("usb", "port"): True,
        ("tech", "support"): True,
        ("xqzzy", "port"): True,
        ("usb", "xqzzy"): True,
        ("quickly", "port"): False,
        ("port", "reason"): False,
        ("xqzzy", "wvut"): False,  # nothing is known: it may be another language
    }
    grams = np.array([[at[word] for word in pair] for pair in told])
    assert roles(words).compounds(grams).tolist() == list(told.values())


def test_the_product_is_what_this_and_my_and_bought_a_stand_before():
    words = ["this", "bought", "a", "zorb", "blarg", "the"]
    said = [0, 3, -1, 1, 2, 3, -1, 1, -1, 3, 5, 4, -1, 2, 4]
    held = owned(words, np.array(said))
    assert [words[said[i]] for i in np.flatnonzero(held)] == ["zorb", "zorb"]
    often = np.array([3] * 10 + [4] * 10)
    assert products(often, np.arange(20) < 10, 6).tolist() == [False, False, False, True, False, False]
    once = np.array([3, 4])
    assert not products(once, np.array([True, False]), 6).any()  # once is no evidence


@pytest.mark.parametrize("keep", [True, False])
def test_the_product_and_its_kinds_are_left_out_of_the_phrases(keep):
    texts = [f"I bought this zorb pro and my zorb has a fine zorb screen, {n}. Two zorbs!" for n in range(30)]
    found = mine(texts, least=2, aspects=True, product=keep).phrases
    assert "zorb screen" in found
    assert ({"zorb", "zorbs", "zorb pro"} <= set(found)) == keep
    assert keep or not {"zorb", "zorbs", "zorb pro"} & set(found)


def test_aspects_alone_are_mined_and_families_always():
    texts = [f"They quickly shipped the usb port cover for {n} reasons and the hinge is fine" for n in range(20)]
    plain = set(mine(texts, least=2).phrases)
    wanted = set(mine(texts, least=2, aspects=True, always={"quickly"}).phrases)
    assert {"quickly", "reasons", "hinge"} <= plain
    assert {"quickly", "hinge", "usb port", "port cover"} <= wanted
    assert "reasons" not in wanted


def test_a_compound_said_once_is_a_phrase_where_one_text_is_enough():
    texts = ["the screen hinge is loose", "a bright screen", "the hinge broke"]
    assert "screen hinge" in mine(texts, least=1, aspects=True).phrases
    assert "screen hinge" not in mine(texts, least=1).phrases
    assert "screen hinge" not in mine(texts, least=2, aspects=True).phrases


def test_a_clause_shows_what_names_the_aspect_before_what_describes_it():
    weights = named_first({"fast": 1.0, "speed": 0.0, "boot speed": 0.0, "slow": 0.1})
    assert weights["boot speed"] > weights["speed"] >= weights["fast"] > weights["slow"]
    assert all(0 <= weight <= 1 for weight in weights.values())
