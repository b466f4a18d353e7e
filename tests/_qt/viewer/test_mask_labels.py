"""A mask is drawn as it is: a light fill, a solid edge, and nothing outside."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from napari.components import ViewerModel
from napari.layers import Labels, Layer
from scipy import ndimage as ndi

from napari_zsris._qt.viewer.mask_labels import MaskLabels, eroded

YELLOW = "#fff200"
SIZE = (40, 60)
masks = hnp.arrays(bool, st.tuples(st.integers(1, 20), st.integers(1, 20)))


def disc():
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    return (rows - 18) ** 2 + (columns - 30) ** 2 <= 12**2


def drawn(layer):
    """Give the opacity of what is on the canvas, pixel by pixel."""
    shown = layer._slice.image.view
    return layer.colormap.map(np.asarray(shown))[..., 3]


def looks_right(layer, mask, width):
    opacity = drawn(layer)
    inside = ndi.binary_erosion(mask, np.ones((2 * width + 1,) * 2))
    np.testing.assert_array_equal(opacity > 0, mask)
    np.testing.assert_array_equal(opacity == 1, mask & ~inside)


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def layer(viewer):
    return viewer.add_layer(MaskLabels(disc().astype(np.uint8), YELLOW, opacity=1.0))


@given(masks, st.integers(1, 5))
def test_the_edge_is_what_a_square_does_not_fit_in(mask, width):
    expected = ndi.binary_erosion(mask, np.ones((2 * width + 1,) * 2))
    np.testing.assert_array_equal(eroded(mask, width), expected)


@settings(max_examples=8)
@given(masks, st.integers(1, 5))
def test_any_mask_is_drawn_as_large_as_it_is(mask, width):
    layer = MaskLabels(mask.astype(np.uint8), YELLOW)
    layer.contour = width
    looks_right(layer, mask, width)
    np.testing.assert_array_equal(layer.data, mask)


def test_a_stroke_shows_at_once_where_it_was_made(layer):
    mask = disc()
    for place, label in (((18, 30), 0), ((5, 50), 1), ((30, 30), 3), ((39, 0), 1)):
        layer.paint(place, label)
        looks_right(layer, np.asarray(layer.data) != 0, layer.contour)
    assert not np.array_equal(layer.data != 0, mask)
    for _ in range(4):
        layer.undo()
    looks_right(layer, mask, layer.contour)


@settings(max_examples=8)
@given(st.lists(st.tuples(st.integers(0, 39), st.integers(0, 59), st.booleans()), max_size=6))
def test_any_strokes_leave_the_canvas_true(strokes):
    layer = ViewerModel().add_layer(MaskLabels(disc().astype(np.uint8), YELLOW))
    layer.brush_size = 7
    for row, column, painted in strokes:
        layer.paint((row, column), int(painted))
    looks_right(layer, np.asarray(layer.data) != 0, layer.contour)


def test_the_outline_alone_can_be_shown(layer):
    layer.filled = False
    assert set(np.unique(drawn(layer))) == {0, 1}
    layer.filled = True
    assert len(np.unique(drawn(layer))) == 3


def test_it_takes_another_colour(layer):
    layer.tint = "#0040ff"
    np.testing.assert_allclose(layer.get_color(1)[:3], (0, 64 / 255, 1), atol=1e-6)
    looks_right(layer, disc(), layer.contour)


def test_a_contour_of_zero_is_napari_s_plain_drawing(layer):
    layer.contour = 0
    np.testing.assert_array_equal(drawn(layer) == 1, disc())


def test_a_plane_of_a_stack_is_drawn_in_its_slice(viewer):
    stack = np.zeros((3, *SIZE), np.uint8)
    stack[1] = disc()
    layer = viewer.add_layer(MaskLabels(stack, YELLOW))
    viewer.dims.set_point(0, 1)
    looks_right(layer, disc(), layer.contour)
    viewer.dims.set_point(0, 2)
    assert not drawn(layer).any()


def test_transposed_axes_and_volumes_are_drawn_too(viewer, layer):
    viewer.dims.order = (1, 0)
    looks_right(layer, disc().T, layer.contour)
    volume = viewer.add_layer(MaskLabels(np.ones((3, 4, 5), np.uint8), YELLOW))
    viewer.dims.ndisplay = 3
    assert (drawn(volume) == 1).all()


def test_to_napari_it_is_a_labels_layer(layer):
    data, state, kind = layer.as_layer_data_tuple()
    copy = Layer.create(data, state, kind)
    assert type(copy) is Labels
    np.testing.assert_array_equal(copy.data, disc())


def test_the_canvas_shows_both_colours(viewer, make_napari_viewer_proxy):
    """In a real viewer: pixels of the photo shine through the fill, not through the edge."""
    window = make_napari_viewer_proxy(show=True)
    window.add_image(np.zeros((*SIZE, 3), np.uint8), rgb=True)
    before = {tuple(pixel) for pixel in window.screenshot(flash=False).reshape(-1, 4)}
    window.add_layer(MaskLabels(disc().astype(np.uint8), YELLOW, opacity=1.0))
    seen = window.screenshot(flash=False).reshape(-1, 4)
    new, counts = np.unique(seen, axis=0, return_counts=True)
    common = {tuple(pixel) for pixel, often in zip(new, counts, strict=True) if often > 30}
    assert (255, 242, 0, 255) in common - before
    assert any(20 < red < 120 and blue == 0 for red, _, blue, _ in common - before)
