"""Masks against a map of where a phrase is seen."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_zsris.method import Expression, Relation, RelationKind
from napari_zsris.method.coherence import DenseMap, cells, map_size
from napari_zsris.proposals import Proposals

ANYTHING = Expression("a dog", "a dog", "a dog", "dog")
TEXT = np.array([1, 0], np.float32)
FEATURES = st.floats(-1, 1, width=32)


def map_of(seen: np.ndarray, masks: np.ndarray) -> DenseMap:
    """Make a map whose cosine with TEXT is `seen`."""
    features = np.stack([seen, np.sqrt(1 - seen**2)], axis=-1).astype(np.float32)
    return DenseMap.of(features, Proposals.from_masks(masks))


def test_the_map_is_the_towers_grid_or_a_coarser_one():
    assert map_size((7, 7)) == (7, 7)
    assert map_size((24, 24)) == (12, 12)
    assert map_size((64, 48)) == (16, 16)
    assert map_size((17, 16)) == (1, 16), "no whole part of 17 but 1"


@given(st.integers(1, 40), st.integers(1, 40))
def test_cells_tile_the_grid(height, width):
    masks = cells((height, width))
    rows, columns = map_size((height, width))
    assert masks.shape == (rows * columns, height, width)
    torch.testing.assert_close(masks.sum(dim=0), torch.ones(height, width))
    assert (masks.sum(dim=(1, 2)) == height * width / (rows * columns)).all()


def test_the_formula_of_hybridgl():
    seen = np.zeros((4, 4), np.float32)
    seen[:2, :2] = 0.8
    masks = np.zeros((2, 4, 4), bool)
    masks[0, :2, :2] = True
    masks[1, 2:] = True
    found = map_of(seen, masks).coherence(ANYTHING, TEXT)
    # Brought to a mean of 1, the map is 4 in its corner; shares see it through a bilinear zoom,
    # which between grids of one size changes nothing.
    assert found[0] == pytest.approx(0.2 * 4 - 1.8 * 0)
    assert found[1] == pytest.approx(0.2 * 0 - 1.8 * 2)


@pytest.mark.parametrize(
    ("kind", "weight"), [("bigger", 1.95), ("smaller", 1.5), ("left", 1.8), (None, 1.8)]
)
def test_size_words_say_how_much_the_outside_counts(kind, weight):
    seen = np.zeros((2, 2), np.float32)
    seen[0, 0] = 0.5
    masks = np.zeros((1, 2, 2), bool)
    masks[0, 0] = True
    relations = (Relation(RelationKind(kind)),) if kind else ()
    expression = Expression("dog", "dog", "dog", "dog", relations=relations)
    found = map_of(seen, masks).coherence(expression, TEXT)
    assert found[0] == pytest.approx((2 - weight) * 2 - weight * 0)


@given(arrays(bool, (3, 12, 15)), arrays(np.float32, (4, 5, 6), elements=FEATURES))
def test_any_map_gives_finite_terms(masks, features):
    text = np.ones(6, np.float32)
    found = DenseMap.of(features, Proposals.from_masks(masks)).coherence(ANYTHING, text)
    assert found.shape == (3,)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_a_map_that_is_everywhere_alike_says_nothing():
    masks = np.random.default_rng(0).uniform(size=(4, 9, 9)) < 0.5
    assert not map_of(np.full((3, 3), 0.5, np.float32), masks).coherence(ANYTHING, TEXT).any()
