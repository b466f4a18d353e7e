"""The few groups that together come close to whatever may be an object."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.proposals.objectness import cover, overlaps

__all__ = ["choose"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float32]

SHORTLIST = 2000
"""How many of the best groups are compared with each other."""
SHARPNESS = 8.0
"""By which an expected IoU is turned into the chance of being an object: exp(8 IoU)."""
CROWD = 0.6
"""From which IoU on groups share their chance, as many likenesses of one object do."""
SHARING = 0.5
"""By which power of their number a crowd's chances are divided."""


def choose(
    members: BoolArray, expected: FloatArray, sizes: npt.NDArray[np.float64], count: int
) -> list[int]:
    """Choose groups so that whichever group is an object, a chosen one lies close to it.

    Parameters
    ----------
    members : (M, n) bool array
        Groups of n regions.
    expected : (M,) float32 array
        The IoU with an object that each can be expected to have.
    sizes : (n,) float64 array
        Pixels in each region.
    count : int
        How many to choose at most.

    Returns
    -------
    list of int
        The chosen groups, most useful first.
    """
    order = np.argsort(-expected, kind="stable")[: max(SHORTLIST, count)]
    iou = overlaps(members[order], sizes)
    best = expected[order].astype(np.float64)
    chances = np.exp(SHARPNESS * (best - best.max()))
    chances /= (iou > CROWD).sum(axis=1) ** SHARING
    chosen, _ = cover(iou, chances / chances.sum(), count)
    return [int(group) for group in order[chosen]]
