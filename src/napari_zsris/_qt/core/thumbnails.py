"""Small pictures of candidates."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from napari_zsris.proposals.bitmap import Bitmap

__all__ = ["THUMBNAIL_SIDE", "thumbnail"]

RGB: TypeAlias = npt.NDArray[np.uint8]

THUMBNAIL_SIDE = 96
MARGIN = 0.15
DIMMED = 0.35


def thumbnail(pixels: RGB, bitmap: Bitmap, side: int = THUMBNAIL_SIDE) -> RGB:
    """Cut an object out of a picture, with a margin, and dim what is not the object.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The picture.
    bitmap : Bitmap
        The object's mask.
    side : int
        Height and width of the result, in pixels.

    Returns
    -------
    (side, side, 3) uint8 array
        The object in the middle of a square.
    """
    left, top, width = _square(bitmap)
    # A square that leaves the picture is filled up with black, so that nothing is distorted.
    step = max(1, width // (2 * side))
    ys, xs = top + np.arange(0, width, step), left + np.arange(0, width, step)
    height_, width_ = pixels.shape[:2]
    inside = ((ys >= 0) & (ys < height_))[:, None] & ((xs >= 0) & (xs < width_))
    cut = pixels[np.clip(ys, 0, height_ - 1)[:, None], np.clip(xs, 0, width_ - 1)]
    mask = bitmap.window(left, top, left + width, top + width)[::step, ::step]
    light = np.where(mask, 1.0, DIMMED) * inside
    shaded = Image.fromarray((cut * light[..., None]).astype(np.uint8))
    return np.asarray(shaded.resize((side, side), Image.Resampling.BILINEAR))


def _square(bitmap: Bitmap) -> tuple[int, int, int]:
    x0, y0, x1, y1 = bitmap.box
    width = max(8, round(max(x1 - x0, y1 - y0) * (1 + 2 * MARGIN)))
    return (x0 + x1 - width) // 2, (y0 + y1 - width) // 2, width
