"""The keys at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from napari_zsris._qt.widgets.naming import named

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HelpPopover"]

HEADING = "Keys, while the canvas or the candidates have the focus"
_NAPARI_S = (
    ("H", "Show these keys."),
    ("1  2  4", "napari's own eraser, brush and fill bucket, while editing."),
    ("[  ]", "napari's own: smaller and larger brush."),
    ("Ctrl Z", "napari's own: take back a stroke."),
)


class HelpPopover(QFrame):
    """A sheet with the keys that goes away at a click.

    Parameters
    ----------
    keys : sequence of tuple
        Keys and what they do.
    parent : QWidget
        The dock.
    """

    def __init__(self, keys: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        named(self, "keys", "keys of the review", "")
        self.setStyleSheet("#keys { border: 1px solid palette(mid); border-radius: 4px; }")
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 14, 16, 14)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(6)
        heading = QLabel(f"<b>{HEADING}</b>")
        grid.addWidget(heading, 0, 0, 1, 2)
        for row, (key, purpose) in enumerate([*keys, *_NAPARI_S], start=1):
            cap = QLabel(f"<b>{key}</b>")
            cap.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(cap, row, 0)
            grid.addWidget(QLabel(purpose), row, 1)

    def open_beside(self, button: QWidget) -> None:
        """Show the sheet above a button, inside its window.

        Parameters
        ----------
        button : QWidget
            The button.
        """
        self.adjustSize()
        corner = button.mapToGlobal(QPoint(button.width() - self.width(), -self.height() - 4))
        window = button.window().frameGeometry()
        corner.setX(max(window.left(), min(corner.x(), window.right() - self.width())))
        corner.setY(max(window.top(), corner.y()))
        self.move(corner)
        self.show()
