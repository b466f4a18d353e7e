"""How masks are looked at: hidden while a key is held, outlined only, from close up."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from napari.layers import Labels

from napari_zsris._qt.viewer.mask_edit import read_mask
from napari_zsris._qt.viewer.mask_labels import MaskLabels

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_zsris._qt.viewer.placement import Placement

__all__ = ["MaskLook", "MaskZoom"]

# On the canvas, whatever the zoom; in pixels of the mask no less than one.
EDGE_ON_CANVAS = 2.0
WIDEST_EDGE = 48

FloatArray: TypeAlias = npt.NDArray[np.float64]
View: TypeAlias = tuple[tuple[float, ...], float]

# Of the canvas; the rest shows what is around the object.
CLOSE_UP_SHARE = 0.6
# In pixels of the mask: nobody needs to see fewer.
SMALLEST_CLOSE_UP = 24


class MaskLook:
    """Looks after the masks of a viewer, also those that come later.

    Parameters
    ----------
    viewer : napari viewer
        The viewer.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._filled = True
        self._hidden: list[tuple[Labels, float]] = []
        viewer.scene.camera.events.zoom.connect(self._on_zoom)
        viewer.layers.events.inserted.connect(self._on_inserted)
        self._on_zoom()

    @property
    def hidden(self) -> bool:
        """Whether masks are out of sight for now."""
        return bool(self._hidden)

    def hide(self) -> None:
        """Let the photo be seen without any mask."""
        if not self._hidden:
            # Which layers are visible means something else: which candidate is shown.
            self._hidden = [
                (layer, layer.opacity) for layer in self._viewer.layers if isinstance(layer, Labels)
            ]
            for layer, _ in self._hidden:
                layer.opacity = 0.0

    def show(self) -> None:
        """Show the masks again as they were."""
        hidden, self._hidden = self._hidden, []
        for layer, opacity in hidden:
            layer.opacity = opacity

    def toggle_fill(self) -> None:
        """Show the outlines only, or the fill again."""
        self._filled = not self._filled
        for layer in self._masks():
            layer.filled = self._filled

    def close(self) -> None:
        """Show what is hidden, and heed the viewer no more."""
        self.show()
        self._viewer.scene.camera.events.zoom.disconnect(self._on_zoom)
        self._viewer.layers.events.inserted.disconnect(self._on_inserted)

    def _masks(self) -> list[MaskLabels]:
        return [layer for layer in self._viewer.layers if isinstance(layer, MaskLabels)]

    def _on_inserted(self, event: Any) -> None:
        if isinstance(event.value, MaskLabels):
            event.value.filled = self._filled
            self._set_edge(event.value)

    def _on_zoom(self, _event: Any = None) -> None:
        for layer in self._masks():
            self._set_edge(layer)

    def _set_edge(self, layer: MaskLabels) -> None:
        # A person who sets the contour to 0 wants none.
        if layer.contour:
            side = float(np.abs(layer.scale[-2:]).mean()) * self._viewer.scene.camera.zoom
            width = int(np.clip(round(EDGE_ON_CANVAS / max(side, 1e-9)), 1, WIDEST_EDGE))
            if width != layer.contour:
                layer.contour = width


class MaskZoom:
    """Goes close to masks and back.

    Parameters
    ----------
    viewer : napari viewer
        The viewer.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._before: View | None = None
        self._key: Hashable = None

    def toggle(self, layer: Labels, placement: Placement, key: Hashable) -> None:
        """Go close to a mask; the same one again goes back to the view before.

        Parameters
        ----------
        layer : napari Labels
            The layer of the mask.
        placement : Placement
            Where the mask lies.
        key : hashable
            Equal for the same mask.
        """
        camera = self._viewer.scene.camera
        if self._before is not None and key == self._key:
            camera.center, camera.zoom = self._before
            self._before = None
            return
        if self._before is None:
            self._before = tuple(camera.center), float(camera.zoom)
        self._key = key
        low, high = self._extent(layer, placement)
        camera.center = (*camera.center[:-2], *((low + high) / 2))
        tall, wide = (float(side) for side in high - low)
        height, width = self._viewer.canvas.size
        camera.zoom = CLOSE_UP_SHARE * min(height / max(tall, 1e-9), width / max(wide, 1e-9))

    def forget(self) -> None:
        """Give up the view before, as when another photo is shown."""
        self._before = None

    def _extent(self, layer: Labels, placement: Placement) -> tuple[FloatArray, FloatArray]:
        """Give the mask's lowest and highest world coordinates along the axes on the canvas."""
        rows, columns = _sides(read_mask(layer, placement))
        displayed = [axis - self._viewer.dims.ndim for axis in self._viewer.dims.displayed[-2:]]
        corners = []
        for row, column in product(rows, columns):
            point = np.zeros(layer.ndim)
            point[list(placement.site.axes)] = row, column
            corners.append(np.asarray(layer.data_to_world(point))[displayed])
        return np.min(corners, axis=0), np.max(corners, axis=0)


def _sides(mask: npt.NDArray[np.bool_]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Give first and last row and column of a mask, of the whole plane when it is empty."""
    sides = []
    for axis, length in ((1, mask.shape[0]), (0, mask.shape[1])):
        found = np.flatnonzero(mask.any(axis=axis))
        first, last = (found[0], found[-1]) if found.size else (0, length - 1)
        spare = max(0.0, (SMALLEST_CLOSE_UP - (last - first + 1)) / 2)
        sides.append((first - 0.5 - spare, last + 0.5 + spare))
    return sides[0], sides[1]
