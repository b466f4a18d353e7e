"""Packed masks against what plain full-size arrays say."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.errors import ProposalError
from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.proposals.proposals import Proposals

from .strategies import masks_of, stacks


@given(stacks())
def test_masks_survive_packing(masks):
    proposals = Proposals.from_masks(masks)
    assert len(proposals) == len(masks)
    assert proposals.size == masks.shape[1:]
    np.testing.assert_array_equal(proposals.masks, masks)
    for index, mask in enumerate(masks):
        np.testing.assert_array_equal(proposals.mask(index), mask)


@given(stacks())
def test_areas_and_centroids_are_those_of_the_pixels(masks):
    proposals = Proposals.from_masks(masks)
    assert proposals.areas.dtype == np.int64
    assert proposals.centroids.dtype == np.float32
    assert proposals.centroids.shape == (len(masks), 2)
    for mask, area, centroid in zip(masks, proposals.areas, proposals.centroids, strict=True):
        ys, xs = np.nonzero(mask)
        assert area == len(xs)
        if area:
            np.testing.assert_allclose(centroid, (xs.mean(), ys.mean()), atol=1e-4)


def test_centroid_of_an_empty_mask_is_its_box_centre():
    proposals = Proposals.from_masks(np.zeros((1, 9, 9)), boxes=[[2, 4, 6, 7]])
    np.testing.assert_array_equal(proposals.centroids, [[4, 5.5]])


@given(stacks())
def test_tight_boxes_enclose_and_touch_the_pixels(masks):
    for mask, box in zip(masks, Proposals.from_masks(masks).boxes, strict=True):
        if mask.any():
            ys, xs = np.nonzero(mask)
            assert tuple(box) == (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)


@given(stacks())
def test_iou_matrix_equals_the_dense_one(masks):
    flat = masks.reshape(len(masks), masks.shape[1] * masks.shape[2])
    shared = (flat[:, None] & flat[None]).sum(2)
    union = (flat[:, None] | flat[None]).sum(2)
    matrix = Proposals.from_masks(masks).iou_matrix()
    assert matrix.dtype == np.float32
    assert matrix.shape == (len(masks), len(masks))
    np.testing.assert_allclose(matrix, shared / np.maximum(union, 1), atol=1e-6)


def test_iou_matrix_across_word_borders():
    masks = np.zeros((3, 4, 300), bool)
    masks[0, 1:3, 60:200] = True
    masks[1, :, 127:129] = True
    masks[2, 2:, 199:] = True
    matrix = Proposals.from_masks(masks).iou_matrix()
    assert matrix[0, 1] == pytest.approx(4 / 284)
    assert matrix[0, 2] == pytest.approx(1 / (280 + 202 - 1))
    assert matrix[1, 2] == 0


@given(stacks(), st.data())
def test_select_keeps_the_order_asked_for(masks, data):
    index = st.integers(0, max(len(masks) - 1, 0))
    chosen = data.draw(st.lists(index, max_size=8)) if len(masks) else []
    scores = np.arange(len(masks))
    picked = Proposals.from_masks(masks, scores=scores, source="x").select(chosen)
    np.testing.assert_array_equal(picked.masks, masks[chosen])
    np.testing.assert_array_equal(picked.scores, scores[chosen])
    assert picked.source == "x"


@given(stacks(), st.integers(0, 5))
def test_concatenate_undoes_splitting(masks, cut):
    whole = Proposals.from_masks(masks, scores=np.arange(len(masks)))
    indices = range(len(whole))
    joined = Proposals.concatenate([whole.select(indices[:cut]), whole.select(indices[cut:])])
    np.testing.assert_array_equal(joined.masks, masks)
    np.testing.assert_array_equal(joined.scores, whole.scores)
    np.testing.assert_array_equal(joined.boxes, whole.boxes)
    assert joined.source == "given"


def test_concatenate_names_all_sources_once():
    parts = [Proposals.from_masks(np.ones((1, 2, 2)), source=name) for name in ("a", "b", "a")]
    assert Proposals.concatenate(parts).source == "a+b"


@pytest.mark.parametrize("shapes", [[], [(1, 2, 2), (1, 2, 3)]])
def test_concatenate_needs_one_photo(shapes):
    parts = [Proposals.from_masks(np.ones(shape)) for shape in shapes]
    with pytest.raises(ProposalError, match=r"photo sizes cannot be joined: give those of one"):
        Proposals.concatenate(parts)


@given(masks_of(9, 13), st.integers(-5, 9), st.integers(-5, 13), st.data())
def test_window_is_the_padded_frame_cut_out(mask, y0, x0, data):
    y1, x1 = data.draw(st.integers(y0, 15)), data.draw(st.integers(x0, 20))
    bitmap = Bitmap.from_mask(mask)
    padded = np.pad(mask, ((5, 20), (5, 20)))
    np.testing.assert_array_equal(
        bitmap.window(x0, y0, x1, y1), padded[y0 + 5 : y1 + 5, x0 + 5 : x1 + 5]
    )


def test_a_part_of_the_frame_is_packed_where_it_lies():
    bitmap = Bitmap.from_mask(np.eye(3, dtype=bool), top=10, left=20)
    assert bitmap.box == (20, 10, 23, 13)
    assert (bitmap.area, bitmap.centroid) == (3, (21.0, 11.0))


def test_any_non_zero_number_is_inside():
    proposals = Proposals.from_masks(np.array([[[0.0, 0.2], [-3.0, 0.0]]]))
    np.testing.assert_array_equal(proposals.masks, [[[False, True], [True, False]]])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"masks": np.ones((2, 2))}, r"shape \(2, 2\), but a stack \(N, H, W\) is needed"),
        ({"masks": np.ones((1, 2, 2)), "boxes": [1, 2, 3, 4]}, r"boxes have shape \(4,\)"),
        ({"masks": np.ones((1, 2, 2)), "scores": [1, 2]}, r"scores have shape \(2,\)"),
        ({"masks": np.ones((1, 2, 2)), "scores": [np.nan]}, "scores hold NaN or infinity"),
    ],
)
def test_what_does_not_fit_is_refused_on_one_line(given, message):
    with pytest.raises(ProposalError, match=message) as caught:
        Proposals.from_masks(**given)
    assert "\n" not in str(caught.value)


def test_300_masks_of_24_megapixels_fit_in_500_megabytes():
    """Ellipses from a hundredth of the frame to nearly all of it, packed one after the other."""
    size = (4000, 6000)
    rng = np.random.default_rng(0)

    def ellipse(height, width):
        y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        mask = y**2 + x**2 <= 1
        top, left = rng.integers(size[0] - height + 1), rng.integers(size[1] - width + 1)
        return Bitmap.from_mask(mask, int(top), int(left))

    tracemalloc.start()
    try:
        sides = np.geomspace(0.1, 0.98, 300)
        bitmaps = [ellipse(int(size[0] * side), int(size[1] * side)) for side in sides]
        proposals = Proposals.from_bitmaps(bitmaps, size)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(proposals) == 300
    assert proposals.nbytes <= held <= 500e6
