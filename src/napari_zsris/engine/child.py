"""The engine's process: what is asked is done one after the other, until the window is gone."""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback

import numpy as np
import numpy.typing as npt

from napari_zsris.engine.channel import Channel
from napari_zsris.engine.memory import SharedMemory
from napari_zsris.engine.messages import (
    Ask,
    Failed,
    Notice,
    PhotoMissing,
    PhotoPixels,
    Returned,
    Step,
    Stop,
    Stopped,
)
from napari_zsris.engine.models import Models
from napari_zsris.errors import OutOfMemoryError, ZsrisError, recorded_warnings
from napari_zsris.memory import out_of_memory, why
from napari_zsris.progress import Progress, Steps
from napari_zsris.rle import Rle

__all__ = ["Service", "main"]

SECONDS_BETWEEN_STEPS = 0.1
SECONDS_BETWEEN_LOOKS = 1.0
# Longer than any library keeps the interpreter's lock.
SECONDS_STUCK = 600.0


def main(models: Models | None = None) -> None:
    """Serve the process that started this one, and end with it.

    Parameters
    ----------
    models : Models, optional
        What does the work; models by their names by default.
    """
    parent, incoming, outgoing = json.loads(sys.argv[1])
    # Ctrl+C in a terminal is meant for napari; this process ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, sink = _take_pipes()
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    channel = Channel(
        source, sink, SharedMemory(incoming), SharedMemory(outgoing), lambda: os._exit(0)
    )
    Service(channel, models or Models()).run()


class Service:
    """Does one piece of work after the other, and listens meanwhile.

    Parameters
    ----------
    channel : Channel
        To the window's process.
    models : Models
        What does the work.
    """

    def __init__(self, channel: Channel, models: Models) -> None:
        self._channel, self._models = channel, models
        self._asked: list[Ask] = []
        self._photos: dict[int, PhotoPixels] = {}
        self._current = 0
        self._stopped = False

    def run(self) -> None:
        """Work for ever; the process ends when the other one is gone."""
        with contextlib.suppress(EOFError):
            while True:
                while not self._asked:
                    self._note(self._channel.receive())
                self._do(self._asked.pop(0))

    def _do(self, ask: Ask) -> None:
        self._current, self._stopped = ask.ticket, False
        steps = self._models.do(ask.work, self._take_photo)
        result: Returned | Stopped | Failed
        try:
            result = self._follow(steps)
        except EOFError:
            raise
        # A model that wants to end the program ends its own work only.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            if out_of_memory(error):
                self._models.forget_photos()
            result = _failure(ask.ticket, error)
        self._channel.send(result)

    def _follow(self, steps: Steps[object]) -> Returned | Stopped:
        ticket, last, stage = self._current, 0.0, ""
        while True:
            self._listen()
            if self._stopped:
                steps.close()
                return Stopped(ticket)
            try:
                progress = self._next(steps)
            except StopIteration as stop:
                return Returned(ticket, stop.value)
            now = time.monotonic()
            if progress.stage != stage or now - last >= SECONDS_BETWEEN_STEPS:
                last, stage = now, progress.stage
                self._channel.send(Step(ticket, progress))

    def _take_photo(self) -> Steps[tuple[npt.NDArray[np.uint8], tuple[Rle, ...] | None]]:
        ticket = self._current
        self._photos.clear()
        self._channel.send(PhotoMissing(ticket))
        while ticket not in self._photos:
            if not self._stopped:
                self._note(self._channel.receive())
            yield Progress("reading the image", 0, 0)
        photo = self._photos.pop(ticket)
        return photo.pixels, photo.masks

    def _listen(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._note(self._channel.receive(0))

    def _note(self, message: object) -> None:
        match message:
            case Ask():
                self._asked.append(message)
            case Stop(ticket):
                self._stopped = self._stopped or ticket == self._current
                for ask in [ask for ask in self._asked if ask.ticket == ticket]:
                    self._asked.remove(ask)
                    self._channel.send(Stopped(ticket))
            case PhotoPixels():
                self._photos = {message.ticket: message}

    def _next(self, steps: Steps[object]) -> Progress:
        with recorded_warnings() as messages:
            try:
                return next(steps)
            finally:
                for message in messages:
                    self._channel.send(Notice(message))


def _failure(ticket: int, error: BaseException) -> Failed:
    if out_of_memory(error):
        error = OutOfMemoryError(why(error))
    foreseen = isinstance(error, ZsrisError)
    name = type(error).__name__
    trace = "" if foreseen else "".join(traceback.format_exception(error))
    return Failed(ticket, name, " ".join(str(error).split()), foreseen, trace)


def _take_pipes() -> tuple[io.FileIO, io.FileIO]:
    """Keep the pipes for messages alone: what libraries print goes to the terminal."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
        faulthandler.enable()
    except (OSError, ValueError, AttributeError, RuntimeError):
        # Without a terminal, as on Windows, there is nowhere to print.
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
    os.close(nothing)
    return io.FileIO(source, "rb"), io.FileIO(sink, "wb")


def _watch(parent: int) -> None:
    """End this process when its parent is gone, or when it is stuck for minutes.

    The pipe's end tells of the parent's death as well, unless some other child of the parent has
    inherited the pipe; and nothing in Python could tell while a library holds its lock for ever.
    """
    silent = os.open(os.devnull, os.O_WRONLY)
    while sys.platform == "win32" or os.getppid() == parent:
        faulthandler.dump_traceback_later(SECONDS_STUCK, exit=True, file=silent)
        time.sleep(SECONDS_BETWEEN_LOOKS)
    os._exit(0)
