"""Cropped upsampling against torch's own resizing of whole maps."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from napari_zsris.proposals.upsampling import Upsampling

sides = st.integers(1, 30)
sizes = st.tuples(sides, sides)


def resized_whole(values, stages):
    values = values[None, None]
    for resized, (height, width) in stages:
        values = functional.interpolate(values, resized, mode="bilinear", align_corners=False)
        values = values[..., :height, :width]
    return values[0, 0]


def stage(resized, kept):
    return resized, tuple(min(pair) for pair in zip(resized, kept, strict=True))


@given(sizes, sizes, sizes, sizes, st.integers(0, 99), st.floats(-2, 2))
def test_mask_is_the_whole_maps(source, first, kept, second, seed, threshold):
    values = torch.from_numpy(np.random.default_rng(seed).normal(size=source)).float()
    stages = [stage(first, kept), (second, second)]
    whole = resized_whole(values, stages).numpy()
    upsampling = Upsampling.through(source, stages)
    assert upsampling.size == second

    bitmap = upsampling.bitmap(values, threshold)
    mask = np.zeros(second, bool)
    x0, y0, x1, y1 = bitmap.box
    mask[y0:y1, x0:x1] = bitmap.unpack()
    clear = abs(whole - threshold) > 1e-5
    np.testing.assert_array_equal(mask[clear], (whole > threshold)[clear])


@given(sizes, sizes, st.integers(0, 99), st.floats(-1, 1))
def test_window_holds_all_that_exceeds_the_threshold(source, photo, seed, threshold):
    values = torch.from_numpy(np.random.default_rng(seed).normal(size=source)).float()
    upsampling = Upsampling.through(source, [(photo, photo)])
    top, left, part = upsampling.window(values, threshold)
    whole = resized_whole(values, [(photo, photo)])
    height, width = part.shape
    inside = whole[top : top + height, left : left + width]
    torch.testing.assert_close(part, inside, rtol=1e-4, atol=1e-5)
    assert (whole > threshold + 1e-5).sum() <= (inside > threshold).sum()


def test_nothing_above_the_threshold_is_an_empty_mask():
    bitmap = Upsampling.through((4, 4), [((8, 8), (8, 8))]).bitmap(torch.zeros(4, 4), 0.0)
    assert (bitmap.height, bitmap.width) == (0, 0)


def test_wide_masks_are_made_in_bands(monkeypatch):
    monkeypatch.setattr("napari_zsris.proposals.upsampling.BAND_PIXELS", 100)
    values = torch.from_numpy(np.random.default_rng(0).normal(size=(9, 9))).float()
    upsampling = Upsampling.through((9, 9), [((64, 50), (64, 50))])
    whole = resized_whole(values, [((64, 50), (64, 50))]) > 0
    bitmap = upsampling.bitmap(values, 0.0)
    np.testing.assert_array_equal(bitmap.window(0, 0, 50, 64), whole.numpy())


def test_moving_to_the_same_device_costs_nothing():
    upsampling = Upsampling.through((4, 4), [((8, 8), (8, 8))])
    assert upsampling.to(torch.device("cpu")) is upsampling
