"""A picture on its way to the engine's process."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import numpy.typing as npt

from napari_zsris.engine.reading import Reader, Reading
from napari_zsris.engine.request import Request
from napari_zsris.progress import Progress, Steps

__all__ = ["PhotoSource", "finished"]

SECONDS_BETWEEN_LOOKS = 0.01


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
