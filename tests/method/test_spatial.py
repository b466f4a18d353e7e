"""Masks judged by what a phrase says of place."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_zsris.method.expression import Expression, Relation
from napari_zsris.method.expression import RelationKind as Kind
from napari_zsris.method.geometry import Geometry
from napari_zsris.method.spatial import (
    SpatialWeights,
    spatial_scores,
    spatial_terms,
)

MIRROR = {Kind.LEFT: Kind.RIGHT, Kind.RIGHT: Kind.LEFT}
FLIP = {Kind.ABOVE: Kind.BELOW, Kind.BELOW: Kind.ABOVE}
BARE = tuple(set(Kind) - {Kind.NEAR, Kind.FAR, Kind.INSIDE, Kind.BETWEEN})


def said(*relations, **fields):
    return Expression("", "", "", "", relations=relations, **fields)


def scene(*boxes, frame=(100, 200), **kwargs):
    """Rectangular masks that fill their boxes."""
    array = np.array(boxes, float).reshape(-1, 4)
    centroids = (array[:, :2] + array[:, 2:]) / 2 - 0.5
    areas = np.prod(array[:, 2:] - array[:, :2], axis=1)
    return Geometry.from_pixels(array, centroids, areas, frame, **kwargs)


def even(geometry):
    return np.full(len(geometry), 1 / max(len(geometry), 1), np.float32)


def one_hot(geometry, index):
    likely = np.full(len(geometry), 1e-3, np.float32)
    likely[index] = 1
    return likely / likely.sum()


def best(expression, geometry, p=None, **landmarks):
    probabilities = even(geometry) if p is None else p
    total = np.log(probabilities) + spatial_scores(expression, geometry, probabilities, landmarks)
    return int(np.argmax(total))


# Four things in a row, from the left; the third is the largest and the lowest.
ROW = scene([10, 40, 30, 60], [60, 40, 80, 60], [100, 40, 140, 90], [170, 30, 190, 50])
COLUMN = scene([90, 0, 110, 15], [90, 30, 110, 45], [92, 70, 112, 95])


@pytest.mark.parametrize(
    ("kind", "rank", "expected"),
    [
        (Kind.LEFT, None, 0),
        (Kind.LEFT, 1, 0),
        (Kind.LEFT, 2, 1),
        (Kind.LEFT, 3, 2),
        (Kind.LEFT, 4, 3),
        (Kind.RIGHT, None, 3),
        (Kind.RIGHT, 1, 3),
        (Kind.RIGHT, 2, 2),
        (Kind.RIGHT, 3, 1),
        (Kind.MIDDLE, None, 1),
        (Kind.BIGGER, None, 2),
        (Kind.BIGGER, 1, 2),
        (Kind.TALLER, None, 2),
        (Kind.FRONT, None, 2),
        (Kind.FRONT, 1, 2),
        (Kind.BEHIND, 1, 3),
        (Kind.ABOVE, None, 3),
    ],
)
def test_places_in_a_row(kind, rank, expected):
    assert best(said(Relation(kind, rank=rank)), ROW) == expected


@pytest.mark.parametrize(
    ("kind", "expected"), [(Kind.ABOVE, 0), (Kind.MIDDLE, 1), (Kind.BELOW, 2), (Kind.FRONT, 2)]
)
def test_places_in_a_column(kind, expected):
    assert best(said(Relation(kind)), COLUMN) == expected


@pytest.mark.parametrize(("kind", "expected"), [(Kind.LEFT, 3), (Kind.RIGHT, 0)])
def test_denied_places(kind, expected):
    assert best(said(Relation(kind, negated=True)), ROW) == expected


def test_two_places_at_once():
    corners = scene([0, 0, 20, 20], [180, 0, 200, 20], [0, 80, 20, 100], [180, 80, 200, 100])
    assert best(said(Relation(Kind.BELOW), Relation(Kind.LEFT)), corners) == 2


def test_only_things_of_the_kind_count():
    """The leftmost of two zebras, though a bush lies further left."""
    p = np.array([0.02, 0.49, 0.49, 0.0], np.float32) + 1e-4
    assert best(said(Relation(Kind.LEFT)), ROW, p / p.sum()) == 1


def test_a_single_likely_object_keeps_its_place():
    """One zebra, on the right: "left zebra" must still find it, not whatever is on the left."""
    assert best(said(Relation(Kind.LEFT)), ROW, np.array([0.01, 0.01, 0.01, 0.97], "f4")) == 3


def test_parts_and_copies_are_no_further_objects():
    """Second from left of three, the first of which has been proposed four times."""
    boxes = [[10, 40, 40, 70], [10, 40, 40, 69], [10, 40, 26, 70], [11, 41, 40, 70]]
    geometry = scene(*boxes, [80, 40, 110, 70], [150, 40, 180, 70])
    assert best(said(Relation(Kind.LEFT, rank=2)), geometry) == 4
    assert best(said(Relation(Kind.LEFT, rank=3)), geometry) == 5


def test_a_part_is_not_before_its_whole():
    whole, left_half, other = [100, 40, 140, 80], [100, 40, 120, 80], [20, 40, 60, 80]
    geometry = scene(whole, left_half, other)
    p = np.array([0.5, 0.2, 0.3], np.float32)
    assert best(said(Relation(Kind.RIGHT)), geometry, p) == 0
    mirrored = scene([0, 40, 40, 80], [0, 40, 20, 80], [140, 40, 180, 80])
    assert best(said(Relation(Kind.LEFT)), mirrored, p) == 0


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.LEFT, 0),
        (Kind.RIGHT, 2),
        (Kind.ABOVE, 3),
        (Kind.BELOW, 4),
        (Kind.FRONT, 4),
        (Kind.BEHIND, 3),
    ],
)
def test_sides_of_a_target(kind, expected):
    around = scene(
        [50, 40, 70, 60], [90, 40, 110, 60], [130, 40, 150, 60], [92, 5, 108, 25], [92, 75, 108, 95]
    )
    q = one_hot(around, 1)
    likely = np.where(np.arange(5) == 1, 0.001, 0.25).astype(np.float32)
    assert best(said(Relation(kind, ("the box",))), around, likely, **{"the box": q}) == expected


def test_near_and_far():
    q = one_hot(ROW, 3)
    p = np.array([0.3, 0.3, 0.3, 0.1], np.float32)
    assert best(said(Relation(Kind.NEAR, ("it",), rank=1)), ROW, p, it=q) == 2
    assert best(said(Relation(Kind.FAR, ("it",))), ROW, p, it=q) == 0


def test_inside():
    # Masks do not overlap where one thing hides another; their boxes do.
    geometry = scene(
        [10, 10, 90, 90], [30, 30, 50, 50], [120, 30, 140, 50], shared=np.zeros((3, 3))
    )
    assert best(said(Relation(Kind.INSIDE, ("bowl",))), geometry, bowl=one_hot(geometry, 0)) == 1


@pytest.mark.parametrize("targets", [("cup", "plate"), ("plate", "cup")])
def test_between_two_targets(targets):
    q = {"cup": one_hot(ROW, 0), "plate": one_hot(ROW, 2)}
    assert best(said(Relation(Kind.BETWEEN, targets)), ROW, **q) == 1


def test_between_two_of_a_kind():
    q = np.array([0.49, 0.01, 0.49, 0.01], np.float32)
    p = np.array([0.1, 0.4, 0.1, 0.4], np.float32)
    assert best(said(Relation(Kind.BETWEEN, ("two men",))), ROW, p, **{"two men": q}) == 1


def test_what_is_named_together_is_seen_together():
    expression = said(other_noun_phrases=("a dog",))
    p = np.array([0.5, 0.0, 0.5, 0.0], np.float32) + np.float32(1e-6)
    assert best(expression, ROW, p, **{"a dog": one_hot(ROW, 3)}) == 2


def test_what_is_denied():
    red = np.array([0.7, 0.2, 0.05, 0.05], np.float32)
    p = np.array([0.4, 0.1, 0.4, 0.1], np.float32)
    assert best(said(excluded=("red",)), ROW, p, red=red) == 2


def test_terms_have_the_names_of_their_statements():
    expression = said(
        Relation(Kind.LEFT, rank=2),
        Relation(Kind.BEHIND, ("the tree",), negated=True),
        other_noun_phrases=("a dog",),
        excluded=("red",),
    )
    assert expression.landmarks == ("the tree", "a dog", "red")
    q = even(ROW)
    terms = spatial_terms(expression, ROW, q, dict.fromkeys(expression.landmarks, q))
    assert list(terms) == ["2nd left", "not behind the tree", "near a dog", "not red"]
    assert all((term <= 0).all() for term in terms.values())
    total = spatial_scores(expression, ROW, q, dict.fromkeys(expression.landmarks, q))
    np.testing.assert_allclose(total, sum(terms.values()), rtol=1e-5)


def test_a_landmark_without_probabilities_is_left_out():
    expression = said(Relation(Kind.BEHIND, ("the tree",)), excluded=("red",))
    assert spatial_terms(expression, ROW, even(ROW), {}) == {}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(SpatialWeights)])
def test_weights_switch_terms_off(name):
    off = SpatialWeights(**{field.name: 0.0 for field in dataclasses.fields(SpatialWeights)})
    expression = said(
        Relation(Kind.LEFT), Relation(Kind.ABOVE, ("a box",)), other_noun_phrases=("a dog",)
    )
    q = {"a box": one_hot(ROW, 1), "a dog": one_hot(ROW, 2)}
    assert not spatial_scores(expression, ROW, even(ROW), q, off).any()
    on = dataclasses.replace(off, **{name: 1.0})
    assert spatial_scores(expression, ROW, even(ROW), q, on).any()


def test_without_statements_nothing_changes():
    assert spatial_terms(said(), ROW, even(ROW), {}) == {}
    np.testing.assert_array_equal(spatial_scores(said(), ROW, even(ROW), {}), np.zeros(4))


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare_with(count):
    geometry = scene(*[[10, 10, 20, 20]] * count)
    scores = spatial_scores(said(Relation(Kind.LEFT, rank=2)), geometry, even(geometry), {})
    np.testing.assert_array_equal(scores, np.zeros(count))
    assert scores.dtype == np.float32


@st.composite
def scenes(draw):
    count = draw(st.integers(2, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    corners = random.uniform(0, 0.8, (count, 2)) * [200, 100]
    sides = random.uniform(0.02, 0.2, (count, 2)) * [200, 100]
    boxes = np.hstack([corners, corners + sides])
    probabilities = random.dirichlet(np.ones(count), 4).astype(np.float32)
    return boxes, probabilities


@st.composite
def statements(draw):
    kind = draw(st.sampled_from(list(Kind)))
    if kind is Kind.BETWEEN:
        return Relation(kind, ("a", "b")[: draw(st.integers(1, 2))], negated=draw(st.booleans()))
    if kind not in BARE or draw(st.booleans()):
        return Relation(kind, ("a",), negated=draw(st.booleans()))
    rank = draw(st.one_of(st.none(), st.integers(1, 4)))
    return Relation(kind, rank=rank, negated=draw(st.booleans()))


PHRASES = st.lists(statements(), min_size=1, max_size=3).map(
    lambda relations: said(*relations, other_noun_phrases=("c",), excluded=("b",))
)


def scores_of(expression, boxes, probabilities, frame=(100, 200)):
    p, *others = probabilities
    landmarks = dict(zip("abc", others, strict=True))
    return spatial_scores(expression, scene(*boxes, frame=frame), p, landmarks)


@given(scenes(), PHRASES)
@settings(max_examples=150)
def test_scores_are_finite_and_bounded(drawn, expression):
    scores = scores_of(expression, *drawn)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert (scores <= 0).all()


@given(scenes(), PHRASES, st.sampled_from(["left-right", "top-bottom"]))
@settings(max_examples=150)
def test_a_mirrored_scene_answers_the_mirrored_phrase(drawn, expression, axis):
    boxes, probabilities = drawn
    if axis == "left-right":
        mirrored, swap = (
            np.stack([200 - boxes[:, 2], boxes[:, 1], 200 - boxes[:, 0], boxes[:, 3]]),
            MIRROR,
        )
    else:
        mirrored, swap = (
            np.stack([boxes[:, 0], 100 - boxes[:, 3], boxes[:, 2], 100 - boxes[:, 1]]),
            FLIP,
        )
        # Depth is read from the ground, which does not turn over.
        if any(each.kind in {Kind.FRONT, Kind.BEHIND} for each in expression.relations):
            return
    relations = tuple(
        dataclasses.replace(each, kind=swap.get(each.kind, each.kind))
        for each in expression.relations
    )
    swapped = dataclasses.replace(expression, relations=relations)
    np.testing.assert_allclose(
        scores_of(swapped, mirrored.T, probabilities),
        scores_of(expression, boxes, probabilities),
        atol=2e-3,
    )


@given(scenes(), PHRASES, st.integers(0, 1000))
@settings(max_examples=150)
def test_the_order_of_the_masks_does_not_matter(drawn, expression, seed):
    boxes, probabilities = drawn
    order = np.random.default_rng(seed).permutation(len(boxes))
    np.testing.assert_allclose(
        scores_of(expression, boxes[order], probabilities[:, order]),
        scores_of(expression, boxes, probabilities)[order],
        atol=2e-3,
    )


@given(scenes(), PHRASES, st.sampled_from([0.5, 3.0, 40.0]))
@settings(max_examples=100)
def test_the_size_of_the_photo_does_not_matter(drawn, expression, scale):
    boxes, probabilities = drawn
    frame = (int(100 * scale), int(200 * scale))
    np.testing.assert_allclose(
        scores_of(expression, boxes * scale, probabilities, frame),
        scores_of(expression, boxes, probabilities),
        atol=2e-3,
    )
