"""Images as napari users have them: pixels as seen, masks exactly over them."""

import dask.array as da
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels
from napari.layers._source import layer_source

from napari_zsris._qt.viewer.snapshot import Channels, blendable, snapshot
from napari_zsris.errors import ImageError


@pytest.fixture
def viewer():
    return ViewerModel()


def ramp(*shape, dtype=np.uint8):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def pixels_of(viewer, layer, channels=None):
    picture, _ = snapshot(viewer, layer, channels)
    return picture.pixels()


def labels_over(placement, mask):
    data = placement.lift(mask.astype(np.uint8))
    return Labels(data, **placement.transform(data.shape))


def assert_lies_over(layer, labels, index, size):
    """Every pixel of the mask lies where the same pixel of the image's plane lies."""
    for row, column in ((0, 0), (size[0] - 1, 0), (2, 3)):
        place = list(index)
        rows, columns = (axis for axis, value in enumerate(index) if value is None)
        place[rows], place[columns] = row, column
        in_world = layer.data_to_world(place)
        in_labels = labels.world_to_data(in_world)
        expected = [0 if value is not None else place[axis] for axis, value in enumerate(index)]
        np.testing.assert_allclose(in_labels, expected, atol=1e-9)


def test_colour_is_read_as_it_is(viewer):
    photo = ramp(20, 30, 3)
    np.testing.assert_array_equal(pixels_of(viewer, viewer.add_image(photo, rgb=True)), photo)


def test_three_narrow_planes_are_no_colour_unless_the_layer_says_so(viewer):
    stack = ramp(40, 50, 3)
    layer = viewer.add_image(stack, rgb=False)
    assert pixels_of(viewer, layer).shape == (50, 3, 3)


def test_contrast_limits_are_applied_as_seen(viewer):
    layer = viewer.add_image(np.array([[0, 500], [1000, 2000]], np.uint16))
    layer.contrast_limits = (500, 1000)
    assert pixels_of(viewer, layer)[..., 0].tolist() == [[0, 0], [255, 255]]


def test_the_plane_of_a_stack_is_the_one_the_sliders_show(viewer):
    stack = ramp(5, 8, 9)
    layer = viewer.add_image(stack, contrast_limits=(0, 255))
    viewer.dims.set_point(0, 3)
    np.testing.assert_array_equal(pixels_of(viewer, layer)[..., 0], stack[3])
    _, placement = snapshot(viewer, layer)
    assert placement.site.position == (3,)


def test_a_stack_with_scale_is_sliced_in_world_coordinates(viewer):
    stack = ramp(5, 8, 9)
    layer = viewer.add_image(
        stack, scale=(2.5, 1, 1), translate=(10, 0, 0), contrast_limits=(0, 255)
    )
    viewer.dims.set_point(0, 15)
    np.testing.assert_array_equal(pixels_of(viewer, layer)[..., 0], stack[2])


def test_lazy_data_are_not_read_before_the_worker_does(viewer):
    read = []

    def load(block):
        read.append(1)
        return block

    stack = da.from_array(ramp(4, 20, 30), chunks=(1, 20, 30)).map_blocks(load, dtype=np.uint8)
    layer = viewer.add_image(stack, contrast_limits=(0, 255))
    viewer.dims.set_point(0, 2)
    read.clear()
    picture, _ = snapshot(viewer, layer)
    assert not read
    np.testing.assert_array_equal(picture.pixels()[..., 0], ramp(4, 20, 30)[2])
    assert read


def test_transposed_axes_give_transposed_pictures_and_masks(viewer):
    stack = ramp(5, 8, 9)
    layer = viewer.add_image(stack, contrast_limits=(0, 255))
    viewer.dims.order = (1, 2, 0)
    viewer.dims.set_point(1, 4)
    picture, placement = snapshot(viewer, layer)
    np.testing.assert_array_equal(picture.pixels()[..., 0], stack[:, 4].T)
    mask = np.zeros((9, 5), bool)
    mask[7, 1] = True
    data = placement.lift(mask)
    assert data.shape == (5, 1, 9)
    assert data[1, 0, 7]
    np.testing.assert_array_equal(placement.plane(data), mask)


