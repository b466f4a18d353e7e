"""Arrays of any kind as (H, W, 3) uint8 RGB."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.arrays import as_numbers
from napari_zsris.errors import ImageError

__all__ = ["Photo", "Pixels", "as_rgb"]

Photo: TypeAlias = npt.NDArray[np.uint8]
Pixels: TypeAlias = npt.NDArray[np.generic]
Numbers: TypeAlias = npt.NDArray[np.floating]

PHOTO_ADVICE = "give whole or real numbers, or booleans, in one array"
_CAMERA_BITS = (8, 10, 12, 14, 16)


def as_rgb(array: npt.ArrayLike, *, copy: bool = False) -> Photo:
    """Turn any picture into 8-bit RGB.

    Grey values are repeated, transparency is laid on white. Values are scaled by the first rule
    that fits:

    - ``bool``: False is black, True white; ``uint8``: as it is.
    - Whole numbers from 0 to 65,535, of any other type: the range of the smallest camera bit
      depth (8, 10, 12, 14 or 16) that holds the largest of them, so that a 12-bit photo in 16-bit
      pixels is as bright as it was taken.
    - Real numbers in [0, 1]: times 255.
    - Anything else: the smallest value black, the largest white.

    Infinity is as bright as the brightest finite number, negative infinity and NaN are as dark as
    the darkest. Colours and transparency are scaled each on their own.

    Parameters
    ----------
    array : (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) array-like
        Grey, RGB or RGBA.
    copy : bool
        Whether the result is not to share the memory of `array` even where that is RGB already.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB, contiguous and writable; a view of `array` where it is that already, but for `copy`.

    Raises
    ------
    ImageError
        The array is empty, has no numbers, or is not of one of these shapes.
    """
    pixels = _picture(array)
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    rgb = _to_uint8(pixels[..., :3])
    if pixels.shape[2] == 4:
        rgb = _on_white(rgb, _to_uint8(pixels[..., 3:]))
    if rgb.shape[2] == 1:
        rgb = np.repeat(rgb, 3, axis=2)
    if copy and np.may_share_memory(rgb, pixels):
        return np.array(rgb, np.uint8, order="C")
    return np.require(rgb, np.uint8, ["C", "W"])


def _picture(array: npt.ArrayLike) -> Pixels:
    pixels = as_numbers(array, "picture", PHOTO_ADVICE, ImageError)
    shape = pixels.shape
    if not pixels.size:
        raise ImageError(f"an array of shape {shape} has no pixels; give one of at least 1 x 1")
    if pixels.ndim == 2 or (pixels.ndim == 3 and shape[2] in (1, 3, 4)):
        return pixels
    if pixels.ndim == 3 and shape[0] in (1, 3, 4):
        raise ImageError(
            f"an array of shape {shape} seems to have its channels first; "
            "give them last, as array.transpose(1, 2, 0) does"
        )
    raise ImageError(
        f"an array of shape {shape} is no picture; give one (H, W), (H, W, 3) or (H, W, 4)"
    )


def _to_uint8(values: Pixels) -> Photo:
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    # Single precision tells all 16-bit values apart and halves the memory.
    numbers: Numbers = values.astype(np.float64 if values.dtype.itemsize > 2 else np.float32)
    low, high = _make_finite(numbers)
    black, white = _range(numbers, low, high, whole=values.dtype.kind in "ui")
    # Halves, because the span from the smallest to the largest float is beyond any float.
    scale = white / 2 - black / 2
    numbers *= 0.5
    numbers -= black / 2
    numbers /= scale or np.inf
    numbers *= 255
    return np.rint(numbers, out=numbers).astype(np.uint8)


def _make_finite(numbers: Numbers) -> tuple[float, float]:
    """Replace NaN and infinity in place; give the smallest and the largest number."""
    finite = np.isfinite(numbers)
    if not finite.any():
        np.copyto(numbers, np.isposinf(numbers))
        return 0.0, 1.0
    low = float(numbers.min(where=finite, initial=np.inf))
    high = float(numbers.max(where=finite, initial=-np.inf))
    np.nan_to_num(numbers, copy=False, nan=low, posinf=high, neginf=low)
    return low, high


def _range(numbers: Numbers, low: float, high: float, *, whole: bool) -> tuple[float, float]:
    """Give the values that become black and white."""
    if not whole and low >= 0 and high <= 1:
        return 0.0, 1.0
    if low >= 0 and high < 1 << _CAMERA_BITS[-1] and (whole or not np.mod(numbers, 1).any()):
        return 0.0, next(2.0**bits - 1 for bits in _CAMERA_BITS if high < 1 << bits)
    return low, high


def _on_white(rgb: Photo, alpha: Photo) -> Photo:
    opacity = alpha.astype(np.uint16)
    mixed = (rgb * opacity + 255 * (255 - opacity) + 127) // 255
    return mixed.astype(np.uint8)
