"""The open project in the panel: its work, its name, and how it is opened, saved and exported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog

from napari_zsris._qt.widgets.panel import Panel
from napari_zsris._qt.widgets.work_model import WorkModel
from napari_zsris._qt.workspace import Workspace
from napari_zsris.annotations.sessions import sessions_folder
from napari_zsris.errors import AnnotationError, ZsrisError
from napari_zsris.review.project_store import ExportFormat
from napari_zsris.wording import count

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ProjectLink"]

PROJECTS = "Projects (*.zsris)"


class ProjectLink(QObject):
    """Shows the open project, and does to it what its buttons say.

    Parameters
    ----------
    panel : Panel
        The controls.
    workspace : Workspace
        What holds the project.
    list_ : WorkModel
        The work list.
    """

    def __init__(self, panel: Panel, workspace: Workspace, list_: WorkModel) -> None:
        super().__init__()
        self._panel, self._workspace, self._list = panel, workspace, list_
        panel.export.wanted.connect(self.ask_and_export)
        panel.work_list.picked.connect(workspace.navigator.go_to)
        panel.work_list.rearranged.connect(self._list_work)
        panel.work_list.open_project.clicked.connect(self._ask_for_project)
        panel.work_list.open_folder.clicked.connect(self._ask_for_folder)
        panel.work_list.save_as.clicked.connect(self._ask_where_to_save)
        workspace.opened.connect(self._list_work)
        workspace.touched.connect(self._on_touched)
        workspace.navigator.moved.connect(panel.work_list.show_current)
        workspace.navigator.arrived.connect(panel.image.choose)

    def open(self, path: Path) -> None:
        """Open a project where its review was left, and show its list.

        Parameters
        ----------
        path : Path
            The project's file.

        Raises
        ------
        AnnotationError
            It cannot be opened, or another process writes it; what was open stays open.
        """
        self._workspace.open(path)
        self._panel.work.unfolded = True

    def export(self, path: Path, kind: ExportFormat) -> None:
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
        store = self._workspace.store
        self._workspace.reviewer.keep()
        if store is None:
            raise AnnotationError(self._workspace.asker.obstacle)
        written = store.export(path, kind)
        show_info(f"Wrote {count(written, 'object')} to {path}")

    def ask_and_export(self, kind: ExportFormat) -> None:
        """Ask where to, and write what was accepted.

        Parameters
        ----------
        kind : ExportFormat
            What to write.
        """
        if kind is ExportFormat.REFCOCO:
            chosen = QFileDialog.getExistingDirectory(self._panel, "Folder for RefCOCO files")
        else:
            chosen, _ = QFileDialog.getSaveFileName(
                self._panel, "Export accepted masks", "annotations.json", "COCO (*.json)"
            )
        if chosen:
            self._try(lambda: self.export(Path(chosen), kind))

    def where_work_is(self) -> str:
        """Tell where accepted masks are kept.

        Returns
        -------
        str
            A sentence; empty where nothing is accepted.
        """
        store = self._workspace.store
        if store is None or not store.accepted:
            return ""
        masks = count(store.accepted, "accepted mask")
        where = "go on there with the dock" if store.is_session else "open it to go on"
        return f"{masks}: kept in {store.project.path}; {where}."

    def _list_work(self) -> None:
        store, work = self._workspace.store, self._panel.work_list
        if store is None:
            self._list.show([])
        else:
            self._list.show(store.entries(work.selection, work.order))
            work.show_counts(store.project.queue.counts())
            if self._workspace.navigator.at is not None:
                work.show_current(self._workspace.navigator.at)
        self._show_project()

    def _on_touched(self, item_id: int) -> None:
        store = self._workspace.store
        if store is not None:
            self._list.update(store.project.queue.entry(item_id))
            self._panel.work_list.show_counts(store.project.queue.counts())
            # Phrases that are looked ahead are touched as well, and are not where the person is.
            if self._workspace.navigator.at is not None:
                self._panel.work_list.show_current(self._workspace.navigator.at)

    def _show_project(self) -> None:
        store = self._workspace.store
        path = None if store is None else store.project.path
        name = "no project" if path is None else path.stem
        session = store is not None and store.is_session
        self._panel.project.setText(f"session {name}" if session else name)
        self._panel.project.setToolTip(
            self._workspace.asker.obstacle if path is None else str(path)
        )

    def _ask_for_project(self) -> None:
        start = str(sessions_folder()) if sessions_folder().exists() else ""
        chosen, _ = QFileDialog.getOpenFileName(self._panel, "Open project", start, PROJECTS)
        if chosen:
            self._try(lambda: self.open(Path(chosen)))

    def _ask_for_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self._panel, "Folder of photos")
        if chosen:
            self._workspace.add_folder(Path(chosen))

    def _ask_where_to_save(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self._panel, "Save as", "work.zsris", PROJECTS)
        if chosen:
            path = Path(chosen)
            named = path if path.suffix else path.with_suffix(".zsris")
            self._try(lambda: self._workspace.save_as(named))

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except ZsrisError as error:
            self._workspace.notify(error)
