"""The engine as docks use it: questions as steps, answered in a process of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari_zsris.engine.channel import ChannelBlockedError
from napari_zsris.engine.messages import Encode, Prepare, Rank, RankTask, Work
from napari_zsris.engine.outcome import Outcome
from napari_zsris.engine.process import PROGRAM, EngineProcess
from napari_zsris.engine.reading import PhotoSource, Reader, finished
from napari_zsris.engine.request import Request, Settings
from napari_zsris.engine.talk import EngineError, StuckError, Talk
from napari_zsris.engine.turn import Turn
from napari_zsris.errors import warn
from napari_zsris.progress import Progress, Steps

if TYPE_CHECKING:
    from napari_zsris.engine.choices import Choice
    from napari_zsris.engine.picture import Picture
    from napari_zsris.prelabel import Outcome as TaskOutcome
    from napari_zsris.prelabel import Task

__all__ = ["Engine", "EngineError"]


class Engine:
    """Asks one child process, which is started when it is needed, and again when it has died.

    Every method that gives steps may be used from any thread, several at a time: the process does
    one piece of work after the other, questions first. Steps are to be run in a thread; when they
    are closed the work is given up.

    Parameters
    ----------
    program : str
        The Python that the process runs.
    """

    def __init__(self, program: str = PROGRAM) -> None:
        self._program = program
        self._process: EngineProcess | None = None
        self._reader = Reader()
        self._turn = Turn()
        self._state = threading.Lock()
        self._holders: set[object] = set()
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The number of the process; None when there is none."""
        process = self._process
        return process.pid if process is not None and process.alive else None

    @property
    def closed(self) -> bool:
        """Whether it is of no use any more."""
        return self._closed

    def hold(self) -> Callable[[], None]:
        """Keep the engine from being closed.

        Returns
        -------
        callable
            Ends this hold; with the last hold the process ends.
        """
        holder = object()
        self._holders.add(holder)

        def release() -> None:
            if holder in self._holders:
                self._holders.remove(holder)
                if not self._holders:
                    self.close()

        return release

    def close(self) -> None:
        """End the process at once, for good; whatever it does is lost."""
        with self._state:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            process.kill()

    def prepare(self) -> Steps[list[Choice]]:
        """Start the process and import what is heavy, and look which models there are.

        Yields
        ------
        Progress
            Between two of these the work may be given up.

        Returns
        -------
        list of Choice
            CLIP models by name.
        """
        choices: list[Choice] = yield from self._done(Prepare(), urgent=False)
        return choices

    def run(self, request: Request) -> Steps[Outcome]:
        """Answer a request, doing only what earlier ones have not done.

        Parameters
        ----------
        request : Request
            A phrase asked of a picture.

        Yields
        ------
        Progress
            Between two of these the work may be given up.

        Returns
        -------
        Outcome
            The best candidates.

        Raises
        ------
        ZsrisError
            A model is not available, the phrase or the picture is of no use, or the process died.
        """
        photo = PhotoSource(self._reader, request)
        key = yield from photo.key()
        work = Rank(key, request.settings, request.phrase)
        found = yield from self._done(work, photo)
        return Outcome(**vars(found), request=request, content=photo.content)

    def encode(self, request: Request) -> Steps[None]:
        """Encode a request's picture, so that its phrase and any other is answered at once.

        A question overtakes it, and it goes on afterwards.

        Parameters
        ----------
        request : Request
            The picture, and what to use.

        Yields
        ------
        Progress
            Between two of these the work may be given up; what was done of it is kept, until
            another photo is encoded.

        Raises
        ------
        ZsrisError
            As for `run`.
        """
        photo = PhotoSource(self._reader, request)
        key = yield from photo.key()
        yield from self._done(Encode(key, request.settings), photo, urgent=False)

    def rank(self, task: Task, settings: Settings, *, urgent: bool = False) -> Steps[TaskOutcome]:
        """Rank the phrases of a stored photo; nothing is written.

        Parameters
        ----------
        task : Task
            The photo's file, its phrases, and masks of its own.
        settings : Settings
            What to use.
        urgent : bool
            Whether a person waits for it; a question overtakes what is not urgent.

        Yields
        ------
        Progress
            Between two of these the work may be given up.

        Returns
        -------
        Outcome
            What :func:`napari_zsris.prelabel.record` takes.

        Raises
        ------
        ZsrisError
            A model is not available, or the process died.
        """
        outcome: TaskOutcome
        outcome = yield from self._done(RankTask(task, settings), urgent=urgent)
        return outcome

    def identify(self, picture: Picture) -> Steps[str]:
        """Read a picture and tell its content; the process has no part in it.

        Parameters
        ----------
        picture : Picture
            The picture.

        Yields
        ------
        Progress
            While it is read.

        Returns
        -------
        str
            The content hash of its planes.

        Raises
        ------
        ImageError
            It cannot be read.
        """
        reading = self._reader.read(picture)
        yield from finished(reading)
        return reading.content

    def _done(
        self, work: Work, photo: PhotoSource | None = None, *, urgent: bool = True
    ) -> Steps[Any]:
        while True:
            yield from self._turn.taken(urgent=urgent)
            try:
                return (yield from self._attempt(work, photo, urgent=urgent))
            except _OvertakenError:
                continue
            except (StuckError, ChannelBlockedError):
                self._discard()
                _warn_of_new("it did not stop what it was doing")
            except _DiedBeforeError as death:
                _warn_of_new(str(death))
            finally:
                self._turn.give_back()

    def _attempt(self, work: Work, photo: PhotoSource | None, *, urgent: bool) -> Steps[Any]:
        process = yield from self._running()
        talk = Talk(process, photo)
        try:
            for step in talk.steps(work):
                if not urgent and self._turn.wanted:
                    raise _OvertakenError
                yield step
        except EOFError:
            self._discard()
            if talk.too_late:
                raise _DiedBeforeError(process.reason) from None
            raise EngineError(
                f"The engine stopped: {process.reason}. Ask again and a new one starts; if it "
                "happens again, choose a smaller model, other proposals or a smaller image."
            ) from None
        finally:
            talk.close()
        return talk.result

    def _running(self) -> Steps[EngineProcess]:
        process = self._process
        if process is None:
            yield Progress("starting", 0, 0)
            process = self._start()
        return process

    def _start(self) -> EngineProcess:
        with self._state:
            if self._closed:
                raise EngineError("the engine was closed: open the dock again")
            self._process = EngineProcess(self._program)
            return self._process

    def _discard(self) -> None:
        with self._state:
            process, self._process = self._process, None
        if process is not None:
            process.kill()


class _OvertakenError(Exception):
    """A question is to be answered first."""


class _DiedBeforeError(Exception):
    """The process had died before it was asked."""


def _warn_of_new(reason: str) -> None:
    # The time makes it another warning, for each is shown once.
    warn(f"The engine had stopped ({reason}); a new one was started at {time.strftime('%H:%M')}.")
