"""Pixels are read as the canvas shows them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_zsris._qt.core.picture import Picture, Plane
from napari_zsris.errors import ImageError

EVERYTHING = (slice(None), slice(None))


def shown(data, limits, *, rgb=False, **display):
    plane = Plane(np.asarray(data), EVERYTHING, limits, rgb=rgb, **display)
    return Picture("key", (plane,)).pixels()


def test_contrast_limits_become_black_and_white():
    pixels = shown(np.array([[10, 20], [30, 40]], np.uint16), (20.0, 30.0))
    assert pixels.tolist() == [[[0] * 3, [0] * 3], [[255] * 3, [255] * 3]]


@given(arrays(np.uint8, (3, 4, 3)))
def test_plain_colour_stays_as_it_is(photo):
    np.testing.assert_array_equal(shown(photo, (0.0, 255.0), rgb=True), photo)


@given(arrays(np.float64, (4, 5), elements=st.floats(-1e6, 1e6)))
def test_any_number_has_a_shade_between_the_limits(data):
    pixels = shown(data, (-10.0, 10.0))
    expected = np.rint(np.clip((data + 10) / 20, 0, 1) * 255)
    assert np.abs(pixels[..., 0] - expected).max() <= 1
    assert (pixels == pixels[..., :1]).all()


def test_what_is_not_a_number_is_black_and_infinity_bright():
    pixels = shown(np.array([[np.nan, np.inf, -np.inf]]), (0.0, 1.0))
    assert pixels[..., 0].tolist() == [[0, 255, 0]]


def test_large_integers_keep_their_differences():
    base = 2**40
    pixels = shown(np.array([[base, base + 1]], np.int64), (float(base), float(base + 1)))
    assert pixels[..., 0].tolist() == [[0, 255]]


def test_gamma_bends_the_shades():
    assert shown(np.array([[0.25]]), (0.0, 1.0), gamma=0.5)[0, 0, 0] == 128


def test_equal_limits_divide_by_nothing():
    assert shown(np.array([[1.0, 2.0]]), (1.0, 1.0))[..., 0].tolist() == [[0, 255]]


def test_transparent_pixels_are_laid_on_white():
    rgba = np.array([[[255, 0, 0, 255], [255, 0, 0, 0]]], np.uint8)
    assert shown(rgba, (0.0, 255.0), rgb=True).tolist() == [[[255, 0, 0], [255, 255, 255]]]


def test_tinted_planes_add_up_like_light():
    data = np.full((1, 1), 255, np.uint8)
    planes = tuple(
        Plane(data, EVERYTHING, (0.0, 255.0), tint=tint)
        for tint in ((1.0, 0.0, 0.0), (0.5, 0.5, 0.0))
    )
    assert Picture("key", planes).pixels().tolist() == [[[255, 128, 0]]]


def test_transposed_axes_change_places():
    data = np.arange(6, dtype=np.uint8).reshape(2, 3)
    plane = Plane(data, EVERYTHING, (0.0, 255.0), flipped=True)
    np.testing.assert_array_equal(Picture("key", (plane,)).pixels()[..., 0], data.T)


def test_planes_of_different_sizes_make_no_picture():
    planes = tuple(Plane(np.zeros(size), EVERYTHING, (0.0, 1.0)) for size in ((2, 3), (3, 2)))
    with pytest.raises(ImageError, match="channels of one size"):
        Picture("key", planes).pixels()


def test_an_image_without_pixels_is_refused():
    with pytest.raises(ImageError, match="choose an image with pixels"):
        shown(np.zeros((0, 3)), (0.0, 1.0))
