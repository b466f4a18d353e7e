"""What napari tells the person: errors, warnings, and how far the work is."""

from __future__ import annotations

import logging
from collections.abc import Callable

from napari.utils import cancelable_progress
from napari.utils.notifications import notification_manager, show_error
from qtpy.QtCore import QTimer

from napari_zsris.engine.engine import EngineError
from napari_zsris.errors import ZsrisError
from napari_zsris.progress import Progress

__all__ = ["Activity", "notify"]

_log = logging.getLogger(__name__)

# A bar costs more time to make than an encoded picture costs to be asked another phrase.
MILLISECONDS_BEFORE_BAR = 300


def notify(error: Exception, tell: Callable[[str], object]) -> None:
    """Show an error in napari: a sentence where it was foreseen, else with its traceback.

    Parameters
    ----------
    error : Exception
        The error.
    tell : callable
        Shows a sentence in the dock.
    """
    if isinstance(error, ZsrisError):
        tell(str(error))
        show_error(str(error))
        return
    _log.error("segmentation failed", exc_info=error)
    named = EngineError.unforeseen(type(error).__name__, str(error))
    named.__cause__ = error
    tell(str(named))
    notification_manager.receive_error(EngineError, named, error.__traceback__)


class Activity:
    """One bar of the activity dock, with its Cancel button; for the main thread only.

    Work that is done in a moment gets no bar.

    Parameters
    ----------
    cancel : callable
        What the button does.
    """

    def __init__(self, cancel: Callable[[], object]) -> None:
        self._cancel = cancel
        self._bar: cancelable_progress | None = None
        self._stage = ""
        self._step: Progress | None = None
        self._busy = False
        self._over = False
        self._delay = QTimer()
        self._delay.setSingleShot(True)
        self._delay.setInterval(MILLISECONDS_BEFORE_BAR)
        self._delay.timeout.connect(self._refresh)

    def show(self, step: Progress) -> None:
        """Show a step of the work; every stage fills the bar anew.

        Parameters
        ----------
        step : Progress
            The step.
        """
        self._step = step
        if self._bar is not None:
            self._refresh()
        elif not self._delay.isActive():
            self._delay.start()

    def close(self) -> None:
        """Take the bar away."""
        self._delay.stop()
        self._over = True
        if self._bar is not None and not self._busy:
            bar, self._bar = self._bar, None
            bar.close()

    def _refresh(self) -> None:
        # napari's bar lets the event loop run whenever it is told something, so the next step,
        # or the end of the work, may come in between.
        if self._busy or self._step is None:
            return
        self._busy, self._over = True, False
        try:
            if self._bar is None:
                self._stage = self._step.stage
                self._bar = cancelable_progress(desc=self._stage, total=self._step.total)
            self._tell(self._bar, self._step)
        finally:
            self._busy = False
        if self._over:
            self.close()

    def _tell(self, bar: cancelable_progress, step: Progress) -> None:
        if bar.is_canceled:
            self._cancel()
            return
        if step.stage != self._stage:
            self._stage = step.stage
            bar.reset(step.total)
            bar.set_description(step.stage)
        bar.update(step.done - bar.n)
