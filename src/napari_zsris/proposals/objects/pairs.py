"""What tells whether two regions of a photo are of one object: a row of cues for every pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from napari_zsris.proposals.contours import CUES
from napari_zsris.proposals.grouping import Merges
from napari_zsris.proposals.objects.photo import PhotoRegions

__all__ = ["PAIR_CUES", "pair_cues"]

FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.intp]

HEIGHTS = (0, 1, 3, 7)
"""The hierarchies, of those of `regions`, whose merge heights are cues."""
GEODESICS = ((1.0, 0.02), (3.0, 0.001))
"""Exponent of the contour strength and least cost of a step, for each path cost."""
PAIR_CUES = 26
"""How many cues there are beside the cosines of the maps."""


def pair_cues(
    photo: PhotoRegions, directions: Sequence[FloatArray], figure: FloatArray
) -> FloatArray:
    """Measure every pair of regions.

    Parameters
    ----------
    photo : PhotoRegions
        A photo's n regions.
    directions : sequence of (n, C) float32 array
        Standardised features of length one, for each map.
    figure : (n,) float32 array
        How likely each region lies on an object.

    Returns
    -------
    (C, n, n) float32 array
        One symmetric plane per cue: the maps' cosines, then distances of colour and texture, merge
        heights, path costs, borders, places and figure.
    """
    graph = photo.graph
    roots = np.sqrt(graph.cues).astype(np.float32)
    planes = [rows @ rows.T for rows in directions]
    planes += [np.sqrt(np.maximum(1 - roots[:, cue] @ roots[:, cue].T, 0)) for cue in CUES]
    planes += [_heights(len(graph), photo.hierarchies[height]) for height in HEIGHTS]
    planes += _paths(photo)
    planes += _borders(photo)
    planes += _places(photo)
    planes += [np.minimum(figure[:, None], figure), np.maximum(figure[:, None], figure)]
    return np.stack(planes).astype(np.float32)


def _heights(count: int, merges: Merges) -> FloatArray:
    """Give the share of a hierarchy's merges after which two regions are in one node."""
    heights = np.ones((count, count), np.float32)
    members = [np.array([region]) for region in range(count)]
    for done, (first, second) in enumerate(merges, 1):
        one, other = members[first], members[second]
        heights[one[:, None], other] = heights[other[:, None], one] = done / count
        members.append(np.concatenate([one, other]))
    np.fill_diagonal(heights, 0)
    return heights


def _paths(photo: PhotoRegions) -> list[FloatArray]:
    """Give the cheapest way from region to region, where crossing a contour costs."""
    graph = photo.graph
    strength = graph.strengths[:, :3].sum(axis=1) / graph.lengths
    planes = []
    for exponent, least in GEODESICS:
        costs = csr_array((strength**exponent + least, graph.edges.T), shape=(len(graph),) * 2)
        ways = dijkstra(costs, directed=False)
        planes.append(np.minimum(ways, 50).astype(np.float32))
    return planes


def _borders(photo: PhotoRegions) -> list[FloatArray]:
    graph = photo.graph
    first, second = graph.edges.T
    smaller = np.sqrt(np.minimum(graph.sizes[first], graph.sizes[second]))
    values = [*(graph.strengths / graph.lengths[:, None]).T, graph.lengths / smaller]
    planes = []
    for value in [*values, np.ones(len(first))]:
        plane = np.zeros((len(graph),) * 2, np.float32)
        plane[first, second] = plane[second, first] = value
        planes.append(plane)
    return planes


def _places(photo: PhotoRegions) -> list[FloatArray]:
    graph = photo.graph
    height, width = graph.labels.shape
    steps = np.abs(photo.centroids[:, None] - photo.centroids) / np.sqrt(height * width)
    areas = np.log(graph.sizes / graph.labels.size)
    low = np.minimum(graph.boxes[:, None, :2], graph.boxes[:, :2])
    high = np.maximum(graph.boxes[:, None, 2:], graph.boxes[:, 2:])
    fill = np.log((high - low).prod(axis=2) / (graph.sizes[:, None] + graph.sizes))
    sides = (graph.contacts > 0).sum(axis=1)
    planes = [steps[..., 0], steps[..., 1], np.hypot(steps[..., 0], steps[..., 1])]
    for values in (areas, sides):
        planes += [np.minimum(values[:, None], values), np.maximum(values[:, None], values)]
        if values is areas:
            planes.append(fill)
    return [plane.astype(np.float32) for plane in planes]
