"""Accepted masks are drawn in one layer an image, and edits there count."""

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_zsris._qt.core.annotation import Annotation
from napari_zsris._qt.core.collection import Collection
from napari_zsris._qt.viewer.annotation_layers import AnnotationLayers
from napari_zsris._qt.viewer.snapshot import snapshot
from napari_zsris.proposals import Bitmap

SIZE = (20, 30)


def square(y, x, side=6):
    mask = np.zeros(SIZE, bool)
    mask[y : y + side, x : x + side] = True
    return mask


@pytest.fixture
def viewer():
    viewer = ViewerModel()
    viewer.add_image(np.zeros(SIZE, np.uint8), name="photo", scale=(2, 2))
    return viewer


@pytest.fixture
def collection():
    return Collection()


@pytest.fixture
def layers(viewer, collection):
    return AnnotationLayers(viewer, collection)


def accept(layers, collection, placement, mask, phrase="a thing"):
    annotation = Annotation(
        collection.next_id(), placement.site, Bitmap.from_mask(mask), phrase, 0.25, 0, "lite"
    )
    layers.accept(annotation, placement)
    return annotation


def test_accepted_masks_get_an_id_each(viewer, collection, layers):
    _, placement = snapshot(viewer, viewer.layers["photo"])
    accept(layers, collection, placement, square(2, 3))
    accept(layers, collection, placement, square(10, 12))
    drawn = viewer.layers["Annotations"]
    np.testing.assert_array_equal(drawn.data, square(2, 3) + 2 * square(10, 12))
    assert drawn.scale.tolist() == [2, 2]
    assert "phrase: a thing" in drawn.get_status((8, 8), world=True)["value"]


def test_the_layer_of_annotations_does_not_become_the_active_one(viewer, collection, layers):
    photo = viewer.layers["photo"]
    viewer.layers.selection.active = photo
    _, placement = snapshot(viewer, photo)
    accept(layers, collection, placement, square(2, 3))
    assert viewer.layers.selection.active == photo


def test_overlaps_come_back_when_the_upper_mask_is_withdrawn(viewer, collection, layers):
    _, placement = snapshot(viewer, viewer.layers["photo"])
    accept(layers, collection, placement, square(2, 2, 10))
    second = accept(layers, collection, placement, square(4, 4, 4))
    drawn = viewer.layers["Annotations"]
    assert drawn.data[5, 5] == 2
    layers.withdraw(second.id, second.site)
    np.testing.assert_array_equal(drawn.data, square(2, 2, 10))
    assert len(collection) == 1


def test_what_is_painted_into_the_layer_counts(viewer, collection, layers):
    _, placement = snapshot(viewer, viewer.layers["photo"])
    accept(layers, collection, placement, square(2, 3))
    drawn = viewer.layers["Annotations"]
    drawn.data_setitem((np.array([2]), np.array([3])), 0)
    layers.collect()
    (found,) = collection
    assert found.edited
    assert not found.bitmap.window(0, 0, 30, 20)[2, 3]


def test_napari_s_own_undo_takes_a_mask_out_again(viewer, collection, layers):
    _, placement = snapshot(viewer, viewer.layers["photo"])
    accept(layers, collection, placement, square(2, 3))
    viewer.layers["Annotations"].undo()
    layers.collect()
    assert len(collection) == 0


def test_a_deleted_layer_comes_back_with_all_its_masks(viewer, collection, layers):
    _, placement = snapshot(viewer, viewer.layers["photo"])
    accept(layers, collection, placement, square(2, 3))
    viewer.layers.remove("Annotations")
    layers.collect()
    assert len(collection) == 1
    accept(layers, collection, placement, square(10, 12))
    drawn = viewer.layers["Annotations"]
    np.testing.assert_array_equal(drawn.data, square(2, 3) + 2 * square(10, 12))


def test_planes_of_a_stack_share_one_layer(viewer, collection, layers):
    stack = viewer.add_image(np.zeros((5, *SIZE), np.uint8), name="stack")
    sites = []
    for plane in (1, 3):
        viewer.dims.set_point(0, plane)
        _, placement = snapshot(viewer, stack)
        sites.append(accept(layers, collection, placement, square(plane, plane)).site)
    drawn = viewer.layers["Annotations"]
    assert drawn.data.shape == (5, *SIZE)
    np.testing.assert_array_equal(drawn.data[1], square(1, 1))
    np.testing.assert_array_equal(drawn.data[3], 2 * square(3, 3))
    layers.withdraw(1, sites[0])
    assert not drawn.data[1].any()
    assert drawn.data[3].any()


def test_planes_seen_from_another_side_have_a_layer_of_their_own(viewer, collection, layers):
    stack = viewer.add_image(np.zeros((20, *SIZE), np.uint8), name="stack")
    viewer.dims.set_point(0, 4)
    accept(layers, collection, snapshot(viewer, stack)[1], np.ones(SIZE, bool))
    viewer.dims.order = (1, 0, 2)
    viewer.dims.set_point(1, 3)
    side = snapshot(viewer, stack)[1]
    accept(layers, collection, side, square(1, 1))
    layers.collect()
    assert [annotation.bitmap.area for annotation in collection] == [600, 36]


def test_two_images_have_a_layer_each(viewer, collection, layers):
    other = viewer.add_image(np.zeros(SIZE, np.uint8), name="other", translate=(0, 100))
    accept(layers, collection, snapshot(viewer, viewer.layers["photo"])[1], square(2, 3))
    accept(layers, collection, snapshot(viewer, other)[1], square(4, 5))
    names = [layer.name for layer in viewer.layers]
    assert names[-2:] == ["Annotations", "Annotations (other)"]
    np.testing.assert_array_equal(viewer.layers[-1].data, 2 * square(4, 5))


def test_a_plane_that_is_not_shown_is_drawn_all_the_same(viewer, collection, layers):
    stack = viewer.add_image(np.zeros((5, *SIZE), np.uint8), name="stack")
    viewer.dims.set_point(0, 1)
    _, placement = snapshot(viewer, stack)
    accept(layers, collection, placement, square(2, 3))
    viewer.dims.set_point(0, 4)
    accept(layers, collection, placement, square(10, 12))
    drawn = viewer.layers["Annotations"]
    np.testing.assert_array_equal(drawn.data[1], square(2, 3) + 2 * square(10, 12))
    assert not drawn.data[4].any()
