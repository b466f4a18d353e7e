"""Arrays of any kind become 8-bit RGB, or say in one line why they cannot."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_zsris.errors import ImageError
from napari_zsris.pixels import as_rgb

DTYPES = st.sampled_from(
    [np.bool_, np.uint8, np.uint16, np.int16, np.int64, np.uint64, np.float16, np.float32, float]
)
SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda size: st.sampled_from([size, (*size, 1), (*size, 3), (*size, 4)])
)


@given(array=hnp.arrays(DTYPES, SHAPES))
def test_every_picture_becomes_rgb(array):
    before = array.copy()
    rgb = as_rgb(array)
    assert rgb.shape == (*array.shape[:2], 3)
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous
    assert rgb.flags.writeable
    np.testing.assert_array_equal(array, before)


@given(array=hnp.arrays(DTYPES, st.tuples(st.integers(1, 6), st.integers(1, 6))))
def test_a_brighter_pixel_stays_brighter(array):
    grey = as_rgb(array)[..., 0].ravel().astype(int)
    values = np.nan_to_num(array.ravel().astype(float), nan=-np.inf, neginf=-np.inf, posinf=np.inf)
    order = np.argsort(values, kind="stable")
    assert (np.diff(grey[order]) >= 0).all()


@given(array=hnp.arrays(np.uint8, (3, 4, 3)))
def test_eight_bit_values_survive_every_wider_type(array):
    for dtype in (np.uint16, np.int32, np.int64):
        np.testing.assert_array_equal(as_rgb(array.astype(dtype)), array)
    np.testing.assert_array_equal(as_rgb(array.astype(np.float32) / np.float32(255)), array)
    np.testing.assert_array_equal(as_rgb(array.tolist()), array)


def test_eight_bit_rgb_is_not_copied():
    photo = np.zeros((2, 3, 3), np.uint8)
    assert np.shares_memory(as_rgb(photo), photo)


def test_a_read_only_photo_is_copied():
    photo = np.zeros((2, 3, 3), np.uint8)
    photo.flags.writeable = False
    assert not np.shares_memory(as_rgb(photo), photo)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_a_camera_s_white_is_white_at_every_bit_depth(bits):
    white = (1 << bits) - 1
    array = np.array([[0, white // 2, white]], np.uint16)
    assert as_rgb(array)[0, :, 0].tolist() == [0, 127, 255]


def test_a_range_beyond_cameras_is_stretched():
    assert as_rgb(np.array([[-1000.0, 0.0, 3000.0]]))[0, :, 0].tolist() == [0, 64, 255]
    assert as_rgb(np.array([[-5, 70000]], np.int32))[0, :, 0].tolist() == [0, 255]


def test_overshoot_of_an_interpolation_does_not_turn_the_photo_black():
    grey = as_rgb(np.array([[-0.02, 0.5, 1.02]]))[0, :, 0]
    assert grey.tolist() == [0, 127, 255] or grey.tolist() == [0, 128, 255]


def test_nan_and_infinity_take_the_ends():
    array = np.array([[np.nan, -np.inf, 0.25, 0.75, np.inf]])
    assert as_rgb(array)[0, :, 0].tolist() == [64, 64, 64, 191, 191]


def test_a_picture_without_a_finite_number_is_still_a_picture():
    assert as_rgb(np.array([[np.nan, np.inf, -np.inf]]))[0, :, 0].tolist() == [0, 255, 0]


@pytest.mark.parametrize("value", [-3.5, 1e300, 70000])
def test_a_flat_picture_out_of_range_is_black(value):
    assert not as_rgb(np.full((2, 2), value)).any()


def test_the_span_of_all_floats_does_not_overflow():
    extremes = np.finfo(np.float64)
    assert as_rgb(np.array([[extremes.min, 0.0, extremes.max]]))[0, :, 0].tolist() == [0, 128, 255]


def test_transparency_lies_on_white():
    rgba = np.array([[[200, 0, 0, 255], [200, 0, 0, 0], [0, 0, 0, 128]]], np.uint8)
    assert as_rgb(rgba)[0].tolist() == [[200, 0, 0], [255, 255, 255], [127, 127, 127]]
    deep = np.array([[[60000, 0, 0, 65535], [60000, 0, 0, 0]]], np.uint16)
    assert as_rgb(deep)[0].tolist() == [[233, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((3, 8, 9), np.uint8), "channels first"),
        (np.zeros((1, 8, 9), np.uint8), "channels first"),
        (np.zeros((8, 9, 2), np.uint8), r"shape \(8, 9, 2\) is no picture"),
        (np.zeros((5, 8, 9, 3), np.uint8), r"shape \(5, 8, 9, 3\) is no picture"),
        (np.zeros(7), r"shape \(7,\) is no picture"),
        (np.float64(3), r"shape \(\) is no picture"),
        (np.zeros((0, 5, 3), np.uint8), "no pixels"),
        ([], "no pixels"),
        ([[1, 2], [3]], "rows of different lengths"),
        (np.zeros((2, 2), np.complex64), "complex64 is no picture"),
        ([["a", "b"]], "no picture; give whole or real numbers"),
        (None, "object is no picture"),
        (np.array([["2026-01-01"]], "datetime64[D]"), "datetime64"),
    ],
)
def test_what_is_no_picture_says_so_in_one_line(array, reason):
    with pytest.raises(ImageError, match=reason) as raised:
        as_rgb(array)
    assert "\n" not in str(raised.value)
