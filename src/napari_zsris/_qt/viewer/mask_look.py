"""How masks look on the canvas: hidden while a key is held, outlined only, edges to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels

from napari_zsris._qt.viewer.mask_labels import MaskLabels

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["MaskLook"]

# On the canvas, whatever the zoom; in pixels of the mask no less than one.
EDGE_ON_CANVAS = 2.0
WIDEST_EDGE = 48


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
