"""Arithmetic on packed masks that never makes a full frame: resizing and overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.proposals.bitmap import Bitmap

__all__ = ["distinct", "grid_mask", "interpolation_weights", "intersections"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

#: Pixels turned into floats at a time: 4 MB, whatever the photo's size.
BAND = 1 << 20


def interpolation_weights(length: int, cells: int, *, antialias: bool) -> FloatArray:
    """Give the matrix that resizes one axis bilinearly, as torch's `interpolate` does it.

    Cell i of the grid has its centre at c = (i + 1/2) s of the axis, s = length / cells. Without
    antialiasing it mixes the two pixels around c; with it, and s > 1, it takes the triangle
    filter of half-width s around c, normalised at the borders (`align_corners=False` both).

    Parameters
    ----------
    length : int
        Pixels along the axis, at least 1.
    cells : int
        Grid cells along the axis, at least 1.
    antialias : bool
        Whether shrinking averages over all pixels of a cell.

    Returns
    -------
    (cells, length) float32 array
        Rows sum to 1.
    """
    # In float32 as torch does it: at column 5,000 that rounding is worth 2e-4 of a weight.
    scale = np.float32(length) / np.float32(cells)
    centres = scale * (np.arange(cells, dtype=np.float32) + np.float32(0.5))
    if not antialias:
        # Clamped to the outermost pixel centres, where the border's pixel is all there is.
        centres = np.clip(centres, 0.5, length - 0.5)
    reach = max(scale, np.float32(1)) if antialias else np.float32(1)
    distance = np.abs(np.arange(length, dtype=np.float32) - centres[:, None] + np.float32(0.5))
    weights = np.maximum(1 - distance / reach, 0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def grid_mask(bitmap: Bitmap, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Resize one mask of a photo to a grid: rows[:, y0:y1] @ crop @ columns[:, x0:x1].T.

    Parameters
    ----------
    bitmap : Bitmap
        The mask.
    rows : (h, H) float32 array
        Interpolation weights of the photo's rows.
    columns : (w, W) float32 array
        Interpolation weights of the photo's columns.

    Returns
    -------
    (h, w) float32 array
        The mask's share of each grid cell, 0 to 1.
    """
    grid = np.zeros((len(rows), len(columns)), np.float32)
    if not bitmap.height:
        return grid
    x0, y0, x1, y1 = bitmap.box
    across = columns[:, x0:x1].T
    # Without antialiasing nearly all rows have no weight at all.
    used = np.flatnonzero(rows[:, y0:y1].any(axis=0))
    step = max(1, BAND // bitmap.width)
    for start in range(0, len(used), step):
        band = used[start : start + step]
        pixels = np.unpackbits(bitmap.packed[band], axis=1, count=bitmap.width)
        grid += rows[:, y0 + band] @ (pixels.astype(np.float32) @ across)
    return grid


def intersections(bitmaps: Sequence[Bitmap]) -> npt.NDArray[np.int64]:
    """Count the pixels that each two masks of one photo share.

    Parameters
    ----------
    bitmaps : sequence of Bitmap
        N masks.

    Returns
    -------
    (N, N) int64 array
        Symmetric, with the areas on the diagonal.
    """
    words = [_words(bitmap) for bitmap in bitmaps]
    boxes = np.array([bitmap.box for bitmap in bitmaps], np.int64).reshape(-1, 4)
    shared = np.diag(np.array([bitmap.area for bitmap in bitmaps], np.int64))
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    for i, j in np.argwhere(np.triu((low < high).all(axis=2), k=1)):
        (x0, y0), (x1, y1) = low[i, j], high[i, j]
        parts = [
            words[k][y0 - boxes[k, 1] : y1 - boxes[k, 1], _span(x0, x1, boxes[k, 0])]
            for k in (i, j)
        ]
        shared[i, j] = shared[j, i] = np.bitwise_count(parts[0] & parts[1]).sum(dtype=np.int64)
    return shared


def distinct(alike: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Suppress greedily: each mask in turn, unless it is gone, removes all later ones like it.

    Parameters
    ----------
    alike : (N, N) bool array
        Whether each two masks show the same, the masks in the order of preference; only what lies
        above the diagonal is read.

    Returns
    -------
    (K,) intp array
        Indices of the masks that remain, in order.
    """
    removed = np.zeros(len(alike), bool)
    for index in range(len(alike)):
        if not removed[index]:
            removed[index + 1 :] |= alike[index, index + 1 :]
    return np.flatnonzero(~removed)


def _words(bitmap: Bitmap) -> npt.NDArray[np.uint64]:
    """Repack on the photo's own multiples of 64 columns, so that two masks' words can be and-ed."""
    if not bitmap.height:
        return np.zeros((0, 0), np.uint64)
    before, after = bitmap.left % 64, -(bitmap.left + bitmap.width) % 64
    padded = np.pad(bitmap.unpack(), ((0, 0), (before, after)))
    return np.packbits(padded, axis=1).view(np.uint64)


def _span(x0: int, x1: int, left: int) -> slice:
    first = left // 64
    return slice(x0 // 64 - first, -(-x1 // 64) - first)
