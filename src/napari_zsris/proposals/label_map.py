"""Maps of region numbers: where each region lies, and the same regions in a larger photo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_zsris.proposals.bitmap import Bitmap

__all__ = ["bilinear_places", "enlarged", "region_boxes", "united"]

Labels: TypeAlias = npt.NDArray[np.uint16]
IntArray: TypeAlias = npt.NDArray[np.intp]

#: Pixels of the large map that are worked on at a time.
BAND = 1 << 20


def region_boxes(labels: npt.NDArray[np.integer]) -> IntArray:
    """Give each region's tight box.

    Parameters
    ----------
    labels : (h, w) integer array
        Each pixel's region, 0 to n - 1.

    Returns
    -------
    (n, 4) intp array
        x0, y0, x1, y1 in pixels, the last row and column excluded; zeros for a region without
        pixels.
    """
    empty = (slice(0, 0), slice(0, 0))
    windows = [window or empty for window in ndimage.find_objects(labels + 1)]
    return np.array([(x.start, y.start, x.stop, y.stop) for y, x in windows], np.intp)


def enlarged(labels: npt.NDArray[np.integer], size: tuple[int, int]) -> Labels:
    """Bring a map of regions to a photo's size with smooth borders.

    Every pixel takes the region with the largest bilinear weight among its four neighbours in the
    small map: what thresholding each region's own enlarged mask would give, in one pass.

    Parameters
    ----------
    labels : (h, w) integer array
        Each pixel's region, 0 to at most 65,534.
    size : tuple of int
        The photo's (height, width), in pixels.

    Returns
    -------
    (H, W) uint16 array
        Each of the photo's pixels' region.
    """
    small = labels.astype(np.uint16)
    if small.shape == size:
        return small
    height, width = size
    large = np.empty(size, np.uint16)
    columns = bilinear_places(small.shape[1], width)
    step = max(1, BAND // width)
    for top in range(0, height, step):
        rows = bilinear_places(small.shape[0], height, top, min(top + step, height))
        large[top : top + step] = _voted(small, rows, columns)
    return large


def united(labels: Labels, members: npt.NDArray[np.bool_]) -> Iterator[Bitmap]:
    """Draw groups of regions.

    Parameters
    ----------
    labels : (H, W) uint16 array
        Each of the photo's pixels' region, 0 to n - 1.
    members : (M, n) bool array
        The groups, each with a region that has pixels.

    Yields
    ------
    Bitmap
        Each group's mask.
    """
    boxes = region_boxes(labels)
    for regions in members:
        inside = boxes[regions & (boxes[:, 2] > 0)]
        x0, y0 = inside[:, :2].min(axis=0)
        x1, y1 = inside[:, 2:].max(axis=0)
        yield Bitmap.from_mask(regions[labels[y0:y1, x0:x1]], int(y0), int(x0))


def bilinear_places(
    small: int, large: int, start: int = 0, stop: int | None = None
) -> tuple[IntArray, IntArray, npt.NDArray[np.float32]]:
    """Find the two small pixels around each large one, and the second one's weight.

    Parameters
    ----------
    small, large : int
        Lengths of a side in both resolutions, in pixels.
    start, stop : int
        The range of large pixels; all of them by default.

    Returns
    -------
    first, second : (L,) intp arrays
        The small pixels.
    weight : (L,) float32 array
        The second one's, 0 to 1; the first one's is what is left to 1.
    """
    stop = large if stop is None else stop
    places = np.clip((np.arange(start, stop) + 0.5) * (small / large) - 0.5, 0, small - 1)
    first = places.astype(np.intp)
    return first, np.minimum(first + 1, small - 1), (places - first).astype(np.float32)


def _voted(
    small: Labels,
    rows: tuple[IntArray, IntArray, npt.NDArray[np.float32]],
    columns: tuple[IntArray, IntArray, npt.NDArray[np.float32]],
) -> Labels:
    up, down, lower = rows[0][:, None], rows[1][:, None], rows[2][:, None]
    left, right, later = columns
    corners = [small[y, x] for y in (up, down) for x in (left, right)]
    weights = [y * x for y in (1 - lower, lower) for x in (1 - later, later)]
    best, most = corners[0], np.full(corners[0].shape, -1, np.float32)
    for corner in corners:
        votes = np.zeros(corner.shape, np.float32)
        for other, weight in zip(corners, weights, strict=True):
            votes += weight * (corner == other)
        better = votes > most
        best, most = np.where(better, corner, best), np.where(better, votes, most)
    return best