@pytest.mark.parametrize(
    "place",
    [
        {"scale": (2, 3), "translate": (5, -7)},
        {"rotate": 30, "scale": (0.5, 0.5)},
        {"shear": [0.3], "translate": (1, 2)},
        {"affine": [[0, 1, 4], [-1, 0, 2], [0, 0, 1]]},
    ],
)
def test_masks_lie_where_the_image_lies(viewer, place):
    layer = viewer.add_image(ramp(20, 30), **place)
    _, placement = snapshot(viewer, layer)
    labels = labels_over(placement, np.zeros((20, 30), bool))
    assert_lies_over(layer, labels, (None, None), (20, 30))


def test_masks_of_a_rotated_stack_lie_on_its_plane(viewer):
    turn = np.eye(3)
    turn[1:, 1:] = [[0.8, -0.6], [0.6, 0.8]]
    layer = viewer.add_image(ramp(5, 20, 30), scale=(4, 2, 2), rotate=turn, translate=(3, 4, 5))
    viewer.dims.set_point(0, 11)
    _, placement = snapshot(viewer, layer)
    assert placement.site.position == (2,)
    labels = labels_over(placement, np.zeros((20, 30), bool))
    assert_lies_over(layer, labels, (2, None, None), (20, 30))


def test_a_pyramid_is_read_at_a_working_level_and_masks_cover_it(viewer):
    finest = np.zeros((4096, 3000), np.uint8)
    levels = [finest, finest[::2, ::2], finest[::4, ::4], finest[::8, ::8]]
    layer = viewer.add_image(levels, multiscale=True, scale=(2, 2), contrast_limits=(0, 255))
    picture, placement = snapshot(viewer, layer)
    assert picture.pixels().shape == (1024, 750, 3)
    labels = labels_over(placement, np.zeros((1024, 750), bool))
    # The outer corner of the first pixel and of the last one, half a pixel beyond their centres.
    for corner, whole in (((-0.5, -0.5), (-0.5, -0.5)), ((1023.5, 749.5), (4095.5, 2999.5))):
        np.testing.assert_allclose(labels.data_to_world(corner), layer.data_to_world(whole))


def test_channels_along_an_axis_become_colours(viewer):
    stack = np.stack([np.full((6, 7), value, np.uint8) for value in (10, 20, 30, 40)])
    layer = viewer.add_image(stack, contrast_limits=(0, 255))
    viewer.dims.set_point(0, 1)
    channels = Channels("axis", 0, (3, 0))
    picture, placement = snapshot(viewer, layer, channels)
    assert picture.pixels()[0, 0].tolist() == [40, 10, 0]
    labels = labels_over(placement, np.ones((6, 7), bool))
    for channel in range(4):
        place = np.round(labels.world_to_data((channel, 2, 3)))
        assert place.tolist() == [0, 2, 3]
    assert placement.site.position == ()


def test_one_channel_alone_is_grey(viewer):
    layer = viewer.add_image(ramp(3, 6, 7), contrast_limits=(0, 255))
    pixels = pixels_of(viewer, layer, Channels("axis", 0, (2,)))
    np.testing.assert_array_equal(pixels[..., 1], ramp(3, 6, 7)[2])


def test_a_channel_that_does_not_exist_is_refused(viewer):
    layer = viewer.add_image(ramp(3, 6, 7))
    with pytest.raises(ImageError, match="one to three from 1 to 3 are needed"):
        snapshot(viewer, layer, Channels("axis", 0, (3,)))


def channel(viewer, colour, **options):
    pixels = np.full((4, 5), 255, np.uint8)
    return viewer.add_image(pixels, colormap=colour, contrast_limits=(0, 255), **options)


def test_channels_are_blended_in_their_colours(viewer):
    red = channel(viewer, "red")
    channel(viewer, "green", blending="additive", opacity=0.5)
    channel(viewer, "blue", blending="additive", visible=False)
    viewer.add_image(np.full((9, 9), 255, np.uint8))
    assert len(blendable(viewer, red)) == 2
    assert pixels_of(viewer, red, Channels("layers"))[0, 0].tolist() == [255, 128, 0]


def test_what_napari_splits_into_channels_is_blended(viewer):
    layers = viewer.add_image(ramp(3, 6, 7), channel_axis=0)
    for layer in layers:
        assert blendable(viewer, layer) == layers


def test_photos_are_no_channels_of_each_other(viewer):
    first = viewer.add_image(np.zeros((6, 7, 3), np.uint8), rgb=True, blending="additive")
    second = viewer.add_image(np.zeros((6, 7, 3), np.uint8), rgb=True, blending="additive")
    grey = viewer.add_image(np.zeros((6, 7), np.uint8), blending="additive")
    for layer in (first, second, grey):
        assert blendable(viewer, layer) == [layer]


