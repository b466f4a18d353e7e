"""Masks in Labels layers, read and changed as a person would: with a stroke that can be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.mask_shapes import (
    add,
    fill_holes,
    grow,
    keep_largest,
    shrink,
    smooth,
    subtract,
)
from napari_zsris.wording import count

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_zsris._qt.viewer.placement import Placement

__all__ = ["combine", "read_mask", "reshape", "write_mask"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]

_TOOLS: Mapping[str, tuple[Callable[[BoolArray], BoolArray], str, str]] = {
    "fill_holes": (fill_holes, "Filled the holes", "This mask has no holes."),
    "keep_largest": (
        keep_largest,
        "Kept the largest part",
        "This mask is all of one part.",
    ),
    "smooth": (smooth, "Smoothed the edge", "This mask is as smooth as it gets."),
    "grow": (grow, "Grew the mask", "This mask fills the whole photo."),
    "shrink": (shrink, "Shrank the mask", "This mask fills the whole photo."),
}
_EMPTY = "There is nothing to change yet: paint the object first."


def read_mask(layer: Labels, placement: Placement, label: int | None = None) -> BoolArray:
    """Return the mask that a layer shows on a plane.

    Parameters
    ----------
    layer : napari Labels
        A layer made for the placement, as thin as the plane or of the whole stack.
    placement : Placement
        Where the plane lies.
    label : int, optional
        The object's label; whatever is not background by default.

    Returns
    -------
    (H, W) bool array
        A new array.
    """
    plane = placement.plane(layer.data)
    mask: BoolArray = np.array(plane != 0 if label is None else plane == label)
    return mask


def write_mask(layer: Labels, placement: Placement, mask: BoolArray, label: int = 1) -> int:
    """Make a layer show a mask on a plane: one step of napari's undo, and only where it changes.

    Parameters
    ----------
    layer : napari Labels
        A layer made for the placement, as thin as the plane or of the whole stack.
    placement : Placement
        Where the plane lies.
    mask : (H, W) bool array
        The mask.
    label : int
        The label that pixels get which are not of the object yet. In a stack, where other labels
        are other objects, only this label's pixels are the object's; in a plane all labels are.

    Returns
    -------
    int
        How many pixels changed.
    """
    shared = layer.data.size > mask.size
    current = read_mask(layer, placement, label if shared else None)
    changed = np.nonzero(placement.lift(current != mask))
    if changed[0].size:
        values = placement.lift(np.where(mask, label, 0))[changed]
        layer.data_setitem(_places(layer, placement, changed), values)
    return int(changed[0].size)


def reshape(layer: Labels, placement: Placement, tool: str) -> str:
    """Change the shape of the mask that a layer shows.

    Parameters
    ----------
    layer : napari Labels
        The layer of one mask.
    placement : Placement
        Where the mask lies.
    tool : {"fill_holes", "keep_largest", "smooth", "grow", "shrink"}
        What to do.

    Returns
    -------
    str
        What was done, or why nothing was, for the person.
    """
    change, done, idle = _TOOLS[tool]
    mask = read_mask(layer, placement)
    if not mask.any():
        return _EMPTY
    return _change(layer, placement, mask, change(mask), (done, idle))


def combine(layer: Labels, placement: Placement, tool: str, other: BoolArray) -> str:
    """Add another mask to the one that a layer shows, or subtract it.

    Parameters
    ----------
    layer : napari Labels
        The layer of one mask.
    placement : Placement
        Where both masks lie.
    tool : {"add_mask", "subtract_mask"}
        What to do.
    other : (H, W) bool array
        The other mask.

    Returns
    -------
    str
        What was done, or why nothing was, for the person.
    """
    mask = read_mask(layer, placement)
    if tool == "add_mask":
        words = "Added the mask", "The other mask lies within this one already."
        return _change(layer, placement, mask, add(mask, other), words)
    words = "Took the mask out", "The other mask does not touch this one."
    return _change(layer, placement, mask, subtract(mask, other), words)


def _change(
    layer: Labels, placement: Placement, mask: BoolArray, new: BoolArray, words: tuple[str, str]
) -> str:
    done, idle = words
    if mask.any() and not new.any():
        return "That would leave nothing of this mask, so it stays as it is."
    changed = write_mask(layer, placement, new)
    if not changed:
        return idle
    more = int(new.sum()) - int(mask.sum())
    amount = f"{count(abs(more), 'pixel')} {'more' if more > 0 else 'fewer'}"
    return f"{done}{f', {amount}' if more else ''}. Ctrl+Z takes it back."


def _places(
    layer: Labels, placement: Placement, changed: tuple[npt.NDArray[np.intp], ...]
) -> tuple[npt.NDArray[np.intp], ...]:
    """Turn places in a thin plane into places in the layer's data."""
    return tuple(
        places if axis in placement.site.axes or layer.data.shape[axis] == 1 else places + index
        for axis, (places, index) in enumerate(zip(changed, placement.index, strict=True))
    )
