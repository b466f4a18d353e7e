"""Proposals laid on targets, against masks compared pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.annotations.imports import Entry
from napari_zsris.evaluation import Overlap
from napari_zsris.evaluation.grading import Grades, Objects, grade, overlaps
from napari_zsris.method import Expression, Method, Ranking, Relation, RelationKind
from napari_zsris.proposals import Proposals

EXPRESSION = Expression(
    "left cat", "left cat", "left cat", "cat", relations=(Relation(RelationKind.LEFT),)
)
ENTRY = Entry("line 1", "a.png", "left cat", category="cat", kind="short")


@pytest.fixture
def masks():
    """A left half, a right half and a quarter of a frame of 4 x 8 pixels."""
    masks = np.zeros((3, 4, 8), bool)
    masks[0, :, :4] = True
    masks[1, :, 4:] = True
    masks[2, :2, :4] = True
    return masks


def ranked(masks, *scores):
    return Ranking.by_terms(
        EXPRESSION,
        Method(),
        np.zeros(2, np.float32),
        {"appearance": np.array(scores, np.float32)},
        Proposals.from_masks(masks),
    )


def graded(ranking, target, objects, *, predicted=True):
    grades = Grades(target, overlaps(ranking.proposals, target))
    return grade(ENTRY, ranking, grades, objects, predicted=predicted, milliseconds=2.0)


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_overlaps_are_counted_in_pixels(seed, empty):
    random = np.random.default_rng(seed)
    masks = random.random((4, 9, 13)) < random.random((4, 1, 1))
    target = None if empty else random.random((9, 13)) < 0.5
    whole = np.zeros((9, 13), bool) if target is None else target
    expected = [[np.sum(mask & whole), np.sum(mask | whole)] for mask in masks]
    assert np.array_equal(overlaps(Proposals.from_masks(masks), target), expected)


def test_a_right_answer(masks):
    answer = graded(ranked(masks, 3, 1, 2), masks[0], Objects(masks[:2], ["cat", "dog"]))
    assert answer.chosen == answer.best == Overlap(16, 16)
    assert answer.right
    assert answer.category_right
    assert answer.random == Overlap((16 + 0 + 8) / 3, (16 + 32 + 16) / 3)
    assert answer.random_iou == pytest.approx((1 + 0 + 0.5) / 3)
    assert answer.random_right == pytest.approx(1 / 3)
    assert (answer.phrase, answer.kind, answer.relations) == ("left cat", "short", ("left",))
    assert (answer.proposals, answer.milliseconds) == (3, 2.0)


def test_a_part_is_wrong_but_of_the_right_category(masks):
    answer = graded(ranked(masks, 1, 2, 3), masks[0], Objects(masks[:2], ["cat", "dog"]))
    assert answer.chosen == Overlap(8, 16)
    assert not answer.right
    assert answer.category_right


def test_another_kind(masks):
    answer = graded(ranked(masks, 1, 3, 2), masks[0], Objects(masks[:2], ["cat", "dog"]))
    assert answer.chosen == Overlap(0, 32)
    assert not answer.category_right


def test_a_mask_that_meets_no_object_is_of_no_category(masks):
    objects = Objects(masks[:1], ["cat"])
    assert objects.category(Proposals.from_masks(masks), 1) is None
    assert objects.category(Proposals.from_masks(masks), 2) == "cat"
    assert Objects(masks[:0], []).category(Proposals.from_masks(masks), 2) is None


def test_categories_are_unknown_without_objects(masks):
    assert graded(ranked(masks, 1, 3, 2), masks[0], Objects(masks[:0], [])).category_right is None


def test_the_best_of_two_equal_masks_is_either(masks):
    twice = masks[[0, 0, 1]]
    answer = graded(ranked(twice, 1, 3, 2), masks[0], Objects(masks, ["cat", "dog", "cat"]))
    assert answer.right
    assert answer.random_right == pytest.approx(2 / 3)


def test_no_proposals_are_worth_nothing(masks):
    answer = graded(ranked(masks[:0]), masks[0], Objects(masks, ["cat"] * 3), predicted=False)
    assert answer.chosen == answer.best == answer.random == Overlap(0, 16)
    assert (answer.chosen.iou, answer.random_iou, answer.random_right) == (0, 0, 0)
    assert not answer.right
    assert not answer.category_right


def test_proposals_that_all_miss_have_no_right_one(masks):
    answer = graded(ranked(masks[1:2], 1), masks[0], Objects(masks, ["cat"] * 3))
    assert answer.best == Overlap(0, 32)
    assert not answer.right
    assert answer.random_right == 0


@pytest.mark.parametrize(("predicted", "iou"), [(True, 0.0), (False, 1.0)])
def test_nothing_to_find(masks, predicted, iou):
    answer = graded(ranked(masks, 1, 2, 3), None, Objects(masks, ["cat"] * 3), predicted=predicted)
    assert not answer.has_target
    assert answer.chosen.iou == iou
    assert answer.best.iou == 1.0
    assert answer.random_iou == 0.0
    assert answer.category_right is None
