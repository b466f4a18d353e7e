"""The brush, as one needs it to correct a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_zsris._qt.viewer.placement import Placement

__all__ = ["take_brush"]

# Of the shorter side of a picture; a brush of one pixel corrects nothing one can see.
BRUSH_SHARE = 1 / 40
SMALLEST_BRUSH = 3


def take_brush(layer: Labels, placement: Placement) -> None:
    """Take up the brush on a layer, in a size that suits the picture.

    Parameters
    ----------
    layer : napari Labels
        The layer of a mask.
    placement : Placement
        Where the mask lies.
    """
    layer.brush_size = max(SMALLEST_BRUSH, round(min(placement.site.size) * BRUSH_SHARE))
    layer.selected_label = 1
    layer.mode = "paint"
