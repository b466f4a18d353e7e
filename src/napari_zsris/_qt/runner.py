"""One request at a time, the latest one next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from qtpy.QtCore import QObject, Signal

from napari_zsris._qt.core.engine import Engine
from napari_zsris._qt.core.outcome import Outcome
from napari_zsris._qt.core.request import Request
from napari_zsris._qt.job import Job
from napari_zsris.progress import Progress

__all__ = ["Runner"]


class Runner(QObject):
    """Answers requests in a thread of its own, so that the engine never runs twice at once.

    A new request replaces one that waits. Work that is under way is given up, unless it is the
    encoding that the new request needs as well.

    Parameters
    ----------
    engine : Engine
        What answers.

    Attributes
    ----------
    started : Signal(Request)
        Work on a request began.
    progressed : Signal(Progress)
        It went on.
    answered : Signal(Outcome)
        It led to candidates.
    warned : Signal(str)
        It has something to tell beside its result.
    failed : Signal(Exception)
        It raised.
    idle : Signal()
        Nothing is left to do.
    prepared : Signal(object)
        The heavy imports are done; carries the list of CLIP models as Choices.
    """

    started = Signal(object)
    progressed = Signal(object)
    answered = Signal(object)
    warned = Signal(str)
    failed = Signal(object)
    idle = Signal()
    prepared = Signal(object)

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="zsris")
        self._job: Job | None = None
        self._request: Request | None = None
        self._waiting: Request | None = None
        self._closed = False
        self._preparation = Job(engine.prepare())
        self._preparation.returned.connect(self.prepared)
        self._preparation.warned.connect(self.warned)
        self._preparation.finished.connect(self._preparation.deleteLater)
        self._thread.submit(self._preparation.run)

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self._job is not None

    @property
    def _cancelled(self) -> bool:
        return self._job is not None and self._job.cancelled

    def ask(self, request: Request) -> None:
        """Answer a request as soon as may be.

        Parameters
        ----------
        request : Request
            What is asked.
        """
        if self._closed:
            return
        if self._job is None:
            self._start(request)
            return
        self._waiting = request
        if self._request is not None and not self._request.same_work(request):
            self._job.cancel()

    def cancel(self) -> None:
        """Give up what is under way and what waits."""
        self._waiting = None
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        """Give everything up for good; the thread ends at the next step of its work."""
        self._closed = True
        self.cancel()
        self._preparation.cancel()
        self._thread.shutdown(wait=False)

    def _start(self, request: Request) -> None:
        job = Job(self._engine.run(request))
        self._job, self._request = job, request
        job.progressed.connect(self._on_progressed)
        job.warned.connect(self.warned)
        job.returned.connect(self._on_returned)
        job.failed.connect(self._on_failed)
        job.finished.connect(self._on_finished)
        # Last, because what is connected later would never hear of it.
        job.finished.connect(job.deleteLater)
        self.started.emit(request)
        self._thread.submit(job.run)

    def _on_progressed(self, progress: Progress) -> None:
        if not self._cancelled:
            self.progressed.emit(progress)

    def _on_returned(self, outcome: Outcome) -> None:
        if not self._cancelled:
            self.answered.emit(outcome)

    def _on_failed(self, error: Exception) -> None:
        if not self._cancelled:
            self._waiting = None
            self.failed.emit(error)

    def _on_finished(self) -> None:
        self._job = self._request = None
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._start(waiting)
        elif not self._closed:
            self.idle.emit()
