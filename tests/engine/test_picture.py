"""Pixels are read as the canvas shows them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_zsris.engine.picture import Picture, Plane, content_hash
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


@given(arrays(st.sampled_from([np.uint8, np.uint16, np.float32, bool]), (3, 4, 3)))
def test_what_arrays_hold_is_their_identity_whatever_their_layout(array):
    known = content_hash(array)
    assert content_hash(np.asfortranarray(array)) == known
    assert content_hash(array[::-1, :, ::-1][::-1, :, ::-1]) == known
    assert content_hash(np.repeat(array, 2, axis=1)[:, ::2]) == known
    assert content_hash(array.reshape(4, 3, 3)) != known
    assert content_hash(array.astype(np.float64)) != known
    assert content_hash(array, array) != known


def test_every_byte_of_a_large_array_counts(monkeypatch):
    monkeypatch.setattr("napari_zsris.engine.picture.LARGEST_PIECE", 100)
    array = np.zeros((50, 7), np.uint16)
    known = {content_hash(array)}
    for place in ((0, 0), (24, 3), (49, 6)):
        changed = array.copy()
        changed[place] = 1
        known.add(content_hash(changed))
    assert len(known) == 4


def test_a_frozen_picture_stays_as_it_was():
    array = np.zeros((4, 5, 3), np.uint8)
    frozen = Picture("key", (Plane(array, EVERYTHING, (0.0, 255.0), rgb=True),)).frozen()
    array[:] = 9
    assert not frozen.pixels().any()


def test_a_large_array_is_copied_when_it_is_read(monkeypatch):
    monkeypatch.setattr("napari_zsris.engine.picture.BYTES_TO_COPY_AT_ONCE", 10)
    array = np.full((4, 5), np.nan)
    picture = Picture("key", (Plane(array, EVERYTHING, (0.0, 1.0)),)).frozen()
    (raw,) = picture.read()
    assert not np.shares_memory(raw, array)
    np.testing.assert_array_equal(raw, array)


def test_an_array_that_changes_all_the_time_is_refused(monkeypatch):
    monkeypatch.setattr("napari_zsris.engine.picture.np.array_equal", lambda *_, **__: False)
    plane = Plane(np.zeros((4, 5)), EVERYTHING, (0.0, 1.0))
    with pytest.raises(ImageError, match="changes all the time"):
        plane.read()
