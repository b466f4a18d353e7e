"""How much a group of regions looks like an object, and which groups cover a photo's objects."""

from __future__ import annotations

import heapq
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.proposals.contours import RADII
from napari_zsris.proposals.grouping import RegionGraph

__all__ = ["FEATURES", "cover", "features", "overlaps"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float32]

FEATURES = (
    "log number of regions",
    "contour strength along the outline",
    "log elongation of the box",
    "log length of the outline inside the frame",
    "touches three sides of the frame",
    "strong contours inside, per outline",
    "log outline per root of the area",
    "contour strength inside",
)
"""What `features` measures, by column."""
OUTLINE_RADIUS, INSIDE_RADIUS = RADII.index(4), RADII.index(8)
FINE_RADII = [RADII.index(radius) for radius in (1, 2, 4)]


def features(graph: RegionGraph, members: BoolArray) -> FloatArray:
    """Measure what tells an object from any other group of regions.

    Parameters
    ----------
    graph : RegionGraph
        The photo's n regions.
    members : (M, n) bool array
        Groups of regions, each with at least one.

    Returns
    -------
    (M, F) float32 array
        One column for each of `FEATURES`.
    """
    height, width = graph.labels.shape
    first, second = graph.edges.T
    across = (members[:, first] ^ members[:, second]).astype(np.float32)
    within = (members[:, first] & members[:, second]).astype(np.float32)
    lengths, strengths = graph.lengths, graph.strengths
    outline = across @ lengths
    inside = within @ lengths
    fine = strengths[:, FINE_RADII].sum(axis=1) / lengths
    strong = lengths * (fine > (np.median(fine) if len(fine) else 0.0))
    contacts = members @ graph.contacts
    area = members @ graph.sizes
    low, high = _corners(graph, members)
    sides = high - low
    frame = np.sqrt(height * width)
    columns = (
        np.log(members.sum(axis=1)),
        across @ strengths[:, OUTLINE_RADIUS] / np.maximum(outline, 1),
        np.abs(np.log(sides[:, 0] / sides[:, 1])),
        np.log(outline / frame + 1 / frame),
        (contacts > 0).sum(axis=1) >= 3,
        within @ strong / np.maximum(outline, 1),
        np.log((outline + contacts.sum(axis=1)) / np.sqrt(area)),
        within @ strengths[:, INSIDE_RADIUS] / np.maximum(inside, 1),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def overlaps(members: BoolArray, sizes: npt.NDArray[np.float64]) -> FloatArray:
    """Compare every two groups of regions.

    Parameters
    ----------
    members : (M, n) bool array
        Groups of regions.
    sizes : (n,) float64 array
        Pixels in each region.

    Returns
    -------
    (M, M) float32 array
        Intersection over union.
    """
    inside = members.astype(np.float32)
    shared = (inside * sizes.astype(np.float32)) @ inside.T
    areas = shared.diagonal()
    return np.asarray(shared / (areas[:, None] + areas - shared), np.float32)


def cover(
    iou: FloatArray, chances: npt.NDArray[np.float64], count: int, first: int | None = None
) -> tuple[list[int], list[float]]:
    """Choose groups so that whichever group is an object, a chosen one lies close to it.

    Greedy maximisation of sum_c chance_c max_{s chosen} IoU(s, c), lazily evaluated: what a group
    adds only falls as others are chosen (Minoux 1978), so most of it need not be computed again.

    Parameters
    ----------
    iou : (M, M) float32 array
        Overlap of every two groups.
    chances : (M,) float64 array
        How likely each group is an object; they sum to 1.
    count : int
        How many to choose at most.
    first : int, optional
        A group that is chosen before all others, whatever it adds.

    Returns
    -------
    list of int
        The chosen groups, most useful first.
    list of float
        What each added to the sum; from the second on they never rise.
    """
    weights = chances.astype(np.float32)
    covered = np.zeros(len(iou), np.float32)
    queue = [(-gain, group, 0) for group, gain in enumerate((iou @ weights).tolist())]
    chosen: list[int] = []
    gains: list[float] = []
    if first is not None:
        gain, *_ = queue.pop(first)
        chosen.append(first)
        gains.append(-gain)
        covered = iou[first].copy()
    heapq.heapify(queue)
    while queue and len(chosen) < count:
        gain, group, seen = heapq.heappop(queue)
        if seen < len(chosen):
            gain = -float(np.maximum(iou[group] - covered, 0) @ weights)
            heapq.heappush(queue, (gain, group, len(chosen)))
            continue
        chosen.append(group)
        gains.append(-gain)
        np.maximum(covered, iou[group], out=covered)
    return chosen, gains


def _corners(graph: RegionGraph, members: BoolArray) -> tuple[FloatArray, FloatArray]:
    inside = members[:, :, None]
    low = np.where(inside, graph.boxes[:, :2], np.inf).min(axis=1)
    high = np.where(inside, graph.boxes[:, 2:], -np.inf).max(axis=1)
    return low, high
