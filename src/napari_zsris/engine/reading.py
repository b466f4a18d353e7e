"""Pictures, read in threads of their own: a slow disk keeps nobody waiting."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from itertools import count
from typing import Any

import numpy.typing as npt

from napari_zsris.engine.picture import Picture, content_hash

__all__ = ["Reader", "Reading"]

LAZY_PICTURES = 8


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
