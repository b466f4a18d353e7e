"""Long work in a thread, one step at a time."""

from __future__ import annotations

import threading
import time
from typing import Any

from qtpy.QtCore import QCoreApplication, QObject, Signal

from napari_zsris.errors import recorded_warnings
from napari_zsris.progress import Progress, Steps

__all__ = ["Job"]

# Progress that comes faster than the eye sees would only keep the window busy.
SECONDS_BETWEEN_REPORTS = 0.1


class Job(QObject):
    """A generator of progress that is run in another thread, and can be stopped between its steps.

    superqt's generator worker is not used because it loses a RuntimeError of the work, torch's
    usual error, without ever reporting an end; because it leaves a stopped generator open; and
    because it swaps the warning filters of the whole process from its thread.

    The application owns it, until whoever made it calls `deleteLater`.

    Parameters
    ----------
    steps : generator of Progress
        The work. It must not touch viewer, layers or widgets.

    Attributes
    ----------
    progressed : Signal(Progress)
        The work went on.
    warned : Signal(str)
        The work has something to tell beside its result.
    returned : Signal(object)
        The work came to its end, with this result.
    failed : Signal(Exception)
        The work raised.
    finished : Signal()
        The thread is done with the work, whatever became of it; emitted last.
    """

    progressed = Signal(object)
    warned = Signal(str)
    returned = Signal(object)
    failed = Signal(object)
    finished = Signal()

    def __init__(self, steps: Steps[Any]) -> None:
        # The thread may well be the last to refer to it, but must not destroy it, which Qt allows
        # only in the thread that an object lives in. So it belongs to the application.
        super().__init__(QCoreApplication.instance())
        self._steps: Steps[Any] | None = steps
        self._stop = threading.Event()
        self._reported = 0.0, Progress("", 0, 0)
        self._over = False

    @property
    def over(self) -> bool:
        """Whether the thread is done with the work."""
        return self._over

    @property
    def cancelled(self) -> bool:
        """Whether the work was asked to stop."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at its next step; it reports nothing any more but its end."""
        self._stop.set()

    def run(self) -> None:
        """Do the work; to be called in a worker thread."""
        steps, self._steps = self._steps, None
        try:
            if steps is not None:
                self._follow(steps)
        except Exception as error:  # noqa: BLE001 - whatever a model raises is shown to the user
            if not self.cancelled:
                self.failed.emit(error)
        finally:
            # The frames of the work hold arrays and models; they go before the end is announced.
            steps = None
            self._over = True
            self.finished.emit()

    def _follow(self, steps: Steps[Any]) -> None:
        while not self.cancelled:
            try:
                progress = self._next(steps)
            except StopIteration as stop:
                if not self.cancelled:
                    self.returned.emit(stop.value)
                return
            self._report(progress)
        steps.close()

    def _next(self, steps: Steps[Any]) -> Progress:
        with recorded_warnings() as messages:
            try:
                return next(steps)
            finally:
                for message in messages:
                    self.warned.emit(message)

    def _report(self, progress: Progress) -> None:
        now = time.monotonic()
        then, last = self._reported
        if progress == last:
            return
        if progress.stage != last.stage or now - then >= SECONDS_BETWEEN_REPORTS:
            self._reported = now, progress
            self.progressed.emit(progress)
