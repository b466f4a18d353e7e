"""Small pictures show the object, the rest dimmed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.engine.mask_colour import mask_colour
from napari_zsris.engine.thumbnails import thumbnail
from napari_zsris.proposals import Bitmap

BLUE = "#0040ff"


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_any_mask_has_a_thumbnail(height, width, data):
    y, x = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    mask = np.zeros((height, width), bool)
    mask[y:, x:] = True
    pixels = np.full((height, width, 3), 200, np.uint8)
    small = thumbnail(pixels, Bitmap.from_mask(mask), side=32)
    assert small.shape == (32, 32, 3)
    assert small.dtype == np.uint8


def square():
    mask = np.zeros((100, 100), bool)
    mask[30:70, 30:70] = True
    return Bitmap.from_mask(mask)


def test_the_object_is_bright_the_rest_dim_and_its_edge_in_the_masks_colour():
    small = thumbnail(np.full((100, 100, 3), 200, np.uint8), square(), side=60, colour=BLUE)
    assert (small[20:40, 20:40] == 200).all()
    assert (small[:8] == 100).all()
    row = (small[30] == (0, 64, 255)).all(axis=-1)
    assert np.flatnonzero(row).tolist() == [10, 49]


def test_the_outline_is_in_the_colour_that_shows_the_object_best():
    photo = np.full((100, 100, 3), 200, np.uint8)
    chosen = thumbnail(photo, square(), colour=mask_colour(photo, square()))
    np.testing.assert_array_equal(thumbnail(photo, square()), chosen)


def test_the_surroundings_are_seen():
    photo = np.zeros((100, 100, 3), np.uint8)
    photo[20:30, 45:55] = 240
    small = thumbnail(photo, square(), side=60)
    assert small[:9].max() == 120


def test_a_huge_object_is_thinned_out_first():
    mask = np.ones((3000, 3000), bool)
    small = thumbnail(np.full((3000, 3000, 3), 90, np.uint8), Bitmap.from_mask(mask))
    assert (small[40:50, 40:50] == 90).all()


def test_an_empty_mask_gives_a_picture_too():
    small = thumbnail(np.ones((9, 9, 3), np.uint8), Bitmap.from_mask(np.zeros((9, 9), bool)))
    assert small.shape[2] == 3
