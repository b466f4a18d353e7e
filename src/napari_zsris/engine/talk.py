"""One piece of work of the engine's process, as it is followed from the window's."""

from __future__ import annotations

import logging
from typing import Any

from napari_zsris.engine.messages import (
    Failed,
    Notice,
    PhotoMissing,
    PhotoPixels,
    Returned,
    Step,
    Work,
)
from napari_zsris.engine.models import LOADING
from napari_zsris.engine.process import EngineProcess
from napari_zsris.engine.reading import PhotoSource
from napari_zsris.errors import ZsrisError, warn
from napari_zsris.progress import Progress, Steps

__all__ = ["EngineError", "StuckError", "Talk"]

# What is given up in the window is given up here after so long at most.
SECONDS_BETWEEN_LOOKS = 0.01
SECONDS_TO_STOP = 20.0
SECONDS_TO_LOAD = 600.0

_log = logging.getLogger(__name__)


class EngineError(ZsrisError):
    """The engine's process ended, or a model failed in a way that no message foresaw."""

    @classmethod
    def unforeseen(cls, name: str, message: str) -> EngineError:
        """Put an error that no message of ours foresaw into one.

        Parameters
        ----------
        name : str
            The name of its class.
        message : str
            What it says.

        Returns
        -------
        EngineError
            The error, with what to do next.
        """
        return cls(
            f"segmentation stopped with {name}: {message}; try again, "
            "or choose another model, other proposals or a smaller image"
        )


class StuckError(Exception):
    """The process does not stop what it was asked to stop."""


class Talk:
    """Has one piece of work done, and hands the photo over when it is missed.

    Parameters
    ----------
    process : EngineProcess
        What does it.
    photo : PhotoSource, optional
        The photo of the work, where it has one.

    Attributes
    ----------
    result : object
        What the work gave, once its steps are over.
    """

    def __init__(self, process: EngineProcess, photo: PhotoSource | None) -> None:
        self.result: Any = None
        self._process, self._photo = process, photo
        self._ticket = 0
        self._over = False
        self._last = Progress(LOADING[0], 0, 0)

    @property
    def too_late(self) -> bool:
        """Whether a process that had worked before did not even begin with this."""
        return 0 < self._process.heard != self._ticket

    def steps(self, work: Work) -> Steps[None]:
        """Follow the work to its end.

        Parameters
        ----------
        work : Prepare, Encode, Rank or RankTask
            The work.

        Yields
        ------
        Progress
            Every hundredth of a second at least.

        Raises
        ------
        EOFError
            The process is gone.
        StuckError
            It is still busy with what should have ended long ago.
        ZsrisError
            What the work raised.
        """
        self._ticket = self._process.ask(work)
        while not self._over:
            message = self._process.receive(self._ticket, SECONDS_BETWEEN_LOOKS)
            if message is None and self._process.stuck:
                raise StuckError
            yield from self._heard(message)

    def close(self) -> None:
        """Give the work up, unless it is over."""
        if not self._over and self._ticket:
            loading = self._last.stage in LOADING
            seconds = SECONDS_TO_LOAD if loading else SECONDS_TO_STOP
            self._process.stop(self._ticket, seconds)

    def _heard(self, message: object) -> Steps[None]:
        match message:
            case Returned():
                self._over, self.result = True, message.result
            case Failed():
                self._over = True
                raise _error_of(message)
            case PhotoMissing() if self._photo is not None:
                pixels = yield from self._photo.pixels()
                self._process.send(PhotoPixels(self._ticket, pixels, self._photo.masks))
            case Notice():
                warn(message.text)
            case Step():
                self._last = message.progress
                yield self._last
            case _:
                yield self._last


def _error_of(failed: Failed) -> ZsrisError:
    if failed.foreseen:
        kinds = {kind.__name__: kind for kind in ZsrisError.__subclasses__()}
        return kinds.get(failed.name, ZsrisError)(failed.message)
    _log.error("segmentation failed in the engine's process\n%s", failed.trace)
    return EngineError.unforeseen(failed.name, failed.message)
