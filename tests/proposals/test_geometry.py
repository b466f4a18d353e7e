"""Masks on a grid against torch's resizing of full frames, and against the published code."""

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from napari_zsris.proposals.geometry import interpolation_weights
from napari_zsris.proposals.proposals import Proposals

from .strategies import stacks

grids = st.tuples(st.integers(1, 60), st.integers(1, 60))


def resized(masks, grid, antialias):
    # torch 2.15 gives every row the first row's value on an antialiased grid one cell wide,
    # where the transposed frame comes out right.
    if grid[1] == 1 < grid[0]:
        return resized(masks.swapaxes(1, 2), grid[::-1], antialias).swapaxes(1, 2)
    frames = torch.tensor(masks)[:, None].float()
    return torch.nn.functional.interpolate(
        frames, grid, mode="bilinear", align_corners=False, antialias=antialias
    )[:, 0].numpy()


@given(masks=stacks(), grid=grids, antialias=st.booleans())
@example(masks=np.ones((1, 1, 1), bool), grid=(7, 7), antialias=True)
@example(masks=np.zeros((1, 30, 1), bool), grid=(7, 7), antialias=False)
def test_grid_masks_equal_torch_on_full_frames(masks, grid, antialias):
    result = Proposals.from_masks(masks).grid_masks(*grid, antialias=antialias)
    assert result.dtype == np.float32
    assert result.shape == (len(masks), *grid)
    if len(masks):
        np.testing.assert_allclose(result, resized(masks, grid, antialias), atol=1e-5)


@pytest.mark.parametrize("antialias", [False, True])
def test_grid_masks_equal_torch_on_a_large_photo(antialias):
    masks = np.random.default_rng(0).random((2, 1999, 3001)) < 0.5
    result = Proposals.from_masks(masks).grid_masks(7, 16, antialias=antialias)
    np.testing.assert_allclose(result, resized(masks, (7, 16), antialias), atol=1e-5)


@given(st.integers(1, 6000), st.integers(1, 100), st.booleans())
def test_weights_average(length, cells, antialias):
    weights = interpolation_weights(length, cells, antialias=antialias)
    assert weights.shape == (cells, length)
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("photo", ["astronaut", "chelsea"])
@pytest.mark.parametrize("antialias", [False, True])
def test_grid_masks_equal_the_published_code(shared, photo, antialias):
    fixture = np.load(shared / "parity" / f"ViT-B-32_{photo}.npz")
    shape = tuple(fixture["masks_shape"])
    masks = np.unpackbits(fixture["masks"], count=np.prod(shape)).reshape(shape)
    result = Proposals.from_masks(masks).grid_masks(7, 7, antialias=antialias)
    np.testing.assert_allclose(result, fixture[f"masks_7x7_aa{int(antialias)}"], atol=1e-5)


def test_a_large_mask_is_never_one_array_of_floats():
    proposals = Proposals.from_masks(np.ones((1, 3000, 4000), bool))
    tracemalloc.start()
    try:
        proposals.grid_masks(7, 7, antialias=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12e6
