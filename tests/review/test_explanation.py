"""Bars that add up to the score, on one scale for all candidates of a list."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.engine.outcome import Card
from napari_zsris.proposals import Bitmap
from napari_zsris.review.explanation import Explanation

BITMAP = Bitmap.from_mask(np.ones((4, 4), bool))
THUMBNAIL = np.zeros((8, 8, 3), np.uint8)
NAMES = "appearance", "left", "near the cup", "consensus"
TERMS = st.fixed_dictionaries(dict.fromkeys(NAMES, st.floats(-50, 50, allow_subnormal=False)))


def cards_of(*terms):
    scored = sorted(((sum(each.values()), each) for each in terms), key=lambda pair: -pair[0])
    return [
        Card(rank, rank, score, 0.5, BITMAP, THUMBNAIL, each)
        for rank, (score, each) in enumerate(scored)
    ]


@given(st.lists(TERMS, min_size=1, max_size=5))
def test_bars_add_up_to_the_score_and_stay_in_their_place(terms):
    cards = cards_of(*terms)
    for card in cards:
        explanation = Explanation.of(card, cards)
        total = sum(bar.value for bar in explanation.bars)
        assert math.isclose(total, card.score, abs_tol=1e-9)
        assert 0 <= explanation.zero <= 1
        for bar in explanation.bars:
            assert -1e-9 <= bar.begin <= bar.end <= 1 + 1e-9
            assert -1e-9 <= bar.best <= 1 + 1e-9
            at_zero = bar.begin if bar.value >= 0 else bar.end
            assert at_zero == pytest.approx(explanation.zero)


@given(st.lists(TERMS, min_size=2, max_size=5))
def test_all_candidates_of_a_list_have_the_same_rows_and_scale(terms):
    cards = cards_of(*terms)
    rows = [Explanation.of(card, cards) for card in cards]
    assert len({tuple(bar.name for bar in each.bars) for each in rows}) == 1
    assert len({each.zero for each in rows}) == 1
    lengths = [bar.end - bar.begin for each in rows for bar in each.bars]
    values = [abs(bar.value) for each in rows for bar in each.bars]
    for length, value in zip(lengths, values, strict=True):
        assert length * max(values, default=0) == pytest.approx(value * max(lengths), abs=1e-6)


def test_what_speaks_against_a_candidate_lies_left_of_zero():
    cards = cards_of({"appearance": 6.0, "left": -2.0}, {"appearance": 3.0, "left": -1.0})
    best, second = (Explanation.of(card, cards) for card in cards)
    assert best.zero == 0.25
    assert [(bar.begin, bar.end) for bar in best.bars] == [(0.25, 1.0), (0.0, 0.25)]
    assert [(bar.begin, bar.end) for bar in second.bars] == [(0.25, 0.625), (0.125, 0.25)]
    assert [bar.best for bar in second.bars] == [1.0, 0.0]


def test_a_term_that_is_zero_for_all_is_left_out_and_for_one_is_not():
    cards = cards_of(
        {"appearance": 6.0, "near the cup": 0.0, "copy": 0.0},
        {"appearance": 3.0, "near the cup": -0.001, "copy": 0.0},
    )
    best = Explanation.of(cards[0], cards)
    assert [bar.name for bar in best.bars] == ["appearance", "near the cup"]


def test_a_list_without_terms_has_no_bars():
    cards = cards_of({}, {})
    assert Explanation.of(cards[0], cards).bars == ()


def test_it_can_be_read_out():
    cards = cards_of({"appearance": 6.0, "left": -0.001}, {"appearance": 2.5, "left": -1.0})
    assert Explanation.of(cards[0], cards).text == (
        "Why candidate 1: 6.00 is the sum of appearance +6.00, left +0.00"
    )
    assert Explanation.of(cards[1], cards).text == (
        "Why candidate 2: 1.50 is the sum of appearance +2.50, left -1.00"
    )
