"""Where the masks of a photo lie: what spatial relations are read from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.proposals.geometry import grid_mask, interpolation_weights, intersections

if TYPE_CHECKING:
    from napari_zsris.proposals import Proposals

__all__ = ["Geometry", "shares"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

# From this share of the smaller mask on two masks begin to be, and are, of the same object.
SHARED_FROM, SHARED_TO = 0.4, 0.8
# Keeps the logarithms and shares of an empty mask finite.
SMALLEST = 1e-4


@dataclass(frozen=True, eq=False)
class Geometry:
    """Boxes, centres, sizes and overlaps of N masks, in units of the frame.

    Parameters
    ----------
    boxes : (N, 4) float32 array
        x0, y0, x1, y1, each from 0 to 1.
    centroids : (N, 2) float32 array
        Mean x and y of the masks' pixels, each from 0 to 1.
    areas : (N,) float32 array
        Share of the frame that each mask covers.
    shared : (N, N) float32 array
        Share of the smaller mask of each two that lies in the other.
    """

    boxes: FloatArray
    centroids: FloatArray
    areas: FloatArray
    shared: FloatArray

    @classmethod
    def from_pixels(
        cls,
        boxes: npt.ArrayLike,
        centroids: npt.ArrayLike,
        areas: npt.ArrayLike,
        frame: tuple[int, int],
        shared: npt.ArrayLike | None = None,
    ) -> Geometry:
        """Measure masks that are given in pixels.

        Parameters
        ----------
        boxes : (N, 4) array-like
            x0, y0, x1, y1, the last row and column excluded.
        centroids : (N, 2) array-like
            Mean x and y of the masks' pixels, whole at pixel centres.
        areas : (N,) array-like
            Pixels inside each mask.
        frame : tuple of int
            The photo's (height, width).
        shared : (N, N) array-like, optional
            Pixels that each two masks share; by default those of their boxes stand in, as if
            each mask filled its box.

        Returns
        -------
        Geometry
            The same, in units of the frame.
        """
        height, width = frame
        unit = np.array([width, height, width, height], np.float32)
        corners: FloatArray = np.asarray(boxes, np.float32).reshape(-1, 4) / unit
        middles: FloatArray = np.asarray(centroids, np.float32).reshape(-1, 2) + np.float32(0.5)
        sizes: FloatArray = np.asarray(areas, np.float32).reshape(-1) / np.float32(height * width)
        if shared is None:
            parts = _intersections(corners) / _smaller(_sizes(corners))
        else:
            parts = np.asarray(shared, np.float32) / np.float32(height * width) / _smaller(sizes)
        return cls(corners, middles / unit[:2], sizes, parts)

    @classmethod
    def of(cls, proposals: Proposals) -> Geometry:
        """Measure the masks of proposals.

        Parameters
        ----------
        proposals : Proposals
            The N masks.

        Returns
        -------
        Geometry
            Their geometry, from the masks' own tight boxes.
        """
        boxes = np.array([bitmap.box for bitmap in proposals.bitmaps], np.float32)
        shared = intersections(proposals.bitmaps)
        return cls.from_pixels(boxes, proposals.centroids, proposals.areas, proposals.size, shared)

    def __len__(self) -> int:
        return len(self.areas)

    @cached_property
    def log_areas(self) -> FloatArray:
        """Natural logarithm of the areas, (N,) float32."""
        logarithms: FloatArray = np.log(self.areas + SMALLEST)
        return logarithms

    @cached_property
    def log_heights(self) -> FloatArray:
        """Natural logarithm of the boxes' heights, (N,) float32."""
        logarithms: FloatArray = np.log(self.boxes[:, 3] - self.boxes[:, 1] + SMALLEST)
        return logarithms

    @cached_property
    def same(self) -> FloatArray:
        """How surely each two masks are of one object, (N, N) float32 from 0 to 1.

        A part inside its whole is; boxes alone, where people sit on horses, would say so too often.
        """
        share = (self.shared - SHARED_FROM) / (SHARED_TO - SHARED_FROM)
        same: FloatArray = np.clip(share, 0, 1).astype(np.float32)
        np.fill_diagonal(same, 1)
        return same

    @cached_property
    def inside(self) -> FloatArray:
        """Share of box i that lies in box j, (N, N) float32."""
        sizes: FloatArray = np.maximum(_sizes(self.boxes)[:, None], np.float32(1e-12))
        share: FloatArray = _intersections(self.boxes) / sizes
        return share

    @cached_property
    def alike(self) -> FloatArray:
        """Intersection over union of each two masks, (N, N) float32."""
        common = self.shared * _smaller(self.areas)
        union = self.areas[:, None] + self.areas[None, :] - common
        iou: FloatArray = np.clip(common / np.maximum(union, np.float32(1e-12)), 0, 1)
        np.fill_diagonal(iou, 1)
        return iou

    @cached_property
    def gaps(self) -> FloatArray:
        """Distance between each two boxes, 0 where they touch, (N, N) float32."""
        low, high = self.boxes[:, :2], self.boxes[:, 2:]
        between = np.maximum(low[:, None] - high[None, :], low[None, :] - high[:, None])
        apart = np.maximum(between, 0)
        gaps: FloatArray = np.hypot(apart[..., 0], apart[..., 1])
        return gaps


def shares(proposals: Proposals, size: tuple[int, int]) -> FloatArray:
    """Say how much each cell of a grid counts in the mean over each mask.

    Parameters
    ----------
    proposals : Proposals
        The N masks.
    size : tuple of int
        The grid's (height, width).

    Returns
    -------
    (N, height, width) float32 array
        Of any map A on the grid, ``(shares * A).sum(axis=(1, 2))`` is the mean over each mask of A
        resized bilinearly to the photo; each sums to one, an empty mask's to zero.
    """
    rows, columns = (
        interpolation_weights(cells, length, antialias=False).T
        for cells, length in zip(size, proposals.size, strict=True)
    )
    grids = np.zeros((len(proposals), *size), np.float32)
    for index, bitmap in enumerate(proposals.bitmaps):
        grids[index] = grid_mask(bitmap, rows, columns) / max(bitmap.area, 1)
    return grids


def _sizes(boxes: FloatArray) -> FloatArray:
    sides = boxes[:, 2:] - boxes[:, :2]
    sizes: FloatArray = sides[:, 0] * sides[:, 1]
    return sizes


def _intersections(boxes: FloatArray) -> FloatArray:
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    sides = np.maximum(high - low, 0)
    common: FloatArray = sides[..., 0] * sides[..., 1]
    return common


def _smaller(sizes: FloatArray) -> FloatArray:
    smaller: FloatArray = np.maximum(np.minimum(sizes[:, None], sizes[None, :]), np.float32(1e-12))
    return smaller
