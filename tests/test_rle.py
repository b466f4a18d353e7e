import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco_mask

from napari_zsris.errors import AnnotationError
from napari_zsris.rle import (
    check_rle,
    decode_rle,
    encode_rle,
    measure_rle,
    rle_area,
    rle_bbox,
    rle_iou,
)

masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40))


@given(masks)
def test_round_trip_is_exact(mask):
    rle = encode_rle(mask)
    assert np.array_equal(decode_rle(rle), mask)
    assert json.loads(json.dumps(rle)) == rle
    assert np.array_equal(coco_mask.decode(rle), mask)


@given(masks)
def test_area_and_box_are_those_of_the_pixels(mask):
    rle = encode_rle(mask)
    area = rle_area(rle)
    assert type(area) is int
    assert area == mask.sum()
    assert measure_rle(rle) == (area, rle_bbox(rle))
    x, y, width, height = rle_bbox(rle)
    assert all(type(value) is float for value in (x, y, width, height))
    rows, columns = np.nonzero(mask)
    if rows.size:
        assert (x, y) == (columns.min(), rows.min())
        assert (x + width, y + height) == (columns.max() + 1, rows.max() + 1)
    else:
        assert (width, height) == (0, 0)


def test_hard_masks_survive(hard_mask):
    assert np.array_equal(decode_rle(encode_rle(hard_mask)), hard_mask)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_memory_order_and_dtype_do_not_matter(hard_mask, order, dtype):
    array = np.array(hard_mask * 7, dtype, order=order)
    assert encode_rle(array) == encode_rle(hard_mask)
    assert encode_rle(array[:, ::-1]) == encode_rle(hard_mask[:, ::-1])


def test_decoded_mask_is_writable_and_in_row_order():
    mask = decode_rle(encode_rle(np.eye(5)))
    assert mask.flags.c_contiguous
    assert mask.dtype == bool
    mask[:] = False


@pytest.mark.parametrize("shape", [(4,), (2, 4, 4), (0, 4)])
def test_an_array_that_is_no_mask_is_refused(shape):
    with pytest.raises(AnnotationError, match=r"a mask has shape .* pass one mask of one photo"):
        encode_rle(np.zeros(shape))


@given(masks)
def test_plain_runs_are_compressed(mask):
    columns = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(columns)) + 1
    bounds = np.concatenate(([0], edges, [columns.size]))
    runs = np.diff(bounds).tolist()
    if columns[0]:
        runs.insert(0, 0)
    assert check_rle(runs, mask.shape) == encode_rle(mask)


@given(masks)
def test_bytes_are_taken_like_text(mask):
    rle = encode_rle(mask)
    assert check_rle(rle["counts"].encode(), mask.shape) == rle


@given(st.one_of(st.text(max_size=30), st.binary(max_size=30)))
def test_any_text_is_a_mask_of_this_size_or_refused(counts):
    try:
        rle = check_rle(counts, (5, 7))
    except AnnotationError:
        return
    assert decode_rle(rle).shape == (5, 7)


@pytest.mark.parametrize(
    "counts",
    [
        "",
        "P",
        "00000",
        "o",
        "\x00",
        "ooooooooo0",
        "\u0660",
        [1, 2],
        [36, -1],
        [35.0],
        7,
        None,
    ],
)
def test_damaged_runs_are_refused(counts):
    with pytest.raises(AnnotationError, match=r"a run-length mask is damaged: its .*; export or"):
        check_rle(counts, (5, 7))


def test_a_mask_of_another_photo_is_refused():
    rle = encode_rle(np.ones((4, 4)))
    with pytest.raises(AnnotationError, match="do not fill 5 x 4 pixels"):
        decode_rle({"size": [5, 4], "counts": rle["counts"]})


def test_iou():
    first = np.zeros((10, 10))
    first[:4] = 1
    second = np.zeros((10, 10))
    second[2:6] = 1
    assert rle_iou(encode_rle(first), encode_rle(second)) == pytest.approx(20 / 60)
    assert rle_iou(encode_rle(first), encode_rle(first)) == 1


def test_iou_of_two_photos_is_refused():
    with pytest.raises(AnnotationError, match=r"\[2, 3\] and \[3, 2\] pixels cannot be compared"):
        rle_iou(encode_rle(np.ones((2, 3))), encode_rle(np.ones((3, 2))))
