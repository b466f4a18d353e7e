"""Pictures on their way to the engine, read in threads: a slow disk keeps nobody waiting."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_zsris.engine.picture import Picture, content_hash
from napari_zsris.engine.request import Request
from napari_zsris.progress import Progress, Steps

__all__ = ["PhotoSource", "Reader", "Reading", "finished"]

LAZY_PICTURES = 8

SECONDS_BETWEEN_LOOKS = 0.01


class Reading:
    """A picture that is being read, or was.

    Parameters
    ----------
    picture : Picture
        The picture.
    """

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self._raws: tuple[npt.NDArray[Any], ...] = ()
        self._content = ""
        self._error: Exception | None = None
        self._done = threading.Event()
        # A read cannot be broken off, so Python must not wait for it at its end.
        threading.Thread(target=self._read, name="zsris-picture", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait for the end.

        Parameters
        ----------
        seconds : float
            How long at most.

        Returns
        -------
        bool
            Whether it has come.
        """
        return self._done.wait(seconds)

    @property
    def failed(self) -> bool:
        """Whether the picture could not be read."""
        return self._error is not None

    @property
    def raws(self) -> tuple[npt.NDArray[Any], ...]:
        """The planes' values, after the end; raises what reading them raised."""
        if self._error is not None:
            raise self._error
        return self._raws

    @property
    def content(self) -> str:
        """The content hash of the values, after the end; raises what reading them raised."""
        if self._error is not None:
            raise self._error
        return self._content

    def _read(self) -> None:
        try:
            self._raws = self.picture.read()
            self._content = content_hash(*self._raws)
        except Exception as error:  # noqa: BLE001 - raised again where the picture is wanted
            self._error = error
        self._done.set()


class Reader:
    """Reads pictures, and tells which are the same.

    Arrays are read whenever they are asked about, since a person may have changed them in place.
    What is lazy is taken to be what it was, and the last of it is kept, so that whoever wants it at
    the same time shares one read.
    """

    def __init__(self) -> None:
        self._latest: Reading | None = None
        # The pictures are kept because their keys may hold ids of their data.
        self._lazy: OrderedDict[Hashable, tuple[Picture, int]] = OrderedDict()
        self._numbers = count()
        self._lock = threading.Lock()

    def read(self, picture: Picture) -> Reading:
        """Begin to read a picture, or share what is read already.

        Parameters
        ----------
        picture : Picture
            The picture.

        Returns
        -------
        Reading
            To be waited for.
        """
        if not picture.lazy:
            return Reading(picture)
        with self._lock:
            latest = self._latest
            if latest is None or latest.picture.key != picture.key or latest.failed:
                self._latest = latest = Reading(picture)
            return latest

    def number(self, picture: Picture) -> int:
        """Give a lazy picture a number, which it keeps while it is among the latest.

        Parameters
        ----------
        picture : Picture
            The picture.

        Returns
        -------
        int
            Its number.
        """
        with self._lock:
            if picture.key not in self._lazy:
                self._lazy[picture.key] = picture, next(self._numbers)
            self._lazy.move_to_end(picture.key)
            while len(self._lazy) > LAZY_PICTURES:
                self._lazy.popitem(last=False)
            return self._lazy[picture.key][1]


class PhotoSource:
    """Gives a request's picture, once for all that need it.

    Parameters
    ----------
    reader : Reader
        Reads it.
    request : Request
        The request.

    Attributes
    ----------
    masks : tuple of Rle or None
        The picture's own masks.
    content : str
        The content hash, as far as the picture was read.
    """

    def __init__(self, reader: Reader, request: Request) -> None:
        self._reader = reader
        self._picture = request.picture
        self._reading: Reading | None = None
        self.masks = request.masks
        self._masks_key = request.masks_key
        self.content = ""

    def key(self) -> Steps[Hashable]:
        """Give what photos have in common that look the same to the engine.

        Yields
        ------
        Progress
            While the picture is read; lazy ones are not.

        Returns
        -------
        hashable
            Of plain values.
        """
        picture = self._picture
        if picture.lazy:
            return self._reader.number(picture), picture.display, self._masks_key
        yield from self._read()
        return self.content, picture.display, self._masks_key

    def pixels(self) -> Steps[npt.NDArray[np.uint8]]:
        """Give the picture's colours.

        Yields
        ------
        Progress
            While the picture is read.

        Returns
        -------
        (H, W, 3) uint8 array
            RGB.
        """
        reading = yield from self._read()
        return self._picture.show(reading.raws)

    def _read(self) -> Steps[Reading]:
        if self._reading is None:
            self._reading = self._reader.read(self._picture)
        yield from finished(self._reading)
        self.content = self._reading.content
        return self._reading


def finished(reading: Reading) -> Steps[None]:
    """Wait for a picture.

    Parameters
    ----------
    reading : Reading
        The picture.

    Yields
    ------
    Progress
        While it is read.
    """
    while not reading.wait(SECONDS_BETWEEN_LOOKS):
        yield Progress("reading the image", 0, 0)
