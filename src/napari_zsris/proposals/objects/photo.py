"""A photo cut into regions, with what a network sees in each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.grouping import Merges, RegionGraph, merge
from napari_zsris.proposals.label_map import bilinear_places
from napari_zsris.proposals.regions import LINKAGES, region_graph, working_copy

__all__ = ["MAPS", "REGION_CUES", "STAGES", "PhotoRegions", "photo_regions", "pooling"]

FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.intp]
Look: TypeAlias = Callable[[npt.NDArray[np.uint8], int], Mapping[str, FloatArray]]


MAPS = {
    (512, "b3"): 88,
    (512, "b4"): 120,
    (512, "b6"): 352,
    (512, "head"): 1280,
    (768, "b1"): 24,
    (768, "b2"): 48,
    (768, "b3"): 88,
    (768, "b4"): 120,
    (768, "b5"): 208,
    (768, "head"): 1280,
}
"""Channels of each map that is used, by the photo's side in pixels and the network's stage."""
SIDES = tuple(dict.fromkeys(side for side, _ in MAPS))
STAGES = len(SIDES) + len(LINKAGES) + 4
"""Steps from the photo to its proposals."""
REGION_CUES = 39
"""Mean histograms of colour and texture, and what `PhotoRegions.layout` tells."""


@dataclass(frozen=True, eq=False)
class PhotoRegions:
    """The n regions of a photo, before anything learnt is applied.

    Parameters
    ----------
    graph : RegionGraph
        The regions and their borders, at working size.
    appearance : sequence of (n, C) float32 array
        Mean features of each region, for each of `MAPS`.
    hierarchies : list of list of (int, int)
        The merges of each hierarchy of `regions`.
    """

    graph: RegionGraph
    appearance: Sequence[FloatArray]
    hierarchies: list[Merges]

    def __len__(self) -> int:
        return len(self.graph)

    @cached_property
    def centroids(self) -> FloatArray:
        """Mean x and y of each region in pixels, (n, 2) float32."""
        height, width = self.graph.labels.shape
        labels = self.graph.labels.ravel()
        columns, rows = np.tile(np.arange(width), height), np.repeat(np.arange(height), width)
        sums = [np.bincount(labels, places, len(self.graph)) for places in (columns, rows)]
        return (np.stack(sums, axis=1) / self.graph.sizes[:, None]).astype(np.float32)

    @cached_property
    def shares(self) -> FloatArray:
        """Share of the frame that each region covers, (n,) float32."""
        return (self.graph.sizes / self.graph.labels.size).astype(np.float32)

    @cached_property
    def cues(self) -> FloatArray:
        """What needs no network: histograms and layout, (n, REGION_CUES) float32."""
        return np.concatenate([np.sqrt(self.graph.cues), self.layout], axis=1).astype(np.float32)

    @cached_property
    def layout(self) -> FloatArray:
        """Log area, sides of the frame touched, height and side offset, (n, 4) float32."""
        boxes, (height, width) = self.graph.boxes, self.graph.labels.shape
        columns = (
            np.log(self.shares),
            (self.graph.contacts > 0).sum(axis=1),
            (boxes[:, 1] + boxes[:, 3]) / 2 / height,
            np.abs((boxes[:, 0] + boxes[:, 2]) / 2 / width - 0.5),
        )
        return np.stack(columns, axis=1).astype(np.float32)


def pooling(labels: IntArray, count: int, grid: tuple[int, int]) -> csr_array:
    """Give the weights of a coarse map's cells in the mean over each region.

    Parameters
    ----------
    labels : (h, w) intp array
        Each pixel's region.
    count : int
        The number n of regions.
    grid : tuple of int
        The map's (height, width).

    Returns
    -------
    (n, height * width) sparse float32 array
        Rows sum to one: the map is read bilinearly at every pixel.
    """
    (top, bottom, lower), (left, right, later) = (
        bilinear_places(cells, length) for cells, length in zip(grid, labels.shape, strict=True)
    )
    cells, weights = [], []
    for rows, down in ((top, 1 - lower), (bottom, lower)):
        for columns, across in ((left, 1 - later), (right, later)):
            cells.append((rows[:, None] * grid[1] + columns).ravel())
            weights.append((down[:, None] * across).ravel())
    regions = np.tile(labels.ravel(), 4)
    sizes = np.bincount(labels.ravel(), minlength=count).astype(np.float32)
    values = np.concatenate(weights) / sizes[regions]
    shape = count, grid[0] * grid[1]
    return csr_array((values, (regions, np.concatenate(cells))), shape=shape)


def photo_regions(photo: npt.NDArray[np.uint8], look: Look) -> Steps[PhotoRegions]:
    """Cut a photo into regions and look at each of them.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        RGB.
    look : callable
        Gives the maps of :func:`~napari_zsris.imagenet.feature_maps` for a photo and a side.

    Yields
    ------
    Progress
        Before the regions, each size of the photo and each hierarchy.

    Returns
    -------
    PhotoRegions
        What is known of the photo's regions before anything learnt is applied.
    """
    yield Progress("objects", 0, STAGES)
    graph = region_graph(working_copy(photo))
    appearance: list[FloatArray] = []
    for done, side in enumerate(SIDES, 1):
        yield Progress("objects", done, STAGES)
        seen = look(photo, side)
        pools: dict[tuple[int, int], csr_array] = {}
        for of_side, stage in MAPS:
            if of_side == side:
                each = seen[stage]
                grid = each.shape[1], each.shape[2]
                if grid not in pools:
                    pools[grid] = pooling(graph.labels, len(graph), grid)
                appearance.append(pools[grid] @ each.reshape(len(each), -1).T)
    hierarchies = []
    for done, linkage in enumerate(LINKAGES, 1 + len(SIDES)):
        yield Progress("objects", done, STAGES)
        hierarchies.append(merge(graph, linkage))
    return PhotoRegions(graph, appearance, hierarchies)
