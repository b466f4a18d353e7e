"""Masks are hidden while a key is held, outlined on request, and their edges can be seen."""

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_zsris._qt.viewer.mask_labels import MaskLabels
from napari_zsris._qt.viewer.mask_look import MaskLook


def mask(scale=1.0):
    data = np.zeros((40, 60), np.uint8)
    data[10:30, 10:30] = 1
    return MaskLabels(data, "#fff200", opacity=1.0, scale=(scale, scale))


@pytest.fixture
def viewer():
    viewer = ViewerModel()
    viewer.add_image(np.zeros((40, 60), np.uint8))
    return viewer


@pytest.fixture
def look(viewer):
    return MaskLook(viewer)


def test_no_mask_is_seen_while_hidden_and_all_come_back(viewer, look):
    layer = viewer.add_layer(mask())
    accepted = viewer.add_labels(np.ones((40, 60), np.uint8), opacity=0.4)
    look.hide()
    look.hide()
    assert [layer.opacity, accepted.opacity] == [0, 0]
    assert layer.visible
    assert accepted.visible
    look.show()
    look.show()
    assert [layer.opacity, accepted.opacity] == [1, 0.4]


def test_the_photo_stays(viewer, look):
    look.hide()
    assert viewer.layers[0].opacity == 1


def test_a_mask_that_goes_or_comes_while_hidden_is_no_trouble(viewer, look):
    layer = viewer.add_layer(mask())
    look.hide()
    viewer.layers.remove(layer)
    late = viewer.add_layer(mask())
    look.show()
    assert late.opacity == 1


def test_closing_shows_what_is_hidden(viewer, look):
    layer = viewer.add_layer(mask())
    look.hide()
    look.close()
    assert layer.opacity == 1
    width = layer.contour
    viewer.scene.camera.zoom = 0.01
    assert layer.contour == width


def test_outlines_only_holds_for_later_masks_too(viewer, look):
    layer = viewer.add_layer(mask())
    look.toggle_fill()
    late = viewer.add_layer(mask())
    assert (layer.filled, late.filled) == (False, False)
    look.toggle_fill()
    assert (layer.filled, late.filled) == (True, True)


@pytest.mark.parametrize(
    ("zoom", "scale", "width"), [(1, 1, 2), (0.25, 1, 8), (30, 1, 1), (1, 4, 1)]
)
def test_an_edge_is_two_pixels_wide_on_the_canvas(viewer, look, zoom, scale, width):
    layer = viewer.add_layer(mask(scale))
    viewer.scene.camera.zoom = zoom
    assert layer.contour == width
    assert viewer.add_layer(mask(scale)).contour == width


def test_who_wants_no_edge_has_none(viewer, look):
    layer = viewer.add_layer(mask())
    layer.contour = 0
    viewer.scene.camera.zoom = 0.2
    assert layer.contour == 0
