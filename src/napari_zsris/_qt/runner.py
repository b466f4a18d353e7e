"""One piece of work at a time: the latest question first, then what is done ahead of the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_zsris._qt.job import Job
from napari_zsris._qt.viewer.mask_labels import warm_labels
from napari_zsris.engine.engine import Engine, EngineError
from napari_zsris.engine.outcome import Outcome
from napari_zsris.engine.picture import Picture
from napari_zsris.engine.request import Request, Settings
from napari_zsris.progress import Progress, Steps

__all__ = ["Runner"]


class Runner(QObject):
    """Asks the engine, in a thread of its own; for the main thread only.

    A new request replaces one that waits. Work that is under way is given up, unless it is the
    encoding that the new request needs as well. When nothing is asked, pictures are encoded ahead.

    napari's own worker is not used; see `Job`.

    Parameters
    ----------
    engine : Engine
        What answers; it is held until `close`.

    Attributes
    ----------
    started : Signal(Request)
        Work on a request began.
    progressed : Signal(Progress)
        It went on.
    answered : Signal(Outcome)
        It led to candidates.
    failed : Signal(Exception)
        It raised.
    idle : Signal()
        No request is left to be answered.
    prepared : Signal(object)
        The heavy imports are done; carries the list of CLIP models as Choices.
    warned : Signal(str)
        Something that a person should know.
    encoded : Signal(Picture)
        A picture is encoded ahead.
    identified : Signal(Picture, str)
        The content hash of a picture.
    """

    started = Signal(object)
    progressed = Signal(object)
    answered = Signal(object)
    failed = Signal(object)
    idle = Signal()
    prepared = Signal(object)
    warned = Signal(str)
    encoded = Signal(object)
    identified = Signal(object, str)

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._release = engine.hold()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._job: Job | None = None
        self._request: Request | None = None
        self._waiting: Request | None = None
        self._ahead: list[_Ahead] = [_Ahead(None, engine.prepare, self.prepared.emit)]
        self._reads: list[Job] = []
        self._closed = False
        # Here, because the first question is still to come, and its masks are to show at once.
        warm_labels()
        threading.Thread(target=_work, args=(self._jobs,), name="zsris", daemon=True).start()
        self._next()

    @property
    def busy(self) -> bool:
        """Whether a request is being answered, or waits to be."""
        return self._request is not None or self._waiting is not None

    def ask(self, request: Request) -> None:
        """Answer a request as soon as may be.

        Parameters
        ----------
        request : Request
            What is asked.
        """
        if self._closed:
            return
        self._waiting = request
        if self._job is None:
            self._next()
        elif self._request is None or not self._request.same_work(request):
            self._job.cancel()

    def encode_ahead(self, pictures: Sequence[Picture], settings: Settings) -> None:
        """Encode pictures while nothing is asked; they replace those of the last call.

        Parameters
        ----------
        pictures : sequence of Picture
            Those that are likely to be asked about, the likeliest first.
        settings : Settings
            What will be used.
        """
        if self._closed:
            return
        doing = self._ahead[0].key if self._request is None and self._ahead else None
        self._ahead = [each for each in self._ahead if each.key is None]
        for picture in pictures:
            request = Request(picture, "", settings)
            encode = partial(self._engine.encode, request)
            done = partial(self._on_encoded, picture)
            self._ahead.append(_Ahead(request.encoding_key, encode, done))
        if self._job is None:
            self._next()
        elif doing is not None and doing != next((one.key for one in self._ahead), None):
            self._job.cancel()

    def identify(self, picture: Picture) -> None:
        """Read a picture and tell its content hash, at the same time as other work.

        Parameters
        ----------
        picture : Picture
            The picture.
        """
        if self._closed:
            return
        job = Job(_identifying(self._engine, picture))
        self._reads = [job, *(each for each in self._reads if not each.over)]
        job.returned.connect(self._on_identified)
        job.failed.connect(self.failed)
        job.finished.connect(job.deleteLater)
        threading.Thread(target=job.run, name="zsris-identify", daemon=True).start()

    def cancel(self) -> None:
        """Give up what is under way and what waits; nothing is encoded ahead any more."""
        self._waiting = None
        if self._request is not None or not self._preparing:
            self._stop()
        self._ahead = [each for each in self._ahead if each.key is None]

    def close(self) -> None:
        """Give everything up for good, and let the engine go."""
        if not self._closed:
            self._closed = True
            self._waiting = None
            self._ahead = []
            self._stop()
            for job in self._reads:
                job.cancel()
            self._jobs.put(None)
            self._release()

    @property
    def _preparing(self) -> bool:
        return bool(self._ahead) and self._ahead[0].key is None

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _next(self) -> None:
        request, self._waiting = self._waiting, None
        if request is not None:
            self._request = request
            self.started.emit(request)
            self._start(self._engine.run(request), self._on_returned, self._on_failed)
        elif self._ahead:
            ahead = self._ahead[0]
            self._start(ahead.steps(), self._on_done_ahead, self._on_failed_ahead)

    def _start(
        self,
        steps: Steps[Any],
        returned: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        job = Job(steps)
        self._job = job
        job.progressed.connect(self._on_progressed)
        job.warned.connect(self.warned)
        job.returned.connect(returned)
        job.failed.connect(failed)
        job.finished.connect(self._on_finished)
        # Last, because what is connected later would never hear of it.
        job.finished.connect(job.deleteLater)
        self._jobs.put(job)

    @property
    def _cancelled(self) -> bool:
        return self._job is not None and self._job.cancelled

    def _on_progressed(self, progress: Progress) -> None:
        if self._request is not None and not self._cancelled:
            self.progressed.emit(progress)

    def _on_returned(self, outcome: Outcome) -> None:
        if not self._cancelled:
            self.answered.emit(outcome)

    def _on_failed(self, error: Exception) -> None:
        if not self._cancelled:
            self._waiting = None
            self.failed.emit(error)

    def _on_done_ahead(self, result: object) -> None:
        if not self._cancelled:
            self._ahead.pop(0).done(result)

    def _on_failed_ahead(self, error: Exception) -> None:
        if not self._cancelled:
            self._ahead.pop(0)
            # What is wrong with a picture or a model is told when it is asked about.
            if isinstance(error, EngineError):
                self.warned.emit(str(error))

    def _on_identified(self, found: tuple[Picture, str]) -> None:
        if not self._closed:
            self.identified.emit(*found)

    def _on_encoded(self, picture: Picture, _result: object) -> None:
        self.encoded.emit(picture)

    def _on_finished(self) -> None:
        answered = self._request is not None
        self._job = self._request = None
        if self._closed:
            return
        if answered and self._waiting is None:
            self.idle.emit()
        # Whoever heard of that may have asked already.
        if self._job is None:
            self._next()


@dataclass(frozen=True)
class _Ahead:
    """What is done while nothing is asked; the key of preparing is None."""

    key: Hashable | None
    steps: Callable[[], Steps[Any]]
    done: Callable[[Any], object]


def _identifying(engine: Engine, picture: Picture) -> Steps[tuple[Picture, str]]:
    content = yield from engine.identify(picture)
    return picture, content


def _work(jobs: SimpleQueue[Job | None]) -> None:
    for job in iter(jobs.get, None):
        job.run()
