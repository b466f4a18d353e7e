"""The one workspace of a viewer: a project, the current photo, and what is asked of it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_warning
from qtpy.QtCore import QObject, QTimer, Signal

from napari_zsris._qt.asker import Asker
from napari_zsris._qt.current_photo import CurrentPhoto
from napari_zsris._qt.loader import Loader
from napari_zsris._qt.navigator import Navigator
from napari_zsris._qt.preferences import Preferences
from napari_zsris._qt.reviewer import Reviewer
from napari_zsris._qt.runner import Runner
from napari_zsris._qt.viewer.notices import Activity, notify
from napari_zsris._qt.widgets.work_model import WorkModel
from napari_zsris.annotations import Project
from napari_zsris.annotations.sessions import open_session
from napari_zsris.engine.engine import Engine
from napari_zsris.engine.request import Settings
from napari_zsris.errors import ZsrisError
from napari_zsris.progress import Progress
from napari_zsris.review.prepared import Target
from napari_zsris.review.project_store import ProjectStore
from napari_zsris.wording import count

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Workspace"]


class Workspace(QObject):
    """What is open, what is asked, what is under way and what is shown; on the main thread.

    Parameters
    ----------
    viewer : napari viewer
        The viewer.
    preferences : Preferences
        What to segment with at first, and whether photos are encoded ahead.
    engine : Engine
        What segments.
    list_ : WorkModel
        The work list.

    Attributes
    ----------
    began, ended : Signal()
        Work is under way; nothing is left to do.
    progressed : Signal(Progress)
        Work went on.
    answered : Signal(Outcome)
        Candidates are shown.
    told : Signal(str)
        A sentence for the person.
    prepared : Signal(object)
        The CLIP models that there are, as Choices.
    opened : Signal()
        Another project is open.
    touched : Signal(object)
        The item with this id is new or was decided on.
    """

    began = Signal()
    ended = Signal()
    progressed = Signal(object)
    answered = Signal(object)
    told = Signal(str)
    prepared = Signal(object)
    opened = Signal()
    touched = Signal(object)

    def __init__(
        self, viewer: ViewerModel, preferences: Preferences, engine: Engine, list_: WorkModel
    ) -> None:
        super().__init__()
        self.settings = preferences.settings
        self._viewer = viewer
        self._closed = False
        self._runner = Runner(engine)
        self._loader = Loader(engine, self._now)
        self.reviewer = Reviewer(viewer)
        self.navigator = Navigator(viewer, self.reviewer, self._loader, list_)
        self.photo = CurrentPhoto(
            viewer,
            self.reviewer,
            self.navigator,
            self._runner,
            self._now,
            lambda: preferences.ahead,
        )
        self.asker = Asker(
            self.photo, self.reviewer, self.navigator, self._loader, self._runner, self._now
        )
        self._activity = Activity(self.asker.cancel)
        self._warnings: set[str] = set()
        self._connect()
        viewer.layers.events.removed.connect(self._on_removed)

    def _now(self) -> Settings:
        return self.settings

    def _connect(self) -> None:
        runner, loader, navigator, asker = self._runner, self._loader, self.navigator, self.asker
        runner.started.connect(self.began)
        runner.progressed.connect(self._on_progressed)
        runner.warned.connect(self._on_warned)
        runner.idle.connect(self._on_idle)
        runner.prepared.connect(self.prepared)
        loader.progressed.connect(self._on_progressed)
        loader.loaded.connect(self._on_loaded)
        loader.filled.connect(self._on_filled)
        navigator.began.connect(self.began)
        navigator.ended.connect(self._on_idle)
        navigator.told.connect(self.told)
        self.reviewer.told.connect(self.told)
        self.reviewer.decided.connect(self._on_decided)
        self.reviewer.undone.connect(self._on_undone)
        asker.answered.connect(self.answered)
        asker.ended.connect(self._on_idle)
        asker.told.connect(self.told)
        asker.touched.connect(self.touched)

    @property
    def store(self) -> ProjectStore | None:
        """The open project; None where there is no place for one."""
        return self.reviewer.store

    @property
    def working(self) -> bool:
        """Whether a request is being answered."""
        return bool(self._runner.busy)

    # The project

    def begin(self) -> None:
        """Continue the session that was worked on last, or begin one."""
        try:
            session = open_session()
        except ZsrisError as error:
            self.asker.obstacle = str(error)
            self.notify(error)
            return
        self._use(ProjectStore(session.project))
        name, kept = session.project.path.stem, self.accepted
        if session.obstacle:
            self.told.emit(f"New session {name}, because {session.obstacle}")
        elif session.continued and kept:
            self.told.emit(f"Session {name} goes on: {count(kept, 'accepted mask')} so far.")

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
        project = Project.open(path)
        if not self.reviewer.put_away():
            project.close()
            return
        self._use(ProjectStore(project))
        position = project.queue.position
        if position is None:
            self.navigator.go_on()
        else:
            self.navigator.go_to(position)

    def save_as(self, path: Path) -> None:
        """Keep all work in a project of the person's own, and go on there.

        Parameters
        ----------
        path : Path
            The project's file.

        Raises
        ------
        ZsrisError
            It cannot be written; what was open stays open.
        """
        if self.store is None or not self.reviewer.keep():
            return
        before = self.store
        before.project.copy_to(path)
        store = ProjectStore(Project.open(path))
        before.close()
        if before.is_session:
            # All of it is in the copy, and the next session is to begin empty.
            before.project.path.unlink(missing_ok=True)
        self.reviewer.store = store
        self._loader.serve(store.project)
        self.opened.emit()
        self.told.emit(f"Kept in {path}, where work goes on.")

    def add_folder(self, folder: Path) -> None:
        """Put all photos of a folder into the work list.

        Parameters
        ----------
        folder : Path
            The folder.
        """
        if self.store is None:
            self.told.emit(self.asker.obstacle)
        else:
            self.began.emit()
            self._loader.fill(self.store.photos, folder)

    @property
    def accepted(self) -> int:
        """How many masks are accepted."""
        return 0 if self.store is None else self.store.accepted

    def _use(self, store: ProjectStore) -> None:
        if self.store is not None:
            self.store.close()
        self.asker.forget()
        self.reviewer.annotations.clear()
        self.reviewer.store = store
        self.navigator.serve(store)
        self.opened.emit()
        self.photo.look()

    # Work that is done

    def leave_canvas(self) -> None:
        """Take all that is ours off the canvas; masks and brush work are in the project."""
        if self.reviewer.put_away():
            self.reviewer.annotations.clear()
            self.navigator.photo.remove()

    def close(self) -> None:
        """Keep all work and give everything up; nothing is shown any more."""
        if self._closed:
            return
        self._closed = True
        self.reviewer.keep()
        self.asker.forget()
        # First of all, because at the end of the process Qt may have taken the rest away already.
        self._loader.finish_writing()
        if self.store is not None:
            self.store.close()
        self._runner.close()
        self._loader.close()
        self._activity.close()
        self.photo.close()
        self.reviewer.close()
        self._viewer.layers.events.removed.disconnect(self._on_removed)

    def end(self) -> None:
        """Do as `close` when the dock is destroyed with its viewer, without a word before."""
        with contextlib.suppress(RuntimeError):
            self.close()

    def notify(self, error: Exception) -> None:
        """Show an error.

        Parameters
        ----------
        error : Exception
            The error.
        """
        notify(error, self.told.emit)

    def _on_decided(self, item_id: int) -> None:
        question = self.reviewer.question
        self._loader.forget(item_id)
        self.touched.emit(item_id)
        if question is not None and question.listed:
            self.navigator.go_on(also_skipped=False)
        elif question is not None and question.shown is None:
            self.reviewer.put_away()

    def _on_undone(self, item_id: int, phrase_id: int | None) -> None:
        self.touched.emit(item_id if phrase_id is None else phrase_id)
        question = self.reviewer.question
        if phrase_id is not None and (question is None or question.item_id != phrase_id):
            self._loader.forget(phrase_id)
            self.navigator.go_to(phrase_id)

    def _on_loaded(self, target: Target) -> None:
        if target.item_id is not None:
            self.touched.emit(target.item_id)
        self.photo.encode_ahead()

    def _on_filled(self, photos: int) -> None:
        self._on_idle()
        self.opened.emit()
        self.told.emit(f"{count(photos, 'photo')} in the list: K shows the next one.")

    def _on_warned(self, message: str) -> None:
        # Once, however often a slider has the same phrase read.
        if message not in self._warnings:
            self._warnings.add(message)
            show_warning(message)

    def _on_progressed(self, progress: Progress) -> None:
        self.progressed.emit(progress)
        # Last, because napari's bar lets the event loop run: the end of the work may come in it.
        self._activity.show(progress)

    def _on_idle(self) -> None:
        self._activity.close()
        self.ended.emit()

    def _on_removed(self, event: Any) -> None:
        self.asker.leave(event.value)
        # The viewer may be removing all its layers, one by one: keep out of its way.
        QTimer.singleShot(0, self._leave)

    def _leave(self) -> None:
        if not self._closed and self.reviewer.keep():
            self.reviewer.annotations.remove_closed()
        placement = self.reviewer.placement
        gone = placement is not None and placement.layer not in self._viewer.layers
        if gone and not self._closed:
            self.reviewer.put_away("The photo was closed: open it again, or press J.")
