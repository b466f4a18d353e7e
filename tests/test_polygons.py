import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco_mask

from napari_zsris.errors import AnnotationError
from napari_zsris.polygons import encode_polygons, trace_polygons
from napari_zsris.rle import decode_rle

masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24))


def _filled(polygons, shape):
    return decode_rle(encode_polygons(polygons, shape))


@given(masks)
def test_any_mask_comes_back_exactly(mask):
    polygons = trace_polygons(mask)
    if mask.any():
        assert np.array_equal(_filled(polygons, mask.shape), mask)
    else:
        assert polygons == []


def _summed(polygons, shape):
    """Sum the parts' binary maps, as lichengunc's REFER does."""
    return coco_mask.decode(coco_mask.frPyObjects(polygons, *shape)).sum(axis=2)


@given(masks.filter(np.any))
def test_the_parts_of_any_mask_do_not_overlap(mask):
    polygons = trace_polygons(mask)
    assert np.array_equal(_summed(polygons, mask.shape), mask)
    # With four numbers it would be taken for a box.
    assert all(len(polygon) >= 8 for polygon in polygons)


@given(masks.filter(np.any), st.integers(1, 9))
def test_holes_and_parts_of_any_width_are_kept(mask, width):
    large = np.kron(mask, np.ones((width, 1), bool))
    assert np.array_equal(_summed(trace_polygons(large), large.shape), large)


def test_hard_masks_are_the_sum_of_their_parts(hard_mask):
    assert np.array_equal(_summed(trace_polygons(hard_mask), hard_mask.shape), hard_mask)


def test_hard_masks_come_back_exactly(hard_mask):
    assert np.array_equal(_filled(trace_polygons(hard_mask), hard_mask.shape), hard_mask)


def test_a_large_textured_mask_comes_back_exactly():
    rng = np.random.default_rng(0)
    coarse = rng.random((48, 64)) < 0.6
    mask = np.kron(coarse, np.ones((10, 10), bool)) & (rng.random((480, 640)) < 0.999)
    assert np.array_equal(_filled(trace_polygons(mask), mask.shape), mask)


def test_nested_holes_come_back_exactly():
    mask = np.zeros((60, 60), bool)
    for depth in range(0, 30, 2):
        mask[depth : 60 - depth, depth : 60 - depth] = depth % 4 == 0
    assert np.array_equal(_filled(trace_polygons(mask), mask.shape), mask)


def test_every_part_is_one_polygon(hard_masks):
    assert len(trace_polygons(hard_masks["holes"])) == 2
    assert len(trace_polygons(hard_masks["touching by corners"])) == 60


def test_a_rectangle_has_four_corners():
    mask = np.zeros((9, 9), bool)
    mask[2:5, 3:8] = True
    (polygon,) = trace_polygons(mask)
    corners = {tuple(point) for point in np.reshape(polygon, (-1, 2)).tolist()}
    assert corners == {(3, 2), (8, 2), (8, 5), (3, 5)}
    assert len(polygon) == 8
    assert all(type(value) is int for value in polygon)


@given(st.lists(st.lists(st.floats(width=32), max_size=12), max_size=3))
def test_any_numbers_are_filled_or_refused(polygons):
    try:
        rle = encode_polygons(polygons, (6, 9))
    except AnnotationError:
        return
    assert decode_rle(rle).shape == (6, 9)


def test_an_object_without_polygons_is_refused():
    with pytest.raises(AnnotationError, match="has no polygons: give at least one"):
        encode_polygons([], (6, 9))


@pytest.mark.parametrize(
    "polygon", [[], [0, 0, 1, 1], [0] * 7, [[0, 0], [1, 1]], "abcdef", [[]] * 6]
)
def test_a_polygon_that_is_none_is_refused(polygon):
    with pytest.raises(AnnotationError, match="not a list of at least three x, y pairs: mend"):
        encode_polygons([polygon], (6, 9))


@pytest.mark.parametrize("value", [1e9, -1e9, float("nan"), float("inf")])
def test_a_polygon_far_away_is_refused(value):
    with pytest.raises(AnnotationError, match="lies far outside its 9 x 6 photo: check"):
        encode_polygons([[0, 0, 4, 0, 4, value]], (6, 9))
