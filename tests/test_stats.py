"""Statistics against published libraries and slow versions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact, hypergeom
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from reviewlens.tables.fisher import upper_tail
from reviewlens.tables.quotes import ALIKE, pick, similarity, trigrams
from reviewlens.tables.stats import change_p_value, false_discovery, opportunity, rise_p_value

shares = st.tuples(st.integers(1, 300), st.integers(1, 300)).flatmap(
    lambda n: st.tuples(st.integers(0, n[0]), st.just(n[0]), st.integers(0, n[1]), st.just(n[1]))
)


@given(shares)
def test_rise_equals_fishers_exact_test(cell):
    a, n, b, m = cell
    expected = fisher_exact([[a, n - a], [b, m - b]], alternative="greater").pvalue
    assert rise_p_value([a], [n], [b], [m])[0] == pytest.approx(expected, rel=1e-4, abs=1e-12)


def test_tails_equal_those_of_scipy_at_any_size():
    rng = np.random.default_rng(0)
    whole = (10 ** rng.uniform(0, 6.5, 3000)).astype(np.int64)
    marked, drawn = (np.minimum(whole, (whole * rng.uniform(0, 1, 3000) ** 3).astype(np.int64)) for _ in range(2))
    spread = np.sqrt(marked * drawn / whole * (1 - drawn / whole)) + 1
    least = np.clip(marked * drawn / whole + rng.normal(0, 6, 3000) * spread, 0, marked + 1).astype(np.int64)
    expected = hypergeom.sf(least - 1, whole, marked, drawn)
    np.testing.assert_allclose(upper_tail(least, whole, marked, drawn), expected, rtol=1e-7, atol=1e-290)
    assert not upper_tail(*np.zeros((4, 0), np.int64)).size


@given(shares)
def test_change_equals_the_pooled_z_test(cell):
    a, n, b, m = cell
    found = change_p_value([a], [n], [b], [m])[0]
    if 0 < a + b < n + m:
        assert found == pytest.approx(proportions_ztest([a, b], [n, m])[1], rel=1e-4, abs=1e-12)
    else:
        assert found == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.lists(st.booleans(), min_size=40, max_size=40))
def test_q_values_equal_statsmodels_and_skip_what_was_not_tested(p, skipped):
    values = np.array([np.nan if skip else x for x, skip in zip(p, skipped, strict=False)])
    q = false_discovery(values)
    tested = ~np.isnan(values)
    assert np.array_equal(np.isnan(q), ~tested)
    if tested.any():
        np.testing.assert_allclose(q[tested], multipletests(values[tested], method="fdr_bh")[1], rtol=1e-4, atol=1e-12)


def test_false_alarms_stay_below_the_declared_rate():
    rng = np.random.default_rng(0)
    n, cells, rate = 200, 400, 0.05
    false = []
    for _ in range(40):
        truly_rising = np.arange(cells) < 40
        before = rng.binomial(n, 0.1, cells)
        after = rng.binomial(n, np.where(truly_rising, 0.3, 0.1))
        found = false_discovery(rise_p_value(after, np.full(cells, n), before, np.full(cells, n))) <= rate
        false.append((found & ~truly_rising).sum() / max(found.sum(), 1))
        assert found[truly_rising].mean() > 0.8
    assert np.mean(false) <= rate


def test_opportunity_of_large_unmet_needs_is_highest():
    assert opportunity([9, 9, 2], [2, 9, 0]).tolist() == [16.0, 9.0, 4.0]


@given(st.lists(st.tuples(st.text(alphabet="abc ", max_size=12), st.sampled_from("123456")), max_size=12))
def test_no_two_quotes_are_alike_and_no_review_speaks_twice(candidates):
    chosen = [candidates[i] for i in pick([q for q, _ in candidates], [i for _, i in candidates], 3)]
    assert len({i for _, i in chosen}) == len(chosen) <= 3
    for k, (a, _) in enumerate(chosen):
        assert all(similarity(trigrams(a), trigrams(b)) < ALIKE for b, _ in chosen[:k])
    if candidates:
        assert chosen[0] == candidates[0]
