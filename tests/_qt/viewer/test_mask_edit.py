"""Shape tools work on the shown plane of any image, and one Ctrl+Z takes them back."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels

from napari_zsris import mask_shapes
from napari_zsris._qt.viewer.mask_edit import combine, read_mask, reshape, write_mask
from napari_zsris._qt.viewer.mask_labels import MaskLabels
from napari_zsris._qt.viewer.snapshot import snapshot

TOOLS = ("fill_holes", "keep_largest", "smooth", "grow", "shrink")
SIZE = (40, 60)


def blob(size=SIZE):
    mask = np.zeros(size, bool)
    mask[8:30, 10:40] = True
    mask[15:18, 20:25] = False
    mask[2:4, 2:5] = True
    mask[8:10, 40] = True
    return mask


def plain(viewer):
    return viewer.add_image(np.zeros(SIZE, np.uint8))


def stack(viewer):
    layer = viewer.add_image(np.zeros((4, *SIZE), np.uint8), scale=(5, 0.5, 0.5), rotate=20)
    viewer.dims.set_point(0, 10)
    return layer


def transposed(viewer):
    layer = viewer.add_image(np.zeros((60, 3, 40), np.uint8))
    viewer.dims.order = (1, 2, 0)
    return layer


def pyramid(viewer):
    levels = [np.zeros((side * 40, side * 60), np.uint8) for side in (64, 32, 1)]
    return viewer.add_image(levels, multiscale=True)


@pytest.fixture(params=[plain, stack, transposed, pyramid])
def place(request):
    """A plane, and a Labels layer over it that shows the mask."""
    viewer = ViewerModel()
    placement = snapshot(viewer, request.param(viewer))[1]
    data = placement.lift(blob(placement.site.size).astype(np.uint8))
    layer = viewer.add_layer(MaskLabels(data, "#fff200", **placement.transform(data.shape)))
    return layer, placement


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_changes_the_mask_in_one_step_that_can_be_undone(place, tool):
    layer, placement = place
    before = read_mask(layer, placement)
    sentence = reshape(layer, placement, tool)
    expected = getattr(mask_shapes, tool)(before)
    np.testing.assert_array_equal(read_mask(layer, placement), expected)
    assert "Ctrl+Z" in sentence
    layer.undo()
    np.testing.assert_array_equal(read_mask(layer, placement), before)
    layer.redo()
    np.testing.assert_array_equal(read_mask(layer, placement), expected)


@pytest.mark.parametrize("tool", ["add_mask", "subtract_mask"])
def test_another_mask_is_added_or_taken_out(place, tool):
    layer, placement = place
    before, other = read_mask(layer, placement), np.zeros(placement.site.size, bool)
    other[20:35, 30:50] = True
    sentence = combine(layer, placement, tool, other)
    expected = before | other if tool == "add_mask" else before & ~other
    np.testing.assert_array_equal(read_mask(layer, placement), expected)
    assert ("more" if tool == "add_mask" else "fewer") in sentence
    layer.undo()
    np.testing.assert_array_equal(read_mask(layer, placement), before)


@pytest.mark.parametrize("place", [plain], indirect=True)
def test_the_strokes_before_can_be_undone_after_a_tool(place):
    layer, placement = place
    before = layer.data.copy()
    layer.paint((35, 50), 1)
    reshape(layer, placement, "fill_holes")
    layer.undo()
    layer.undo()
    np.testing.assert_array_equal(layer.data, before)


@pytest.mark.parametrize("place", [plain], indirect=True)
@pytest.mark.parametrize("tool", ["fill_holes", "keep_largest"])
def test_what_changes_nothing_says_so_and_leaves_no_step(place, tool):
    layer, placement = place
    write_mask(layer, placement, mask_shapes.keep_largest(mask_shapes.fill_holes(blob())))
    steps = len(layer._undo_history)
    assert "This mask" in reshape(layer, placement, tool)
    assert len(layer._undo_history) == steps


@pytest.mark.parametrize("place", [plain], indirect=True)
def test_no_tool_takes_the_whole_mask(place):
    layer, placement = place
    whole = np.ones(SIZE, bool)
    before = layer.data.copy()
    assert "nothing of this mask" in combine(layer, placement, "subtract_mask", whole)
    dot = np.zeros(SIZE, bool)
    dot[5, 5] = True
    np.testing.assert_array_equal(layer.data, before)
    write_mask(layer, placement, dot)
    assert "nothing of this mask" in reshape(layer, placement, "shrink")
    assert layer.data.sum() == 1


@pytest.mark.parametrize("place", [plain], indirect=True)
@pytest.mark.parametrize("tool", TOOLS)
def test_an_empty_mask_has_no_shape_to_change(place, tool):
    layer, placement = place
    write_mask(layer, placement, np.zeros(SIZE, bool))
    assert "paint the object first" in reshape(layer, placement, tool)


@pytest.mark.parametrize("place", [plain], indirect=True)
def test_paint_of_any_label_is_the_object(place):
    layer, placement = place
    layer.data_setitem((np.array([35, 36]), np.array([50, 50])), 7)
    reshape(layer, placement, "keep_largest")
    assert not layer.data[35:37, 50].any()


@pytest.mark.parametrize("make", [stack, transposed])
def test_in_a_whole_stack_one_object_of_one_plane_is_written(make):
    viewer = ViewerModel()
    placement = snapshot(viewer, make(viewer))[1]
    data = placement.stack(np.uint16)
    layer = viewer.add_layer(Labels(data, **placement.transform(data.shape)))
    first, second = np.zeros((2, *placement.site.size), bool)
    first[2:10, 2:10] = True
    second[5:20, 5:20] = True
    write_mask(layer, placement, first, 1)
    changed = write_mask(layer, placement, second, 2)
    assert changed == second.sum()
    np.testing.assert_array_equal(read_mask(layer, placement, 2), second)
    np.testing.assert_array_equal(read_mask(layer, placement, 1), first & ~second)
    assert np.count_nonzero(layer.data) == np.count_nonzero(first | second)
    layer.undo()
    np.testing.assert_array_equal(read_mask(layer, placement), first)


@pytest.mark.parametrize("place", [plain, stack], indirect=True)
def test_reading_gives_a_mask_of_ones_own(place):
    layer, placement = place
    read_mask(layer, placement)[:] = True
    np.testing.assert_array_equal(read_mask(layer, placement), blob())
