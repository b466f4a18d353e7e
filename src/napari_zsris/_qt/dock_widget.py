"""What every dock of the plugin needs: to notice its end, and keys bound while it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from napari_zsris._qt.viewer.review_keys import Held, ReviewKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import napari
    from qtpy.QtGui import QHideEvent, QShowEvent

__all__ = ["DockWidget"]

SMALLEST_WIDTH = 300


class DockWidget(QWidget):
    """A widget that napari docks.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer it works on.
    name : str
        Its objectName.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._viewer = napari_viewer
        self._closed = False
        self._keys = ReviewKeys(napari_viewer, {})
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(SMALLEST_WIDTH)

    def let_go(self) -> None:
        """Stop what is under way and let go of viewer and settings."""
        raise NotImplementedError

    def close_down(self) -> None:
        """Stop what is under way and give the viewer's keys back; the dock is of no use after."""
        if not self._closed:
            self._closed = True
            self._keys.unbind()
            self.let_go()

    def event(self, event: QEvent) -> bool:
        """Notice that the dock was closed: napari takes the widget out of it and lets it go.

        Parameters
        ----------
        event : QEvent
            Any event.

        Returns
        -------
        bool
            Whether it was of use.
        """
        handled: bool = super().event(event)
        if event.type() == QEvent.Type.ParentChange and self.parent() is None:
            self.close_down()
        return handled

    def showEvent(self, event: QShowEvent) -> None:
        """Bind the keys as long as the dock is to be seen.

        Parameters
        ----------
        event : QShowEvent
            The event.
        """
        super().showEvent(event)
        if not self._closed:
            self._keys.bind()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the keys to others while the dock is hidden, unless its whole window is.

        Parameters
        ----------
        event : QHideEvent
            The event.
        """
        super().hideEvent(event)
        if not event.spontaneous():
            self._keys.unbind()

    def _hold(self, panel: QWidget, keys: Mapping[str, Callable[[], object] | Held]) -> None:
        """Take a panel in, and bind keys."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(panel)
        self._rebind(keys)

    def _rebind(self, keys: Mapping[str, Callable[[], object] | Held]) -> None:
        """Bind other keys in place of those that are bound."""
        self._keys.unbind()
        self._keys = ReviewKeys(self._viewer, keys)
        if not self.isHidden():
            self._keys.bind()
