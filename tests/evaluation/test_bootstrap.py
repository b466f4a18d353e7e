"""Intervals over photos."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.evaluation.bootstrap import Bootstrap


def shares(*values):
    return np.array([(value, 1.0) for value in values])


def test_one_photo_leaves_no_doubt():
    interval = Bootstrap(["a", "a", "a"]).interval(shares(0, 1, 1))
    assert interval == pytest.approx((2 / 3, 2 / 3))


def test_phrases_of_a_photo_are_drawn_together():
    parts = shares(*[1, 1, 1, 1, 0, 0, 0, 0] * 5)
    alone = Bootstrap(range(40)).interval(parts)
    together = Bootstrap(np.arange(40) // 4).interval(parts)
    assert together.high - together.low > 1.5 * (alone.high - alone.low)
    assert together.low < 0.5 < together.high


def test_it_is_as_wide_as_the_binomial_says():
    low, high = Bootstrap(range(400)).interval(shares(*[0, 1] * 200))
    assert (low, high) == pytest.approx((0.451, 0.549), abs=0.01)


def test_differences_are_paired():
    parts = shares(*np.random.default_rng(0).random(60))
    bootstrap = Bootstrap(np.arange(60) // 3)
    assert bootstrap.interval(parts, parts) == pytest.approx((0, 0))
    better = parts + np.array([0.25, 0])
    assert bootstrap.interval(better, parts) == pytest.approx((0.25, 0.25))


def test_nothing_counts():
    assert Bootstrap([]).interval(np.zeros((0, 2))) is None
    assert Bootstrap(["a", "b"]).interval(np.zeros((2, 2))) is None


def test_draws_in_which_nothing_counts_are_left_out():
    low, high = Bootstrap(["a", "b", "c"]).interval(np.array([(1.0, 2.0), (0, 0), (0, 0)]))
    assert (low, high) == (0.5, 0.5)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4)), min_size=1, max_size=30))
def test_the_interval_is_ordered_and_within_what_was_seen(rows):
    values, photos = zip(*rows, strict=True)
    low, high = Bootstrap(photos).interval(shares(*values))
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
