"""The brush suits the picture, until the person sets its size: then that stays."""

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_zsris._qt.viewer.candidate_layer import Brush
from napari_zsris._qt.viewer.mask_labels import MaskLabels
from napari_zsris._qt.viewer.snapshot import snapshot


def mask(height=400, width=600):
    viewer = ViewerModel()
    placement = snapshot(viewer, viewer.add_image(np.zeros((height, width), np.uint8)))[1]
    return viewer.add_layer(MaskLabels(np.zeros((height, width), np.uint8), "#fff200")), placement


@pytest.mark.parametrize(("side", "size"), [(400, 10), (4000, 100), (20, 3)])
def test_a_brush_suits_the_picture(side, size):
    layer, placement = mask(side, side)
    Brush().take(layer, placement)
    assert (layer.brush_size, layer.mode, layer.selected_label) == (size, "paint", 1)


def test_the_size_that_a_person_sets_stays_for_other_masks():
    brush, (first, place), (second, other) = Brush(), mask(), mask()
    brush.take(first, place)
    first.brush_size = 23
    brush.attach(second, other)
    assert second.brush_size == 23
    second.brush_size = 1
    brush.take(first, place)
    assert first.brush_size == 1


def test_on_a_larger_picture_it_looks_the_same():
    brush, (small, place), (large, other) = Brush(), mask(400, 600), mask(1200, 1800)
    brush.attach(small, place)
    small.brush_size = 5
    brush.attach(large, other)
    assert large.brush_size == 15


def test_a_layer_that_is_no_longer_shown_is_not_followed():
    brush, (first, place), (second, other) = Brush(), mask(), mask()
    brush.attach(first, place)
    brush.attach(second, other)
    first.brush_size = 40
    brush.attach(second, other)
    assert second.brush_size == 10
