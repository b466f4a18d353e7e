"""A ring around what has the keyboard's focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QPainter, QPen
from qtpy.QtWidgets import QApplication, QFocusFrame, QWidget

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

    from napari_zsris._qt.widgets.colours import Colours

__all__ = ["FocusRing"]

WIDTH = 2
CORNER = 3


class FocusRing(QFocusFrame):
    """Follows the focus among the controls of a panel; napari's themes hardly show it.

    Parameters
    ----------
    panel : QWidget
        The panel.
    colours : Colours
        The theme's colours; to be replaced when the theme changes.
    """

    def __init__(self, panel: QWidget, colours: Colours) -> None:
        super().__init__(panel)
        self.colours = colours
        self._panel = panel
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        # A child is shown with its parent, also one that has nothing to go round yet.
        self.hide()
        QApplication.instance().focusChanged.connect(self._follow)

    def recolour(self, colours: Colours) -> None:
        """Take the colours of another theme.

        Parameters
        ----------
        colours : Colours
            The colours.
        """
        self.colours = colours
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint the ring.

        Parameters
        ----------
        event : QPaintEvent
            What to paint.
        """
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.colours.focus, WIDTH))
        inner = QRectF(self.rect()).adjusted(WIDTH / 2, WIDTH / 2, -WIDTH / 2, -WIDTH / 2)
        painter.drawRoundedRect(inner, CORNER, CORNER)
        painter.end()

    def _follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        within = new is not None and self._panel.isAncestorOf(new)
        self.setWidget(new if within else None)
