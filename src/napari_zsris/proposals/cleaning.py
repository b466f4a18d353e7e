"""Closing small holes and removing small specks of a mask, on the scores that it is cut from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

__all__ = ["cleaned"]

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

WITH_CORNERS = np.ones((3, 3), bool)


def cleaned(scores: FloatArray, threshold: float, smallest: float) -> FloatArray:
    """Mirror the scores of small holes and specks at the threshold.

    Working on the low-resolution scores makes the cost independent of the photo's size, and
    mirrored scores leave no step behind when they are enlarged.

    Parameters
    ----------
    scores : (h, w) float32 array
        Logits of one mask.
    threshold : float
        What the mask's pixels exceed.
    smallest : float
        Regions of fewer pixels than this go; the largest piece of the mask always stays.

    Returns
    -------
    (h, w) float32 array
        The scores themselves where there is nothing to clean.
    """
    mask = scores > threshold
    if smallest <= 1 or not mask.any():
        return scores
    wrong = _small_specks(mask, smallest)
    wrong |= _small_holes(mask & ~wrong, smallest)
    if not wrong.any():
        return scores
    return np.where(wrong, np.float32(2 * threshold) - scores, scores)


def _small_specks(mask: BoolArray, smallest: float) -> BoolArray:
    pieces, count = ndimage.label(mask, structure=WITH_CORNERS)
    if count < 2:
        return np.zeros_like(mask)
    areas = np.bincount(pieces.ravel(), minlength=count + 1)
    small = areas < smallest
    small[0] = False
    small[1 + areas[1:].argmax()] = False
    return np.asarray(small[pieces], bool)


def _small_holes(mask: BoolArray, smallest: float) -> BoolArray:
    gaps, count = ndimage.label(~mask)
    small = np.bincount(gaps.ravel(), minlength=count + 1) < smallest
    small[0] = False
    for edge in (gaps[0], gaps[-1], gaps[:, 0], gaps[:, -1]):
        small[edge] = False
    return np.asarray(small[gaps], bool)
