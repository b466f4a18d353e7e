"""Shape tools change what they say, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage as ndi

from napari_zsris.mask_shapes import (
    add,
    fill_holes,
    grow,
    keep_largest,
    shrink,
    smooth,
    subtract,
)

TOOLS = (fill_holes, keep_largest, smooth, grow, shrink)
masks = hnp.arrays(bool, st.tuples(st.integers(1, 24), st.integers(1, 24)))


@pytest.mark.parametrize("tool", TOOLS)
@given(mask=masks)
def test_the_mask_itself_is_left_alone(tool, mask):
    before = mask.copy()
    changed = tool(mask)
    assert changed.shape == mask.shape
    assert changed.dtype == bool
    assert not np.shares_memory(changed, mask)
    np.testing.assert_array_equal(mask, before)


@pytest.mark.parametrize("tool", TOOLS)
def test_an_empty_mask_stays_empty_and_a_full_one_full(tool):
    assert not tool(np.zeros((9, 9), bool)).any()
    assert tool(np.ones((9, 9), bool)).all()


@given(masks)
def test_nothing_surrounded_is_left_open(mask):
    filled = fill_holes(mask)
    assert (filled >= mask).all()
    np.testing.assert_array_equal(filled, ndi.binary_fill_holes(mask))
    np.testing.assert_array_equal(fill_holes(filled), filled)


@given(masks)
def test_the_largest_part_is_one_part_of_the_mask(mask):
    kept = keep_largest(mask)
    corners = np.ones((3, 3))
    parts, number = ndi.label(mask, structure=corners)
    assert (kept <= mask).all()
    assert ndi.label(kept, structure=corners)[1] == min(number, 1)
    assert kept.sum() == max(np.bincount(parts.ravel())[1:], default=0)


@given(masks)
def test_growing_and_shrinking_are_of_one_pixel(mask):
    np.testing.assert_array_equal(grow(mask), ndi.binary_dilation(mask))
    np.testing.assert_array_equal(shrink(mask), ndi.binary_erosion(mask, border_value=1))


@given(masks, st.randoms(use_true_random=False))
def test_adding_and_subtracting_are_those_of_sets(mask, random):
    other = np.array([random.random() < 0.5 for _ in range(mask.size)]).reshape(mask.shape)
    both = add(mask, other)
    np.testing.assert_array_equal(both, mask | other)
    np.testing.assert_array_equal(subtract(both, other), mask & ~other)


def ragged_disc(seed=0):
    rows, columns = np.mgrid[:120, :120]
    disc = (rows - 60) ** 2 + (columns - 60) ** 2 <= 40**2
    edge = ndi.binary_dilation(disc, iterations=2) & ~ndi.binary_erosion(disc, iterations=2)
    noise = np.random.default_rng(seed).random(disc.shape) < 0.5
    return disc, np.where(edge, noise, disc)


def perimeter(mask):
    return int((mask & ~ndi.binary_erosion(mask)).sum())


def test_smoothing_takes_the_rags_and_leaves_the_size():
    disc, ragged = ragged_disc()
    smoothed = smooth(ragged)
    assert perimeter(smoothed) < perimeter(ragged) / 2
    assert abs(int(smoothed.sum()) - int(ragged.sum())) < 0.02 * ragged.sum()
    assert (smoothed & disc).sum() / (smoothed | disc).sum() > 0.97


@given(masks)
def test_smoothing_never_takes_the_whole_mask(mask):
    assert smooth(mask).any() == mask.any()


def test_smoothing_does_not_draw_a_mask_back_from_the_photos_edge():
    mask = np.zeros((80, 80), bool)
    mask[:, :40] = True
    np.testing.assert_array_equal(smooth(mask), mask)
