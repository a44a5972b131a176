"""The registry: ids survive, are never given twice, and what happened is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewlens.discovery.registry import Event, carry_over, likeness, next_ids

cues = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.1, 1), min_size=1, max_size=6)
before = st.dictionaries(st.integers(1, 30).map(lambda n: f"t{n:03d}"), cues, max_size=6)


@given(before, st.lists(cues, max_size=6), st.sets(st.integers(1, 60).map(lambda n: f"t{n:03d}")))
def test_ids_are_distinct_and_new_ones_never_used(before, now, used):
    ids, events = carry_over(before, now, used=used)
    assert len(set(ids)) == len(ids) == len(now)
    assert not (set(ids) - set(before)) & used
    told = {event.theme_id: event.event for event in events}
    assert set(told) == set(before) ^ set(ids)
    assert all(told[theme_id] in {"merged", "retired"} for theme_id in set(before) - set(ids))
    assert all(told[theme_id] in {"born", "split"} for theme_id in set(ids) - set(before))


@given(st.lists(st.dictionaries(st.integers(0, 500).map(str), st.floats(0.1, 1), min_size=1), min_size=1, max_size=5))
def test_the_same_themes_keep_their_ids_in_any_order(bags):
    distinct = [{f"{i}.{cue}": weight for cue, weight in bag.items()} for i, bag in enumerate(bags)]
    known = {f"t{i:03d}": bag for i, bag in enumerate(distinct)}
    ids, events = carry_over(known, distinct[::-1])
    assert ids == list(known)[::-1]
    assert events == []


@given(cues, cues)
def test_likeness_is_symmetric_and_bounded(one, two):
    assert abs(likeness(one, two) - likeness(two, one)) < 1e-12
    assert 0 <= likeness(one, two) <= 1 + 1e-12
    assert abs(likeness(one, one) - 1) < 1e-9


def test_a_theme_that_lost_a_few_cues_is_the_same():
    old = {"t001": {"battery": 1.0, "charge": 0.8, "charger": 0.5}}
    ids, events = carry_over(old, [{"battery": 0.9, "charge": 0.8, "plug": 0.5}])
    assert (ids, events) == (["t001"], [])


def test_merge_split_birth_and_retirement_are_told():
    old = {
        "t001": {"battery": 1.0, "charge": 1.0, "plug": 1.0},
        "t002": {"cable": 0.4, "cord": 0.4},
        "t003": {"story": 1.0},
        "t004": {"screen": 1.0, "glass": 1.0, "case": 1.0, "leather": 1.0},
    }
    now = [
        {"battery": 1.0, "charge": 1.0, "plug": 1.0, "cable": 0.4, "cord": 0.4},
        {"screen": 1.0, "glass": 1.0},
        {"case": 1.0, "leather": 1.0},
        {"smell": 1.0},
    ]
    ids, events = carry_over(old, now, used=["t009"])
    assert ids[0] == "t001"
    assert "t004" in ids[1:3]
    fresh = [i for i in ids if i not in old]
    assert fresh == ["t010", "t011"]
    assert Event("merged", "t002", "t001") in events
    assert Event("retired", "t003") in events
    assert Event("split", "t010", "t004") in events
    assert Event("born", "t011") in events


def test_new_ids_go_on_after_the_last():
    assert next_ids(["t007", "food", "t0012"], 2) == ["t013", "t014"]
    assert next_ids([], 1) == ["t001"]


def test_what_is_known_to_continue_keeps_its_id_however_unlike_it_is():
    ids, events = carry_over({"t001": {"a": 1.0}, "t002": {"b": 1.0}}, [{"b": 1.0}, {"c": 1.0}], known={1: "t001"})
    assert (ids, events) == (["t002", "t001"], [])
