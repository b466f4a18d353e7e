"""What a key press does to the shape of a mask: (H, W) bool in, a new (H, W) bool out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

__all__ = ["add", "fill_holes", "grow", "keep_largest", "shrink", "smooth", "subtract"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]

# Radius of the neighbourhood that smoothing looks at, as a share of the side of a square of the
# mask's area: 1 pixel for 40 x 40 pixels, 5 for 200 x 200.
SMOOTHING = 1 / 40
MOST_SMOOTHING = 12


def fill_holes(mask: BoolArray) -> BoolArray:
    """Fill what the mask surrounds; the background reaches round corners by its sides only.

    Parameters
    ----------
    mask : (H, W) bool array
        The mask.

    Returns
    -------
    (H, W) bool array
        The mask without holes.
    """
    return _inside(mask, ndi.binary_fill_holes, margin=0)


def keep_largest(mask: BoolArray) -> BoolArray:
    """Keep the part with the most pixels; pixels that touch by a corner are one part.

    Parameters
    ----------
    mask : (H, W) bool array
        The mask.

    Returns
    -------
    (H, W) bool array
        The largest part, the first of several of one size.
    """
    return _inside(mask, _largest, margin=0)


def smooth(mask: BoolArray) -> BoolArray:
    """Round off what is ragged: every pixel follows the majority of a disc around it.

    A median of the mask. It shaves off spikes and fills notches alike, so that the area stays about
    the same; the disc grows with the object. A mask that is all spikes stays as it is rather than
    vanish, and the edge of the photo counts as the mask's own, so that nothing draws back from it.

    Parameters
    ----------
    mask : (H, W) bool array
        The mask.

    Returns
    -------
    (H, W) bool array
        The mask with a smoother edge.
    """
    radius = int(np.clip(round(float(np.sqrt(mask.sum())) * SMOOTHING), 1, MOST_SMOOTHING))
    smoothed = _inside(mask, lambda part: _majority(part, radius), margin=2 * radius)
    return smoothed if smoothed.any() else mask.copy()


def grow(mask: BoolArray) -> BoolArray:
    """Add the pixels whose side touches the mask.

    Parameters
    ----------
    mask : (H, W) bool array
        The mask.

    Returns
    -------
    (H, W) bool array
        The mask, one pixel wider all round.
    """
    return _inside(mask, ndi.binary_dilation, margin=1)


def shrink(mask: BoolArray) -> BoolArray:
    """Take away the pixels whose side touches the background; a mask of one pixel vanishes.

    Parameters
    ----------
    mask : (H, W) bool array
        The mask.

    Returns
    -------
    (H, W) bool array
        The mask, one pixel narrower all round but along the edge of the photo.
    """
    return _inside(mask, lambda part: ndi.binary_erosion(part, border_value=1), margin=1)


def add(mask: BoolArray, other: BoolArray) -> BoolArray:
    """Return what is in either of two masks.

    Parameters
    ----------
    mask, other : (H, W) bool array
        The masks.

    Returns
    -------
    (H, W) bool array
        Their union.
    """
    return mask | other


def subtract(mask: BoolArray, other: BoolArray) -> BoolArray:
    """Return what is in the first of two masks only.

    Parameters
    ----------
    mask, other : (H, W) bool array
        The masks.

    Returns
    -------
    (H, W) bool array
        Their difference.
    """
    return mask & ~other


def _inside(mask: BoolArray, change: Callable[[BoolArray], BoolArray], margin: int) -> BoolArray:
    """Change the mask's box alone, with a margin: a small object in a large photo costs little."""
    changed = mask.copy()
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size:
        box = (
            slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
            slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
        )
        changed[box] = change(mask[box])
    return changed


def _largest(mask: BoolArray) -> BoolArray:
    parts, number = ndi.label(mask, structure=np.ones((3, 3)))
    if number < 2:
        return mask
    sizes = np.bincount(parts.ravel())
    largest: BoolArray = parts == 1 + int(np.argmax(sizes[1:]))
    return largest


def _majority(mask: BoolArray, radius: int) -> BoolArray:
    from scipy.signal import fftconvolve

    across = np.arange(-radius, radius + 1)
    disc = (across[:, None] ** 2 + across**2 <= radius**2 + radius).astype(np.float32)
    padded = np.pad(mask.astype(np.float32), radius, mode="edge")
    votes = fftconvolve(padded, disc, mode="valid")
    majority: BoolArray = votes > disc.sum() / 2
    return majority