def test_a_layer_that_covers_what_is_below_ends_the_picture(viewer):
    below, covering = channel(viewer, "red"), channel(viewer, "green")
    above = channel(viewer, "blue", blending="additive")
    assert blendable(viewer, below) == [below]
    assert blendable(viewer, above) == blendable(viewer, covering) == [covering, above]


@pytest.mark.parametrize("opacity", [1.0, 0.6])
def test_the_blend_is_what_the_canvas_shows(make_napari_viewer_proxy, opacity):
    window = make_napari_viewer_proxy(show=True)
    pixels = np.zeros((2, 30, 40), np.uint8)
    pixels[0], pixels[1] = 120, 200
    first, second = window.add_image(pixels, channel_axis=0, contrast_limits=(0, 255))
    second.opacity = opacity
    window.reset_view()
    shown = window.screenshot(flash=False)
    seen = shown[shown.shape[0] // 2, shown.shape[1] // 2, :3]
    blended = pixels_of(window, first, Channels("layers"))[15, 20]
    np.testing.assert_allclose(seen, blended, atol=9)


def test_a_place_beside_the_image_says_what_to_do(viewer):
    layer = viewer.add_image(ramp(3, 8, 9))
    viewer.add_image(ramp(9, 8, 9))
    viewer.dims.set_point(0, 7)
    with pytest.raises(ImageError, match="move them to a plane of it"):
        snapshot(viewer, layer)


def test_a_volume_says_what_to_do(viewer):
    layer = viewer.add_image(ramp(3, 8, 9))
    viewer.dims.ndisplay = 3
    with pytest.raises(ImageError, match="switch to 2D"):
        snapshot(viewer, layer)


def test_axes_that_an_image_does_not_have_say_what_to_do(viewer):
    layer = viewer.add_image(ramp(8, 9))
    viewer.add_image(ramp(3, 8, 9))
    viewer.dims.order = (1, 0, 2)
    with pytest.raises(ImageError, match="choose another image"):
        snapshot(viewer, layer)


def test_a_picture_is_known_again_until_its_look_changes(viewer):
    layer = viewer.add_image(ramp(3, 8, 9), contrast_limits=(0, 255))
    viewer.dims.set_point(0, 0)
    first, again = (snapshot(viewer, layer)[0].key for _ in range(2))
    assert first == again
    layer.contrast_limits = (0, 100)
    assert snapshot(viewer, layer)[0].key != first
    layer.contrast_limits = (0, 255)
    viewer.dims.set_point(0, 1)
    assert snapshot(viewer, layer)[0].key != first
    viewer.dims.set_point(0, 0)
    layer.data = layer.data.copy()
    assert snapshot(viewer, layer)[0].key != first


def test_labels_for_all_planes_are_one_stack(viewer):
    layer = viewer.add_image(ramp(5, 8, 9), scale=(3, 1, 1))
    viewer.dims.set_point(0, 6)
    _, second = snapshot(viewer, layer)
    viewer.dims.set_point(0, 9)
    _, third = snapshot(viewer, layer)
    assert second.family == third.family
    stack = second.stack(np.uint16)
    assert stack.shape == (5, 8, 9)
    second.plane(stack)[:] = 1
    assert stack[2].all()
    assert stack.sum() == 72
    labels = Labels(stack, **second.transform(stack.shape))
    np.testing.assert_allclose(labels.extent.world, layer.extent.world)


def test_a_stack_too_large_to_hold_gets_labels_plane_by_plane(viewer):
    big = da.zeros((4000, 2000, 2000), chunks=(1, 2000, 2000), dtype=np.uint8)
    layer = viewer.add_image(big, contrast_limits=(0, 255))
    viewer.dims.set_point(0, 6)
    _, one = snapshot(viewer, layer)
    viewer.dims.set_point(0, 7)
    _, other = snapshot(viewer, layer)
    assert one.stack(np.uint16).shape == (1, 2000, 2000)
    assert one.family != other.family


def test_the_site_is_named_after_the_file(viewer, tmp_path):
    layer = viewer.add_image(ramp(8, 9), name="cells")
    assert snapshot(viewer, layer)[1].site.image == "cells"
    with layer_source(path=str(tmp_path / "cells.tif")):
        layer = viewer.add_image(ramp(8, 9), name="other")
    assert snapshot(viewer, layer)[1].site.image == "cells.tif"
