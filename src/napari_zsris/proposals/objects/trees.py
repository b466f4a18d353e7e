"""Groups of regions that may be objects: hierarchies and seeds of a learnt affinity."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.proposals.grouping import Merges, nodes
from napari_zsris.proposals.objects.photo import PhotoRegions
from napari_zsris.proposals.regions import SMALLEST

__all__ = ["average_linkage", "gather", "seeded"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float32]

THRESHOLDS = (0.3, 0.5, 0.7)
"""From which affinity on a region belongs to a seed."""


def average_linkage(
    affinity: FloatArray,
    shares: FloatArray,
    neighbours: BoolArray | None = None,
    size: float = 0.0,
) -> Merges:
    """Merge the pair of groups with the highest mean affinity again and again.

    Parameters
    ----------
    affinity : (n, n) float32 array
        How surely each two regions are of one object, 0 to 1, symmetric.
    shares : (n,) float32 array
        Share of the frame that each region covers, its weight in the means.
    neighbours : (n, n) bool array, optional
        Which regions touch, and so may be merged; all by default.
    size : float
        How strongly small groups are merged first: 1 - affinity is multiplied by
        the smaller share to this power.

    Returns
    -------
    list of (int, int)
        The k-th pair makes node n + k; fewer than n - 1 pairs where not all regions touch.
    """
    return _AverageLinkage(affinity, shares, neighbours, size).run()


class _AverageLinkage:
    """Groups in the places of their first regions; each remembers its best partner."""

    def __init__(
        self,
        affinity: FloatArray,
        shares: FloatArray,
        neighbours: BoolArray | None,
        size: float,
    ) -> None:
        count = len(shares)
        self.affinity = affinity.astype(np.float64)
        self.allowed = np.ones((count, count), bool) if neighbours is None else neighbours.copy()
        np.fill_diagonal(self.allowed, val=False)
        self.shares, self.size = shares.astype(np.float64), size
        self.node = np.arange(count)
        closeness = np.stack([self._closeness(row) for row in range(count)])
        self.partner = closeness.argmax(axis=1)
        self.best = closeness.max(axis=1)

    def run(self) -> Merges:
        count = len(self.node)
        merges: Merges = []
        for node in range(count, 2 * count - 1):
            first = int(self.best.argmax())
            if not np.isfinite(self.best[first]):
                break
            second = int(self.partner[first])
            merges.append((int(self.node[first]), int(self.node[second])))
            self._join(first, second)
            self.node[first] = node
        return merges

    def _join(self, first: int, second: int) -> None:
        one, other = self.shares[first], self.shares[second]
        mean = (one * self.affinity[first] + other * self.affinity[second]) / (one + other)
        self.affinity[first] = self.affinity[:, first] = mean
        self.shares[first] = one + other
        touching = self.allowed[first] | self.allowed[second]
        touching[[first, second]] = False
        self.allowed[first] = self.allowed[:, first] = touching
        self.allowed[second] = self.allowed[:, second] = False
        self.best[second] = -np.inf
        closeness = self._find(first)
        stale = (self.partner == first) | (self.partner == second)
        for group in np.flatnonzero(stale & np.isfinite(self.best)):
            if group != first:
                self._find(int(group))
        better = closeness > self.best
        better[first] = False
        self.best[better], self.partner[better] = closeness[better], first

    def _find(self, group: int) -> npt.NDArray[np.float64]:
        closeness = self._closeness(group)
        self.partner[group] = closeness.argmax()
        self.best[group] = closeness.max()
        return closeness

    def _closeness(self, group: int) -> npt.NDArray[np.float64]:
        closeness = self.affinity[group]
        if self.size:
            smaller = np.minimum(self.shares[group], self.shares)
            closeness = 1 - (1 - closeness) * smaller**self.size
        return np.where(self.allowed[group], closeness, -np.inf)


def seeded(affinity: FloatArray, shares: FloatArray) -> BoolArray:
    """Gather what belongs to each region, and once more what belongs to that.

    Parameters
    ----------
    affinity : (n, n) float32 array
        How surely each two regions are of one object, 0 to 1.
    shares : (n,) float32 array
        Share of the frame that each region covers.

    Returns
    -------
    (M, n) bool array
        Two groups per region and threshold.
    """
    groups = []
    itself = np.eye(len(affinity), dtype=bool)
    for threshold in THRESHOLDS:
        near = (affinity > threshold) | itself
        weights = near * shares
        mean = weights @ affinity / weights.sum(axis=1, keepdims=True)
        groups += [near, (mean > threshold) | itself]
    return np.concatenate(groups)


def gather(photo: PhotoRegions, affinity: FloatArray) -> BoolArray:
    """Gather the groups that may be objects.

    Parameters
    ----------
    photo : PhotoRegions
        A photo's n regions and the hierarchies that nothing was learnt for.
    affinity : (n, n) float32 array
        How surely each two regions are of one object, 0 to 1.

    Returns
    -------
    (M, n) bool array
        Single regions, nodes of all hierarchies and seeds; no two alike and none smaller than
        `SMALLEST`, unless nothing else is left.
    """
    count = len(photo)
    neighbours = np.zeros((count, count), bool)
    first, second = photo.graph.edges.T
    neighbours[first, second] = neighbours[second, first] = True
    learnt = (
        average_linkage(affinity, photo.shares, neighbours),
        average_linkage(affinity, photo.shares, neighbours, size=0.2),
        average_linkage(affinity, photo.shares),
    )
    groups = [np.eye(count, dtype=bool)]
    groups += [nodes(count, merges) for merges in (*photo.hierarchies, *learnt)]
    groups.append(seeded(affinity, photo.shares))
    members = np.concatenate(groups)
    large = members[members @ photo.shares >= SMALLEST]
    if not len(large):
        return members[members.any(axis=1)]
    _, kept = np.unique(np.packbits(large, axis=1), axis=0, return_index=True)
    return large[np.sort(kept)]
