"""Small pictures show the object, the rest dimmed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris._qt.core.thumbnails import thumbnail
from napari_zsris.proposals import Bitmap


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_any_mask_has_a_thumbnail(height, width, data):
    y, x = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    mask = np.zeros((height, width), bool)
    mask[y:, x:] = True
    pixels = np.full((height, width, 3), 200, np.uint8)
    small = thumbnail(pixels, Bitmap.from_mask(mask), side=32)
    assert small.shape == (32, 32, 3)
    assert small.max() <= 200


def test_the_object_is_bright_and_the_rest_dim():
    mask = np.zeros((100, 100), bool)
    mask[30:70, 30:70] = True
    small = thumbnail(np.full((100, 100, 3), 200, np.uint8), Bitmap.from_mask(mask), side=52)
    assert (small[20:32, 20:32] == 200).all()
    assert (small[0, 5:40] < 100).all()


def test_a_huge_object_is_thinned_out_first():
    mask = np.ones((3000, 3000), bool)
    small = thumbnail(np.full((3000, 3000, 3), 90, np.uint8), Bitmap.from_mask(mask))
    assert (small[40:50, 40:50] == 90).all()


def test_an_empty_mask_gives_a_picture_too():
    small = thumbnail(np.ones((9, 9, 3), np.uint8), Bitmap.from_mask(np.zeros((9, 9), bool)))
    assert small.shape[2] == 3
