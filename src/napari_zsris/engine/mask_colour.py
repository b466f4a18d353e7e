"""The colour that shows a mask best on the photo under it."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.proposals.bitmap import Bitmap

__all__ = ["DEFAULT_COLOUR", "PALETTE", "contrasts", "mask_colour"]

RGB: TypeAlias = npt.NDArray[np.uint8]
FloatArray: TypeAlias = npt.NDArray[np.float64]

# Yellow, light blue, deep blue and cyan: people with any kind of colour vision tell them apart,
# and of all sets of four they were the best on the objects of 100 photos of COCO.
PALETTE = ("#fff200", "#648fff", "#0040ff", "#00e5ff")
DEFAULT_COLOUR = PALETTE[0]

# Of the longer side of a mask's box; so much around it counts as what the mask lies on.
MARGIN = 0.15
SMALLEST_MARGIN = 4
SAMPLES = 16
# A colour must stand out from all but this share of the pixels under it, in per cent.
OVERLOOKED = 10
# Thin lines are seen by their lightness more than by their hue.
CHROMA_WEIGHT = 2

# What people without cones for red or for green see of linear red, green and blue: Machado,
# Oliveira and Fernandes, A physiologically-based model for simulation of color vision deficiency,
# 2009, severity 1.
_VISIONS: tuple[FloatArray, ...] = (
    np.eye(3),
    np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
)


def mask_colour(pixels: RGB, bitmap: Bitmap | None) -> str:
    """Choose the colour that stands out most from the photo inside and around a mask.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The photo.
    bitmap : Bitmap or None
        The mask; None, or an empty one, for a mask that may be drawn anywhere.

    Returns
    -------
    str
        One of `PALETTE`, as #rrggbb.
    """
    return PALETTE[int(np.argmax(contrasts(pixels, bitmap)))]


def contrasts(pixels: RGB, bitmap: Bitmap | None) -> FloatArray:
    """Return how much each colour of the palette stands out from the photo under a mask.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The photo.
    bitmap : Bitmap or None
        The mask, as for `mask_colour`.

    Returns
    -------
    (C,) float array
        Colour differences (CIEDE2000, chroma and hue at half weight) that all but a tenth of the
        pixels exceed, for the eye that sees the least of it: a normal one, or one without cones
        for red or for green.
    """
    from skimage.color import deltaE_ciede2000

    photo = _sample(pixels, bitmap)
    palette = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in PALETTE])
    seen = []
    for vision in _VISIONS:
        differences = deltaE_ciede2000(  # type: ignore[no-untyped-call]
            _lab(photo, vision)[None],
            _lab(palette, vision)[:, None],
            kC=CHROMA_WEIGHT,
            kH=CHROMA_WEIGHT,
        )
        seen.append(np.percentile(differences, OVERLOOKED, axis=1))
    weakest: FloatArray = np.min(seen, axis=0)
    return weakest


def _sample(pixels: RGB, bitmap: Bitmap | None) -> RGB:
    """Take pixels on a grid over the mask and what is around it: (n, 3)."""
    height, width = pixels.shape[:2]
    if bitmap is None or not bitmap.height:
        x0, y0, x1, y1 = 0, 0, width, height
    else:
        x0, y0, x1, y1 = bitmap.box
    margin = max(SMALLEST_MARGIN, round(max(x1 - x0, y1 - y0) * MARGIN))
    rows = np.linspace(max(0, y0 - margin), min(height, y1 + margin) - 1, SAMPLES).round()
    columns = np.linspace(max(0, x0 - margin), min(width, x1 + margin) - 1, SAMPLES).round()
    sample: RGB = pixels[np.ix_(rows.astype(int), columns.astype(int))].reshape(-1, 3)
    return sample


def _lab(colours: npt.NDArray[np.integer], vision: FloatArray) -> FloatArray:
    """Convert (n, 3) sRGB values, 0 to 255, to CIELAB as some eye sees them."""
    from skimage.color import rgb2lab

    encoded = colours / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ vision.T, 0, 1)
    encoded = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab: FloatArray = rgb2lab(encoded)
    return lab
