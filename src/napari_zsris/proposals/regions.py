"""Proposals without a model: hierarchies of regions, grouped by contour, colour and texture."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.contours import contour_strength, cue_histograms
from napari_zsris.proposals.grouping import Linkage, RegionGraph, merge, merged_labels, nodes
from napari_zsris.proposals.label_map import enlarged, united
from napari_zsris.proposals.objectness import cover, features, overlaps
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.source import ProposalSource

__all__ = ["LINKAGES", "Regions", "grouped", "region_graph", "working_copy"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]

PIXELS = 320 * 240
"""The photo is brought down to about this many pixels, where all regions are found."""
REGIONS = 400
"""How many regions the hierarchies begin with; their best unions reach a mean IoU of 0.84."""
SMALLEST = 0.002
"""The smallest proposal, as a share of the photo."""
FOUNDATION = Linkage(size=0.25)
"""How the watershed's regions are merged down to `REGIONS`."""
LINKAGES = (
    Linkage(colour=2.0),
    Linkage((0.1, 0.1, 0.1, 0.0), colour=4.0, size=0.4, fill=0.3),
    Linkage(fill=0.5),
    Linkage(),
    Linkage(texture=2.0),
    Linkage((0.0, 0.0, 1.0, 1.0)),
    Linkage(colour=2.0, fill=0.2),
    Linkage((1.0, 1.0, 0.0, 0.0), size=0.3),
)
"""The hierarchies, in the order in which each adds most to the others' union."""
STAGES = len(LINKAGES) + 2
OBJECTNESS = np.array([0.0205, 0.0671, -0.0262, 0.0397, -0.0651, 0.0001, -0.0342, -0.0142])
"""What each of the features adds to a group's expected IoU with an object."""
SHARPNESS = 20.0
"""By which an expected IoU is turned into the chance of being an object: exp(20 IoU)."""
DEFAULT_QUALITY = Quality(max_count=100)
"""Three times as many take three times as long to encode, and the best of them is as good."""


class Regions(ProposalSource):
    """Unsupervised hierarchical grouping, which nothing was learnt for.

    A watershed of multi-scale colour and texture contours is merged, pair by pair, into eight
    hierarchies that weigh contour, colour, texture, size and fill differently. Of all their nodes
    those are kept that together come close to whatever may be an object, by a linear score of
    outline, inside and shape. The score of a proposal is what it adds to that.

    Parameters
    ----------
    quality : Quality, optional
        How many proposals to give, and of what size; 100 by default.
    """

    name = "regions"

    def __init__(self, quality: Quality = DEFAULT_QUALITY) -> None:
        self.quality = quality

    def steps(self, image: npt.NDArray[np.uint8]) -> Steps[Proposals]:
        """Propose masks for a photo.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            The photo, RGB.

        Yields
        ------
        Progress
            After the contours, before each hierarchy and before the masks are brought to the
            photo's size.

        Returns
        -------
        Proposals
            Most useful first: every beginning of the list covers the photo's likely objects as
            well as that many proposals can. A photo of a single region is itself the proposal.
        """
        yield Progress("regions", 0, STAGES)
        graph = region_graph(working_copy(image))
        members = yield from grouped(graph)
        yield Progress("regions", STAGES - 1, STAGES)
        chosen, gains = _ranked(graph, members, self.quality.max_count or len(members))
        size = image.shape[0], image.shape[1]
        bitmaps = united(enlarged(graph.labels, size), members[chosen])
        proposals = Proposals.from_bitmaps(bitmaps, size, scores=gains, source=self.name)
        return self.quality.apply(proposals)


def region_graph(photo: npt.NDArray[np.uint8]) -> RegionGraph:
    """Cut a photo into its smallest regions.

    Parameters
    ----------
    photo : (h, w, 3) uint8 array
        RGB, at working size.

    Returns
    -------
    RegionGraph
        At most `REGIONS` regions and their borders.
    """
    from skimage.segmentation import watershed

    cues = cue_histograms(photo)
    contours = contour_strength(cues)
    relief = ndimage.gaussian_filter(contours[:3].sum(axis=0), 0.7)
    labels = np.asarray(watershed(relief), np.intp)  # type: ignore[no-untyped-call]
    # Basins count from 1, but a relief without any slope is left at 0.
    labels -= labels.min()
    fine = RegionGraph.from_labels(labels, contours, cues)
    merges = merge(fine, FOUNDATION, until=REGIONS)
    if not merges:
        return fine
    return RegionGraph.from_labels(merged_labels(labels, len(fine), merges), contours, cues)


def grouped(graph: RegionGraph) -> Steps[BoolArray]:
    """Gather the nodes of all hierarchies.

    Parameters
    ----------
    graph : RegionGraph
        A photo's n regions.

    Yields
    ------
    Progress
        Before each hierarchy.

    Returns
    -------
    (M, n) bool array
        The regions of each node, no two alike and none smaller than `SMALLEST`.
    """
    groups = [np.eye(len(graph), dtype=bool)]
    for done, linkage in enumerate(LINKAGES, 1):
        yield Progress("regions", done, STAGES)
        groups.append(nodes(len(graph), merge(graph, linkage)))
    members = np.concatenate(groups)
    large = members[members @ graph.sizes >= SMALLEST * graph.labels.size]
    _, first = np.unique(np.packbits(large, axis=1), axis=0, return_index=True)
    return large[np.sort(first)]


def working_copy(photo: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Bring a photo down to the size at which its regions are found.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        RGB.

    Returns
    -------
    (h, w, 3) uint8 array
        About `PIXELS` pixels; the photo itself when it has no more.
    """
    height, width = photo.shape[:2]
    scale = (PIXELS / (height * width)) ** 0.5
    if scale >= 1:
        return photo
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BILINEAR))


def _ranked(graph: RegionGraph, members: BoolArray, count: int) -> tuple[list[int], list[float]]:
    expected = features(graph, members) @ OBJECTNESS
    chances = np.exp(SHARPNESS * (expected - expected.max()))
    return cover(overlaps(members, graph.sizes), chances / chances.sum(), count)
