"""The camera goes close to a mask, and back."""

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_zsris._qt.viewer.mask_labels import MaskLabels
from napari_zsris._qt.viewer.mask_look import MaskZoom
from napari_zsris._qt.viewer.snapshot import snapshot

SIZE = (400, 600)


def show(viewer, image, rows, columns):
    placement = snapshot(viewer, image)[1]
    mask = np.zeros(placement.site.size, np.uint8)
    mask[slice(*rows), slice(*columns)] = 1
    data = placement.lift(mask)
    layer = viewer.add_layer(MaskLabels(data, "#fff200", **placement.transform(data.shape)))
    return layer, placement


@pytest.fixture
def viewer():
    viewer = ViewerModel()
    viewer.canvas.size = (500, 700)
    return viewer


@pytest.fixture
def image(viewer):
    image = viewer.add_image(np.zeros(SIZE, np.uint8))
    viewer.reset_view()
    return image


def test_the_mask_fills_most_of_the_canvas_and_its_surroundings_are_seen(viewer, image):
    shown = show(viewer, image, (100, 150), (300, 400))
    MaskZoom(viewer).toggle(*shown, 1)
    assert viewer.scene.camera.center[-2:] == pytest.approx((124.5, 349.5))
    assert viewer.scene.camera.zoom == pytest.approx(0.6 * 700 / 100)


def test_the_same_mask_again_goes_back_even_if_the_person_moved_meanwhile(viewer, image):
    zoom, shown = MaskZoom(viewer), show(viewer, image, (100, 150), (300, 400))
    before = viewer.scene.camera.center, viewer.scene.camera.zoom
    zoom.toggle(*shown, 1)
    viewer.scene.camera.center = (0, 3, 3)
    zoom.toggle(*shown, 1)
    assert (viewer.scene.camera.center, viewer.scene.camera.zoom) == before
    zoom.toggle(*shown, 1)
    assert viewer.scene.camera.zoom > before[1]


def test_another_mask_is_gone_on_to_and_back_is_where_it_began(viewer, image):
    zoom = MaskZoom(viewer)
    before = viewer.scene.camera.center, viewer.scene.camera.zoom
    zoom.toggle(*show(viewer, image, (100, 150), (300, 400)), 1)
    other = show(viewer, image, (10, 40), (10, 40))
    zoom.toggle(*other, 2)
    assert viewer.scene.camera.center[-2:] == pytest.approx((24.5, 24.5))
    zoom.toggle(*other, 2)
    assert (viewer.scene.camera.center, viewer.scene.camera.zoom) == before


def test_after_another_photo_there_is_no_way_back(viewer, image):
    zoom, shown = MaskZoom(viewer), show(viewer, image, (100, 150), (300, 400))
    zoom.toggle(*shown, 1)
    zoom.forget()
    close = viewer.scene.camera.zoom
    zoom.toggle(*shown, 1)
    assert viewer.scene.camera.zoom == close


def test_a_scaled_plane_of_a_transposed_stack_is_found(viewer):
    image = viewer.add_image(np.zeros((300, 3, 200), np.uint8), scale=(2, 1, 4))
    viewer.dims.order = (1, 2, 0)
    shown = show(viewer, image, (50, 60), (100, 140))
    MaskZoom(viewer).toggle(*shown, 1)
    assert viewer.scene.camera.center[-2:] == pytest.approx((54.5 * 4, 119.5 * 2))


def test_an_empty_mask_shows_the_whole_photo_and_a_dot_its_neighbourhood(viewer, image):
    MaskZoom(viewer).toggle(*show(viewer, image, (0, 0), (0, 0)), 1)
    assert viewer.scene.camera.center[-2:] == pytest.approx((199.5, 299.5))
    MaskZoom(viewer).toggle(*show(viewer, image, (7, 8), (7, 8)), 2)
    assert viewer.scene.camera.zoom == pytest.approx(0.6 * 500 / 24)
