"""Small pictures of candidates."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage as ndi

from napari_zsris.engine.mask_colour import mask_colour
from napari_zsris.proposals.bitmap import Bitmap

__all__ = ["THUMBNAIL_SIDE", "thumbnail"]

RGB: TypeAlias = npt.NDArray[np.uint8]

THUMBNAIL_SIDE = 96
# Of the longer side of the object's box: enough to see where in the picture the object is.
MARGIN = 0.25
DIMMED = 0.5
# Of the thumbnail's side: two pixels of 96.
OUTLINE = 1 / 48


def thumbnail(
    pixels: RGB, bitmap: Bitmap, side: int = THUMBNAIL_SIDE, colour: str | None = None
) -> RGB:
    """Cut an object out of a picture with its surroundings, which are dimmed, and outline it.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The picture.
    bitmap : Bitmap
        The object's mask.
    side : int
        Height and width of the result, in pixels.
    colour : str, optional
        The outline's, as #rrggbb; the one that shows the object best by default.

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
    small = np.array(shaded.resize((side, side), Image.Resampling.BILINEAR))
    object_ = Image.fromarray(mask).resize((side, side), Image.Resampling.NEAREST)
    outlined = _outline(np.asarray(object_), max(1, round(side * OUTLINE)))
    red_green_blue = bytes.fromhex((colour or mask_colour(pixels, bitmap)).removeprefix("#"))
    small[outlined] = np.frombuffer(red_green_blue, np.uint8)
    return small


def _outline(mask: npt.NDArray[np.bool_], width: int) -> npt.NDArray[np.bool_]:
    outline: npt.NDArray[np.bool_] = mask & ~ndi.binary_erosion(mask, iterations=width)
    return outline


def _square(bitmap: Bitmap) -> tuple[int, int, int]:
    x0, y0, x1, y1 = bitmap.box
    width = max(8, round(max(x1 - x0, y1 - y0) * (1 + 2 * MARGIN)))
    return (x0 + x1 - width) // 2, (y0 + y1 - width) // 2, width
