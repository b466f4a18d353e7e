"""The viewer's images in the panel, and the one that is chosen there in the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_zsris._qt.viewer.snapshot import is_image
from napari_zsris._qt.widgets.panel import Panel
from napari_zsris._qt.workspace import Workspace

if TYPE_CHECKING:
    import napari
    from napari.layers import Image

__all__ = ["ImageLink"]

PHRASES = "referring_phrases"


class ImageLink(QObject):
    """Offers the images that are open, and follows what is selected in the viewer.

    Parameters
    ----------
    viewer : napari viewer
        Where the images are.
    panel : Panel
        The controls.
    workspace : Workspace
        What segments the chosen image.

    Attributes
    ----------
    changed : Signal()
        Another image is chosen, or none.
    """

    changed = Signal()

    def __init__(self, viewer: napari.viewer.Viewer, panel: Panel, workspace: Workspace) -> None:
        super().__init__()
        self._viewer, self._panel, self._workspace = viewer, panel, workspace
        panel.image.chosen.connect(self._on_image)
        panel.channels.changed.connect(self._on_channels)
        for emitter in self._list_changes():
            emitter.connect(self._on_layers)
        viewer.layers.selection.events.active.connect(self._on_active)
        for layer in viewer.layers:
            layer.events.name.connect(self._on_layers)
        self._on_layers()
        self._on_image(panel.image.layer)

    def close(self) -> None:
        """Heed the viewer no more."""
        for emitter in self._list_changes():
            emitter.disconnect(self._on_layers)
        self._viewer.layers.selection.events.active.disconnect(self._on_active)
        for layer in self._viewer.layers:
            layer.events.name.disconnect(self._on_layers)

    def _list_changes(self) -> tuple[Any, ...]:
        events = self._viewer.layers.events
        return events.inserted, events.removed, events.reordered

    def _on_layers(self, event: Any = None) -> None:
        if event is not None and event.type == "inserted":
            event.value.events.name.connect(self._on_layers)
        self._panel.image.offer([layer for layer in self._viewer.layers if is_image(layer)])
        self._offer_channels()

    def _on_active(self, event: Any) -> None:
        if is_image(event.value):
            self._panel.image.choose(event.value)

    def _on_image(self, layer: Image | None) -> None:
        self._offer_channels()
        self._workspace.photo.show(layer, self._panel.channels.channels)
        self._panel.segment.setEnabled(layer is not None)
        phrases = [] if layer is None else layer.metadata.get(PHRASES, [])
        self._panel.suggestions.offer([str(phrase) for phrase in phrases])
        self.changed.emit()

    def _offer_channels(self) -> None:
        self._panel.channels.offer(self._viewer, self._panel.image.layer)
        self._panel.channels.setVisible(self._panel.channels.needed)

    def _on_channels(self) -> None:
        self._workspace.photo.show(self._panel.image.layer, self._panel.channels.channels)
