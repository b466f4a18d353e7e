"""Items that are going to be reviewed, prepared before their turn comes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from qtpy.QtCore import QObject, Signal

from napari_zsris._qt.core.engine import Engine
from napari_zsris._qt.core.request import Settings
from napari_zsris._qt.job import Job
from napari_zsris._qt.queue.prepared import Prepared, prepare
from napari_zsris.annotations import Project

__all__ = ["Lookahead"]

# A photo of a modern camera takes some 40 MB.
REMEMBERED = 8


class Lookahead(QObject):
    """Prepares items in a thread of its own: the one that is wanted now, then those after it.

    Parameters
    ----------
    project : Project
        The project.
    engine : Engine
        Gives the models for photos that nobody has ranked.
    settings : Settings
        Which models.

    Attributes
    ----------
    progressed : Signal(Progress)
        Work on the item that is wanted now went on.
    ready : Signal(Prepared)
        The item that is wanted now is there.
    loaded : Signal(int)
        The item with this id is there, wanted or ahead of its turn.
    warned : Signal(str)
        Work on an item has something to tell beside it.
    failed : Signal(Exception)
        It cannot be shown.
    """

    progressed = Signal(object)
    ready = Signal(object)
    loaded = Signal(int)
    warned = Signal(str)
    failed = Signal(object)

    def __init__(self, project: Project, engine: Engine, settings: Settings) -> None:
        super().__init__()
        self._project, self._engine, self._settings = project, engine, settings
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="zsris-queue")
        self._known: OrderedDict[int, Prepared] = OrderedDict()
        self._wanted: int | None = None
        self._ahead: list[int] = []
        self._job: Job | None = None
        self._working_on: int | None = None
        self._closed = False

    def want(self, item_id: int, ahead: Sequence[int]) -> None:
        """Ask for an item, at once if it is there already.

        Parameters
        ----------
        item_id : int
            The item to be shown.
        ahead : sequence of int
            Those that are likely to be next, the likeliest first.
        """
        self._wanted, self._ahead = item_id, list(ahead)
        if item_id in self._known:
            self._known.move_to_end(item_id)
            self._wanted = None
            self.ready.emit(self._known[item_id])
        elif self._job is not None and self._working_on != item_id:
            self._job.cancel()
        if self._job is None:
            self._next()

    def close(self) -> None:
        """Give everything up; the thread ends at the next step of its work."""
        self._closed = True
        self._wanted, self._ahead = None, []
        if self._job is not None:
            self._job.cancel()
        self._thread.shutdown(wait=False)

    def _next(self) -> None:
        missing = [one for one in (self._wanted, *self._ahead) if one is not None]
        missing = [one for one in missing if one not in self._known]
        if self._closed or not missing:
            return
        self._working_on = missing[0]
        job = Job(prepare(self._project, missing[0], self._engine, self._settings))
        self._job = job
        job.progressed.connect(self._on_progressed)
        job.warned.connect(self.warned)
        job.returned.connect(self._on_returned)
        job.failed.connect(self._on_failed)
        job.finished.connect(self._on_finished)
        # Last, because what is connected later would never hear of it.
        job.finished.connect(job.deleteLater)
        self._thread.submit(job.run)

    def _on_progressed(self, progress: object) -> None:
        if self._working_on == self._wanted:
            self.progressed.emit(progress)

    def _on_returned(self, prepared: Prepared) -> None:
        if self._closed:
            return
        self._known[prepared.item.id] = prepared
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        self.loaded.emit(prepared.item.id)
        if prepared.item.id == self._wanted:
            self._wanted = None
            self.ready.emit(prepared)

    def _on_failed(self, error: Exception) -> None:
        if self._closed:
            return
        if self._working_on == self._wanted:
            self._wanted = None
            self.failed.emit(error)
        else:
            # The person is told when its turn comes.
            self._ahead = [one for one in self._ahead if one != self._working_on]

    def _on_finished(self) -> None:
        self._job = self._working_on = None
        self._next()
