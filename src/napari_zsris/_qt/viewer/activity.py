"""Progress in napari's activity dock."""

from __future__ import annotations

from collections.abc import Callable

from napari.utils import cancelable_progress

from napari_zsris.progress import Progress

__all__ = ["Activity"]


class Activity:
    """One bar of the activity dock, with its Cancel button; for the main thread only.

    Parameters
    ----------
    cancel : callable
        What the button does.
    """

    def __init__(self, cancel: Callable[[], object]) -> None:
        self._cancel = cancel
        self._bar: cancelable_progress | None = None
        self._stage = ""
        self._busy = False
        self._over = False

    def show(self, step: Progress) -> None:
        """Show a step of the work; every stage fills the bar anew.

        Parameters
        ----------
        step : Progress
            The step.
        """
        # napari's bar lets the event loop run whenever it is told something, so the next step,
        # or the end of the work, may come in between.
        if self._busy:
            return
        self._busy, self._over = True, False
        try:
            self._tell(step)
        finally:
            self._busy = False
        if self._over:
            self.close()

    def close(self) -> None:
        """Take the bar away."""
        self._over = True
        if self._bar is not None and not self._busy:
            bar, self._bar = self._bar, None
            bar.close()

    def _tell(self, step: Progress) -> None:
        if self._bar is None:
            self._bar = cancelable_progress(desc=step.stage, total=step.total)
            self._stage = step.stage
        if self._bar.is_canceled:
            self._cancel()
            return
        if step.stage != self._stage:
            self._stage = step.stage
            self._bar.reset(step.total)
            self._bar.set_description(step.stage)
        self._bar.update(step.done - self._bar.n)
