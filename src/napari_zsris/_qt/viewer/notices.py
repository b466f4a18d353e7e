"""Errors and warnings as a person sees them."""

from __future__ import annotations

import logging
from collections.abc import Callable

from napari.utils.notifications import notification_manager, show_error, show_warning

from napari_zsris.errors import ZsrisError

__all__ = ["WarningNotices", "WorkError", "notify"]

_log = logging.getLogger(__name__)


class WorkError(ZsrisError):
    """A model or its libraries failed in a way that no message of ours foresaw."""


class WarningNotices:
    """Shows warnings in napari, each once, however often a slider has the same phrase read."""

    def __init__(self) -> None:
        self._shown: set[str] = set()

    def show(self, message: str) -> None:
        """Show a warning that has not been shown.

        Parameters
        ----------
        message : str
            What a person should know.
        """
        if message not in self._shown:
            self._shown.add(message)
            show_warning(message)


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
    named = WorkError(
        f"segmentation stopped with {type(error).__name__}: {error}; try again, "
        "or choose another model, other proposals or a smaller image"
    )
    named.__cause__ = error
    tell(str(named))
    notification_manager.receive_error(WorkError, named, error.__traceback__)
