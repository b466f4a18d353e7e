"""Neighbouring regions of a photo, and hierarchies that merge them pair by pair."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.proposals.contours import CUES
from napari_zsris.proposals.label_map import region_boxes

__all__ = ["Linkage", "Merges", "RegionGraph", "merge", "merged_labels", "nodes"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.intp]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
COLOUR = slice(CUES[0].start, CUES[2].stop)
#: Two nodes that were merged into the next one.
Merges: TypeAlias = list[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class RegionGraph:
    """Regions that tile a photo, with what lies in them and along their common borders.

    Parameters
    ----------
    labels : (h, w) intp array
        Each pixel's region, 0 to n - 1.
    edges : (E, 2) intp array
        Pairs of neighbouring regions.
    lengths : (E,) float64 array
        Length of each common border, in pixels.
    strengths : (E, R) float64 array
        Contour strength summed along each border, for each radius.
    sizes : (n,) float64 array
        Pixels in each region.
    cues : (n, B) float64 array
        Mean cue histogram of each region.
    boxes : (n, 4) float64 array
        x0, y0, x1, y1 of each region.
    contacts : (n, 4) float64 array
        Pixels of each region on the frame's top, bottom, left and right line.
    """

    labels: IntArray
    edges: IntArray
    lengths: FloatArray
    strengths: FloatArray
    sizes: FloatArray
    cues: FloatArray
    boxes: FloatArray
    contacts: FloatArray

    @classmethod
    def from_labels(
        cls,
        labels: IntArray,
        contours: npt.NDArray[np.float32],
        cues: npt.NDArray[np.float32],
    ) -> RegionGraph:
        """Measure regions.

        Parameters
        ----------
        labels : (h, w) intp array
            Each pixel's region, 0 to n - 1, all of them in use.
        contours : (R, h, w) float32 array
            Contour strength for each radius.
        cues : (B, h, w) float32 array
            Soft cue histograms.

        Returns
        -------
        RegionGraph
            The regions' graph.
        """
        count = int(labels.max()) + 1
        flat = labels.ravel()
        sizes = np.bincount(flat, minlength=count).astype(float)
        sums = [np.bincount(flat, plane.ravel(), minlength=count) for plane in cues]
        frame = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
        contacts = np.stack([np.bincount(line, minlength=count) for line in frame], axis=1)
        edges, lengths, strengths = _borders(labels, contours, count)
        return cls(
            labels,
            edges,
            lengths,
            strengths,
            sizes,
            np.stack(sums, axis=1) / sizes[:, None],
            region_boxes(labels).astype(float),
            contacts.astype(float),
        )

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True)
class Linkage:
    """What makes two neighbouring regions belong together: the cheapest pair is merged first.

    cost = (sum_r contour_r * strength_r + colour * d_colour + texture * d_texture)
    * (smaller region's share of the frame) ^ size * (joint box / joint area) ^ fill,
    d the Hellinger distances of the regions' mean histograms: the terms of selective search
    (Uijlings et al., IJCV 2013) around a mean contour strength (Arbelaez et al., PAMI 2011).

    Parameters
    ----------
    contour : tuple of float
        Weight of the mean contour strength on the common border, for each radius.
    colour, texture : float
        Weight of the distance between the regions' colours and textures.
    size : float
        How strongly small regions are merged first.
    fill : float
        How strongly merges with gaps around them are put off.
    """

    contour: tuple[float, ...] = (1.0, 1.0, 1.0, 0.0)
    colour: float = 0.0
    texture: float = 0.0
    size: float = 0.2
    fill: float = 0.0


def merge(graph: RegionGraph, linkage: Linkage, until: int = 1) -> Merges:
    """Merge the cheapest pair of neighbours again and again.

    Parameters
    ----------
    graph : RegionGraph
        n regions.
    linkage : Linkage
        What a merge costs.
    until : int
        How many regions to leave.

    Returns
    -------
    list of (int, int)
        The k-th pair makes node n + k of the hierarchy; nodes 0 to n - 1 are the regions.
    """
    return _Agglomeration(graph, linkage).run(max(len(graph) - until, 0))


def nodes(count: int, merges: Merges) -> BoolArray:
    """Tell which regions each merge gathers.

    Parameters
    ----------
    count : int
        The number n of regions.
    merges : list of (int, int)
        A hierarchy of n regions.

    Returns
    -------
    (M, n) bool array
        One row per merge, in order.
    """
    members = np.zeros((count + len(merges), count), bool)
    np.fill_diagonal(members, val=True)
    for node, (first, second) in enumerate(merges, count):
        np.logical_or(members[first], members[second], out=members[node])
    return members[count:]


def merged_labels(labels: IntArray, count: int, merges: Merges) -> IntArray:
    """Label the regions that a hierarchy's merges leave.

    Parameters
    ----------
    labels : (h, w) intp array
        Each pixel's region, 0 to `count` - 1.
    count : int
        The number n of regions.
    merges : list of (int, int)
        The merges that are made.

    Returns
    -------
    (h, w) intp array
        Each pixel's merged region, 0 to n - M - 1.
    """
    owner = np.arange(count + len(merges))
    for node in range(count + len(merges) - 1, count - 1, -1):
        owner[list(merges[node - count])] = owner[node]
    _, numbers = np.unique(owner[:count], return_inverse=True)
    return np.asarray(numbers[labels], np.intp)


def _borders(
    labels: IntArray, contours: npt.NDArray[np.float32], count: int
) -> tuple[IntArray, FloatArray, FloatArray]:
    keys, values = [], []
    for axis in (0, 1):
        rows, planes = labels.swapaxes(0, axis), contours.swapaxes(1, 1 + axis)
        first, second = rows[:-1], rows[1:]
        differ = first != second
        keys.append((np.minimum(first, second) * count + np.maximum(first, second))[differ])
        values.append(np.maximum(planes[:, :-1][:, differ], planes[:, 1:][:, differ]))
    pairs, places = np.unique(np.concatenate(keys), return_inverse=True)
    sums = [np.bincount(places, plane, len(pairs)) for plane in np.concatenate(values, axis=1)]
    lengths = np.bincount(places, minlength=len(pairs)).astype(float)
    return np.stack(np.divmod(pairs, count), axis=1), lengths, np.stack(sums, axis=1)


class _Agglomeration:
    """Nodes and their common borders while they are merged; a queue holds every border's cost."""

    def __init__(self, graph: RegionGraph, linkage: Linkage) -> None:
        count = len(graph)
        self.linkage = linkage
        self.sizes = _grown(graph.sizes / graph.labels.size)
        self.cues = _grown(graph.cues)
        self.roots = np.sqrt(self.cues)
        self.boxes = _grown(graph.boxes / np.tile(graph.labels.shape[::-1], 2))
        self.next = count
        self.borders: list[dict[int, tuple[float, float]]] = [{} for _ in range(2 * count)]
        weights = np.zeros(graph.strengths.shape[1])
        weights[: len(linkage.contour)] = linkage.contour
        strengths = graph.strengths @ weights
        first, second = graph.edges.T
        costs = self._costs(first, second, graph.lengths, strengths)
        self.queue = list(zip(costs.tolist(), first.tolist(), second.tolist(), strict=True))
        heapq.heapify(self.queue)
        rows = zip(graph.edges.tolist(), graph.lengths.tolist(), strengths.tolist(), strict=True)
        for (i, j), length, strength in rows:
            self.borders[i][j] = self.borders[j][i] = (length, strength)

    def run(self, count: int) -> Merges:
        merges: Merges = []
        while self.queue and len(merges) < count:
            _, first, second = heapq.heappop(self.queue)
            # A node's borders move to what it is merged into, so stale queue entries find none.
            if second in self.borders[first]:
                self._join(first, second)
                merges.append((first, second))
        return merges

    def _join(self, first: int, second: int) -> None:
        node = self.next
        self.next += 1
        self._gather(node, first, second)
        borders = self.borders[first]
        for other, (length, strength) in self.borders[second].items():
            known = borders.get(other, (0.0, 0.0))
            borders[other] = (known[0] + length, known[1] + strength)
        del borders[first], borders[second]
        self.borders[first], self.borders[second] = {}, {}
        self.borders[node] = borders
        for other, border in borders.items():
            theirs = self.borders[other]
            theirs.pop(first, None)
            theirs.pop(second, None)
            theirs[node] = border
        self._queue(node)

    def _gather(self, node: int, first: int, second: int) -> None:
        pair = [first, second]
        self.sizes[node] = self.sizes[pair].sum()
        self.cues[node] = self.sizes[pair] @ self.cues[pair] / self.sizes[node]
        self.roots[node] = np.sqrt(self.cues[node])
        self.boxes[node, :2] = self.boxes[pair, :2].min(axis=0)
        self.boxes[node, 2:] = self.boxes[pair, 2:].max(axis=0)

    def _queue(self, node: int) -> None:
        borders = self.borders[node]
        if not borders:
            return
        others = np.fromiter(borders, np.intp, len(borders))
        lengths, strengths = np.array(list(borders.values())).T
        costs = self._costs(np.full_like(others, node), others, lengths, strengths)
        for cost, other in zip(costs.tolist(), others.tolist(), strict=True):
            heapq.heappush(self.queue, (cost, other, node))

    def _costs(
        self, first: IntArray, second: IntArray, lengths: FloatArray, strengths: FloatArray
    ) -> FloatArray:
        linkage = self.linkage
        costs = strengths / lengths
        if linkage.colour:
            costs = costs + linkage.colour * self._distance(first, second, COLOUR, 3)
        if linkage.texture:
            costs = costs + linkage.texture * self._distance(first, second, CUES[3], 1)
        costs = costs * np.minimum(self.sizes[first], self.sizes[second]) ** linkage.size
        if linkage.fill:
            low = np.minimum(self.boxes[first, :2], self.boxes[second, :2])
            high = np.maximum(self.boxes[first, 2:], self.boxes[second, 2:])
            area = self.sizes[first] + self.sizes[second]
            costs = costs * ((high - low).prod(axis=1) / area) ** linkage.fill
        return np.asarray(costs, float)

    def _distance(self, first: IntArray, second: IntArray, bins: slice, cues: int) -> FloatArray:
        alike = (self.roots[first, bins] * self.roots[second, bins]).sum(axis=1) / cues
        return np.asarray(np.sqrt(np.maximum(1 - alike, 0)), float)


def _grown(rows: FloatArray) -> FloatArray:
    """Make room for the nodes that the merges will add."""
    return np.concatenate([rows, np.zeros_like(rows)])
