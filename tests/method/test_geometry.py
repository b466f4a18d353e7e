"""Where masks lie, measured in frames."""

import numpy as np
import pytest

from napari_zsris.method.geometry import Geometry
from napari_zsris.proposals import Proposals


def masks(*slices, size=(40, 80)):
    stack = np.zeros((len(slices), *size), bool)
    for mask, (rows, columns) in zip(stack, slices, strict=True):
        mask[rows, columns] = True
    return stack


@pytest.fixture
def geometry():
    whole = (slice(0, 20), slice(0, 20))
    half = (slice(0, 20), slice(0, 10))
    other = (slice(30, 40), slice(40, 80))
    return Geometry.of(Proposals.from_masks(masks(whole, half, other)))


def test_units_of_the_frame(geometry):
    np.testing.assert_allclose(geometry.boxes[2], [0.5, 0.75, 1.0, 1.0])
    np.testing.assert_allclose(geometry.centroids[2], [0.75, 0.875])
    np.testing.assert_allclose(geometry.areas, [400 / 3200, 200 / 3200, 400 / 3200])


def test_a_part_is_of_the_same_object_but_not_alike(geometry):
    np.testing.assert_allclose(geometry.shared[0], [1, 1, 0])
    np.testing.assert_allclose(geometry.same[0], [1, 1, 0])
    np.testing.assert_allclose(geometry.alike[0], [1, 0.5, 0], atol=1e-6)


def test_masks_that_only_touch_are_two_objects():
    near = Geometry.of(
        Proposals.from_masks(masks((slice(0, 20), slice(0, 20)), (slice(0, 20), slice(16, 40))))
    )
    np.testing.assert_allclose(near.shared[0, 1], 0.2, atol=1e-6)
    assert near.same[0, 1] == 0


def test_gaps_and_insides(geometry):
    np.testing.assert_allclose(geometry.gaps[0, 2], np.hypot(0.25, 0.25), rtol=1e-6)
    assert geometry.gaps[0, 1] == 0
    assert geometry.inside[1, 0] == 1
    np.testing.assert_allclose(geometry.inside[0, 1], 0.5)


def test_boxes_stand_in_for_masks():
    boxes = [[0, 0, 20, 20], [0, 0, 10, 20], [50, 50, 60, 60]]
    centroids = [[9.5, 9.5], [4.5, 9.5], [54.5, 54.5]]
    geometry = Geometry.from_pixels(boxes, centroids, [400, 200, 100], (100, 100))
    np.testing.assert_allclose(geometry.shared, [[1, 1, 0], [1, 1, 0], [0, 0, 1]], atol=1e-6)


def test_an_empty_mask_measures_finite():
    stack = masks((slice(0, 20), slice(0, 20)), (slice(0, 0), slice(0, 0)))
    geometry = Geometry.of(Proposals.from_masks(stack))
    for name in ("shared", "same", "alike", "inside", "gaps", "log_areas", "log_heights"):
        assert np.isfinite(getattr(geometry, name)).all(), name


def test_no_masks():
    geometry = Geometry.of(Proposals.from_masks(np.zeros((0, 40, 80), bool)))
    assert len(geometry) == 0
    assert geometry.same.shape == (0, 0)
    assert geometry.gaps.shape == (0, 0)
