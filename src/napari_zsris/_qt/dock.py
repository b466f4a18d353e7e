"""The dock widget: made, shown, hidden and closed, and what a script asks of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_info
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import (
    QLabel,
    QMainWindow,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_zsris._qt.key_link import KeyLink
from napari_zsris._qt.preferences import Preferences
from napari_zsris._qt.project_link import ProjectLink
from napari_zsris._qt.review_link import ReviewLink
from napari_zsris._qt.settings_link import SettingsLink
from napari_zsris._qt.widgets.colours import Colours
from napari_zsris._qt.widgets.panel import Panel
from napari_zsris._qt.widgets.work_model import WorkModel
from napari_zsris._qt.workspace import Workspace
from napari_zsris.engine.engine import Engine
from napari_zsris.review.project_store import ExportFormat

if TYPE_CHECKING:
    import napari
    from qtpy.QtGui import QHideEvent, QShowEvent


__all__ = ["SegmentationDock", "dock_of"]

SMALLEST_WIDTH = 300


class SegmentationDock(QWidget):
    """Type a phrase, get ranked editable masks, accept, correct or reject them, export.

    Of one viewer there is one such dock: a second one leads to the first.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer the dock works on.
    engine : Engine, optional
        What segments; the one of this viewer by default.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer, engine: Engine | None = None) -> None:
        super().__init__()
        self.setObjectName("referring_segmentation")
        self._viewer = napari_viewer
        self._closed = False
        self._watching = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(SMALLEST_WIDTH)
        first = dock_of(napari_viewer)
        if first is not None:
            self._closed = True
            self._lead_to(first)
            return
        self._preferences = Preferences()
        self.engine = engine or _engine_of(napari_viewer)
        self.list = WorkModel()
        self.workspace = Workspace(napari_viewer, self._preferences, self.engine, self.list)
        self.panel = Panel(Colours.of(napari_viewer.theme), self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self._link()
        # When the viewer is closed its docks are destroyed without a word.
        self.destroyed.connect(self.workspace.end)
        self.workspace.begin()

    def _link(self) -> None:
        viewer, panel, workspace = self._viewer, self.panel, self.workspace
        self._project = ProjectLink(panel, workspace, self.list)
        self._keys = KeyLink(viewer, panel, workspace, self._preferences)
        self._settings = SettingsLink(panel, workspace, self._preferences)
        self._review = ReviewLink(viewer, panel, workspace)
        panel.phrase.entered.connect(self.segment)
        panel.suggestions.picked.connect(self.segment)
        panel.segment.clicked.connect(lambda _checked: self.segment())
        viewer.events.theme.connect(self._on_theme)

    @property
    def closed(self) -> bool:
        """Whether the dock is of no use any more."""
        return self._closed

    def segment(self, phrase: str | None = None) -> None:
        """Find a phrase in the chosen image.

        Parameters
        ----------
        phrase : str, optional
            What to find; what is typed by default.
        """
        if phrase is not None:
            self.panel.phrase.phrase = phrase
        words = self.panel.phrase.phrase
        if self.workspace.asker.ask(words):
            self._preferences.remember(words)
            self.panel.phrase.remember(self._preferences.phrases)

    def open(self, path: Path) -> None:
        """Open a project where its review was left.

        Parameters
        ----------
        path : Path
            The project's file.

        Raises
        ------
        AnnotationError
            It cannot be opened, or another process writes it; what was open stays open.
        """
        self._project.open(path)

    def export(self, path: Path, kind: ExportFormat = ExportFormat.COCO) -> None:
        """Write what was accepted.

        Parameters
        ----------
        path : Path
            The file, or the folder for RefCOCO.
        kind : ExportFormat
            What to write.

        Raises
        ------
        ZsrisError
            Nothing is accepted yet, or the file cannot be written.
        """
        self._project.export(path, kind)

    def ask_and_export(self, kind: ExportFormat) -> None:
        """Ask where to, and write what was accepted.

        Parameters
        ----------
        kind : ExportFormat
            What to write.
        """
        self._project.ask_and_export(kind)

    def close_down(self) -> None:
        """Keep all work, and give the viewer back; the dock is of no use after."""
        if self._closed:
            return
        self._closed = True
        self._keys.close()
        self._settings.close()
        self._review.close()
        self._viewer.events.theme.disconnect(self._on_theme)
        told = self._project.where_work_is()
        self.workspace.leave_canvas()
        self.workspace.close()
        if told:
            show_info(told)

    # Qt's events

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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep all work before napari's window closes, and say where it is.

        Parameters
        ----------
        watched : QObject
            The window.
        event : QEvent
            Any event of it.

        Returns
        -------
        bool
            False, so that the window gets it.
        """
        if event.type() == QEvent.Type.Close and not self._closed:
            self.workspace.reviewer.keep()
            told = self._project.where_work_is()
            if told:
                show_info(told)
        return bool(super().eventFilter(watched, event))

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
            self._watch_window()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the keys to others while the dock is hidden, unless its whole window is.

        Parameters
        ----------
        event : QHideEvent
            The event.
        """
        super().hideEvent(event)
        if not self._closed and not event.spontaneous():
            self._keys.unbind()

    def _on_theme(self, event: Any) -> None:
        self.panel.recolour(Colours.of(event.value))

    def _watch_window(self) -> None:
        ancestor = self.parent()
        while ancestor is not None and not isinstance(ancestor, QMainWindow):
            ancestor = ancestor.parent()
        if ancestor is not None and not self._watching:
            self._watching = True
            ancestor.installEventFilter(self)

    def _lead_to(self, first: SegmentationDock) -> None:
        label = QLabel("The workspace is open in this window already: there is one for each.")
        label.setWordWrap(True)
        column = QVBoxLayout(self)
        column.addWidget(label)
        column.addStretch(1)
        panel = first.parent()
        if isinstance(panel, QWidget):
            panel.show()
            panel.raise_()


def dock_of(viewer: napari.viewer.Viewer) -> SegmentationDock | None:
    """Find the dock of a viewer.

    Parameters
    ----------
    viewer : napari viewer
        The viewer.

    Returns
    -------
    SegmentationDock or None
        The one that is open; None when there is none.
    """
    docks = viewer.window.dock_widgets.values()
    return next(
        (dock for dock in docks if isinstance(dock, SegmentationDock) and not dock.closed), None
    )


def _engine_of(viewer: napari.viewer.Viewer) -> Engine:
    """Find the engine that a viewer's docks share, or make the first of them one."""
    for dock in viewer.window.dock_widgets.values():
        engine = getattr(dock, "engine", None)
        if isinstance(engine, Engine) and not engine.closed:
            return engine
    return Engine()
