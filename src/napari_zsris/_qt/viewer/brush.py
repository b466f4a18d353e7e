"""The brush, as one needs it to correct a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_zsris._qt.viewer.placement import Placement

__all__ = ["Brush"]

# Of the shorter side of a picture; a brush of one pixel corrects nothing one can see.
BRUSH_SHARE = 1 / 40
SMALLEST_BRUSH = 3


class Brush:
    """The brush of all masks of a viewer: the size a person set stays when another mask is shown.

    The size is kept as a share of the picture's shorter side, so that it looks the same on a
    picture of another resolution.
    """

    def __init__(self) -> None:
        self._share = BRUSH_SHARE
        self._layer: Labels | None = None
        self._side = 1

    def attach(self, layer: Labels, placement: Placement) -> None:
        """Give a layer the brush, and follow the size that the person gives it.

        Parameters
        ----------
        layer : napari Labels
            The layer of a mask.
        placement : Placement
            Where the mask lies.
        """
        if self._layer is not None:
            self._layer.events.brush_size.disconnect(self._on_size)
        self._layer, self._side = layer, min(placement.site.size)
        smallest = SMALLEST_BRUSH if self._share == BRUSH_SHARE else 1
        layer.brush_size = max(smallest, round(self._side * self._share))
        layer.events.brush_size.connect(self._on_size)

    def take(self, layer: Labels, placement: Placement) -> None:
        """Take up the brush on a layer.

        Parameters
        ----------
        layer : napari Labels
            The layer of a mask.
        placement : Placement
            Where the mask lies.
        """
        self.attach(layer, placement)
        layer.selected_label = 1
        layer.mode = "paint"

    def _on_size(self, event: Any) -> None:
        self._share = event.source.brush_size / self._side
