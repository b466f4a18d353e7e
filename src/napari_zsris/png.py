"""PNG files whose channels have 16 bits, which Pillow cuts to 8."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile

from napari_zsris.pixels import Pixels

__all__ = ["read_deep_png"]

_DEEP_PNGS = ("LA;16B", "RGB;16B", "RGBA;16B")


def read_deep_png(picture: ImageFile.ImageFile, stream: BinaryIO) -> Pixels | None:
    """Read all bits of a PNG of 16 bits and several channels, of which Pillow keeps the upper 8.

    Parameters
    ----------
    picture : ImageFile
        The file as Pillow opened it.
    stream : file object
        The file, open for reading.

    Returns
    -------
    (H, W, 3 or 4) uint16 array or None
        All bits, as stored; None for any other file.
    """
    if picture.format != "PNG" or picture.tile[0].args not in _DEEP_PNGS:
        return None
    if picture.tile[0].args == "LA;16B":
        # Four bytes a pixel, which are read as they are.
        picture.tile = [tile._replace(args="RGBA") for tile in picture.tile]
        grey_and_alpha = np.array(picture).view(">u2").astype(np.uint16)
        return np.asarray(grey_and_alpha[..., [0, 0, 0, 1]])
    upper = np.array(picture)
    stream.seek(0)
    with Image.open(stream, formats=("PNG",)) as again:
        # Read as if the lower byte came last, whose upper half is the lower.
        swapped = str(again.tile[0].args).replace("16B", "16L")
        again.tile = [tile._replace(args=swapped) for tile in again.tile]
        return np.asarray(upper.astype(np.uint16) << 8 | np.array(again))
