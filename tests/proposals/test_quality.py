"""Controls that need no text: each alone, together, and on random masks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.errors import ProposalError
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.quality import Quality

from .strategies import stacks


def rectangles(*boxes, size=(20, 20)):
    masks = np.zeros((len(boxes), *size), bool)
    for mask, (x0, y0, x1, y1) in zip(masks, boxes, strict=True):
        mask[y0:y1, x0:x1] = True
    return masks


def ranked(masks, scores=None, **controls):
    return Quality(**controls).ranking(Proposals.from_masks(masks, scores=scores)).tolist()


def test_defaults_only_rank_and_keep_the_sources_order_among_equals():
    masks = rectangles((0, 0, 2, 2), (0, 0, 4, 4), (0, 0, 0, 0))
    assert ranked(masks) == [0, 1, 2]
    assert ranked(masks, [0.1, 0.3, 0.2]) == [1, 2, 0]


def test_count_takes_the_best():
    masks = rectangles((0, 0, 2, 2), (0, 0, 4, 4), (5, 5, 9, 9))
    assert ranked(masks, [0.1, 0.3, 0.2], max_count=2) == [1, 2]


def test_area_is_a_fraction_of_the_photo():
    masks = rectangles((0, 0, 2, 2), (0, 0, 2, 1), (0, 0, 0, 0))
    assert ranked(masks, min_area=0.01) == [0]


def test_score_threshold_is_inclusive():
    masks = rectangles((0, 0, 2, 2), (3, 3, 5, 5))
    assert ranked(masks, [0.5, 0.25], min_score=0.25) == [0, 1]
    assert ranked(masks, [0.5, 0.25], min_score=0.3) == [0]


def test_overlap_keeps_the_better_scored():
    masks = rectangles((0, 0, 10, 10), (0, 0, 10, 9), (12, 12, 20, 20))
    assert ranked(masks, [0.5, 0.9, 0.1], max_overlap=0.8) == [1, 2]
    assert ranked(masks, [0.5, 0.9, 0.1], max_overlap=0.9) == [1, 0, 2]


def test_a_suppressed_mask_suppresses_nothing():
    masks = rectangles((0, 0, 10, 10), (0, 0, 10, 7), (0, 0, 10, 5))
    assert ranked(masks, [0.9, 0.8, 0.7], max_overlap=0.6) == [0, 2]


def test_parts_go_behind_and_are_not_dropped():
    masks = rectangles((1, 1, 4, 4), (0, 0, 10, 10), (12, 12, 14, 14))
    assert ranked(masks, [0.95, 0.9, 0.5], part_area=0.3) == [1, 2, 0]


def test_a_part_of_a_poor_mask_is_not_demoted():
    masks = rectangles((1, 1, 4, 4), (0, 0, 10, 10))
    assert ranked(masks, [0.95, 0.5], part_area=0.3) == [0, 1]


def test_a_mask_that_only_touches_a_larger_one_is_not_its_part():
    masks = rectangles((8, 0, 12, 4), (0, 0, 10, 10))
    assert ranked(masks, part_area=0.3) == [0, 1]
    assert ranked(masks, part_area=0.3, part_inside=0.5) == [1, 0]


def test_apply_keeps_boxes_scores_and_source():
    masks = rectangles((0, 0, 2, 2), (0, 0, 4, 4))
    boxes = [[0, 0, 1, 1], [2, 2, 3, 3]]
    given_proposals = Proposals.from_masks(masks, boxes, [0.1, 0.2], "toy")
    kept = Quality(max_count=1).apply(given_proposals)
    assert (len(kept), kept.source, kept.size) == (1, "toy", (20, 20))
    assert kept.boxes.tolist() == [[2, 2, 3, 3]]


def test_no_proposals_at_all():
    nothing = Proposals.from_masks(np.zeros((0, 5, 5), bool))
    controls = Quality(max_count=3, min_area=0.1, min_score=0.1, max_overlap=0.5, part_area=0.5)
    assert len(controls.apply(nothing)) == 0


@given(stacks(), st.floats(0, 0.99), st.integers(0, 99))
def test_survivors_do_not_overlap_more_than_allowed(stack, most, seed):
    scores = np.random.default_rng(seed).random(len(stack))
    kept = Quality(max_overlap=most).apply(Proposals.from_masks(stack, scores=scores))
    masks = kept.masks
    for one in range(len(masks)):
        for other in range(one):
            union = (masks[one] | masks[other]).sum()
            assert (masks[one] & masks[other]).sum() <= most * union
    assert (np.diff(kept.scores) <= 0).all()


@given(stacks(), st.floats(0, 1), st.integers(0, 99))
def test_demotion_loses_nothing(stack, part, seed):
    scores = np.random.default_rng(seed).random(len(stack))
    order = ranked(stack, scores, part_area=part)
    assert sorted(order) == list(range(len(stack)))


@pytest.mark.parametrize("count", [0, -3])
def test_a_count_below_one_is_refused(count):
    with pytest.raises(ProposalError, match=rf"max_count is {count}, but.*give 1 or more"):
        Quality(max_count=count)


@pytest.mark.parametrize("name", ["min_area", "max_overlap", "part_area", "part_inside"])
@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan")])
def test_fractions_are_checked(name, value):
    with pytest.raises(ProposalError, match=f"{name} is .* fraction: give 0 to 1"):
        Quality(**{name: value})
