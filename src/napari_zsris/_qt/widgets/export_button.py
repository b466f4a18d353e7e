"""Where accepted masks leave the dock."""

from __future__ import annotations

from enum import Enum

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QMenu, QPushButton, QWidget

from napari_zsris._qt.widgets.naming import named

__all__ = ["ExportButton", "ExportFormat"]


class ExportFormat(Enum):
    """What can be written."""

    COCO = "coco"
    COCO_POLYGONS = "coco_polygons"
    REFCOCO = "refcoco"

    @property
    def title(self) -> str:
        """What a menu calls it."""
        return {
            "coco": "COCO, exact masks (RLE)…",
            "coco_polygons": "COCO, polygons…",
            "refcoco": "RefCOCO folder…",
        }[self.value]


class ExportButton(QPushButton):
    """A button with a menu of file formats.

    Parameters
    ----------
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    wanted : Signal(object)
        An ExportFormat was chosen.
    """

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "export", "export", "Write the accepted masks to a file.")
        self.setText("Export ▾")
        # The style's own arrow would lie on the last letter.
        self.setStyleSheet("QPushButton::menu-indicator { image: none; width: 0; }")
        self._menu = QMenu(self)
        for kind in ExportFormat:
            action = self._menu.addAction(kind.title)
            action.setObjectName(f"export_{kind.value}")
            action.triggered.connect(lambda _=False, kind=kind: self.wanted.emit(kind))
        self.setMenu(self._menu)
