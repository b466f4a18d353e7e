"""How well a mask agrees with a map of where in the photo a phrase is seen.

HybridGL (Liu and Li, CVPR 2025) takes a dense map A of the phrase over the photo, from 0 to 1 and
then divided by its mean, and rewards the mask that gathers it:

    C(i) = (2 - w) mean_in(A, i) - w mean_out(A, i)

with w = 1.8, or 1.95 and 1.5 where the phrase says that the object is big or small. Its map is made
by a method of its own; here it is what the image tower itself sees in every cell of its grid, each
encoded as a mask like any other, A = cos(f^G_cell, t).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from napari_zsris.method.expression import RelationKind
from napari_zsris.method.fusion import unit
from napari_zsris.method.geometry import shares

if TYPE_CHECKING:
    from napari_zsris.method.expression import Expression
    from napari_zsris.proposals import Proposals

__all__ = ["DenseMap", "cells", "map_size"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

# A finer map costs memory and tells no more: a tower's own cells are seldom smaller.
LARGEST_MAP = 16
SMALLEST_OUTSIDE = 1e-3
_OUTSIDE = {RelationKind.BIGGER: 1.95, RelationKind.SMALLER: 1.5}
_OUTSIDE_OTHERWISE = 1.8


def map_size(grid: tuple[int, int]) -> tuple[int, int]:
    """Choose the map's size: the tower's grid, or the finest part of it of 16 cells at most.

    Parameters
    ----------
    grid : tuple of int
        Height and width of the tower's grid.

    Returns
    -------
    tuple of int
        Height and width of the map; whole numbers of the grid's cells make one of the map's.
    """
    height, width = (
        next(side // n for n in range(1, side + 1) if side % n == 0 and side // n <= LARGEST_MAP)
        for side in grid
    )
    return height, width


def cells(grid: tuple[int, int]) -> torch.Tensor:
    """Give every cell of the map as a mask on the tower's grid.

    Parameters
    ----------
    grid : tuple of int
        Height and width of the tower's grid.

    Returns
    -------
    (h * w, gh, gw) float32 tensor
        One mask per cell in raster order, 1 inside it; (h, w) is the map's size.
    """
    height, width = map_size(grid)
    single = torch.eye(height * width).view(-1, height, width)
    rows, columns = grid[0] // height, grid[1] // width
    return single.repeat_interleave(rows, dim=1).repeat_interleave(columns, dim=2)


@dataclass(frozen=True, eq=False)
class DenseMap:
    """What a tower sees in every cell of a photo, and where N masks lie on those cells.

    Parameters
    ----------
    features : (h, w, D) float32 array
        The cells' features, each of length one.
    shares : (N, h, w) float32 array
        How much each cell counts in the mean over each mask; each sums to one.
    areas : (N,) float32 array
        Share of the photo that each mask covers.
    """

    features: FloatArray
    shares: FloatArray
    areas: FloatArray

    @classmethod
    def of(cls, features: FloatArray, proposals: Proposals) -> DenseMap:
        """Lay masks on a map.

        Parameters
        ----------
        features : (h, w, D) float32 array
            The cells' features, of any length.
        proposals : Proposals
            The N masks.

        Returns
        -------
        DenseMap
            The map.
        """
        height, width = features.shape[:2]
        areas = (proposals.areas / np.prod(proposals.size)).astype(np.float32)
        return cls(unit(features), shares(proposals, (height, width)), areas)

    def coherence(self, expression: Expression, text: FloatArray) -> FloatArray:
        """Judge each mask by what the map shows of a phrase.

        Parameters
        ----------
        expression : Expression
            The phrase.
        text : (D,) float32 array
            Its features.

        Returns
        -------
        (N,) float32 array
            C(i); zeros where the phrase is seen everywhere alike.
        """
        seen = self.features @ unit(text)
        seen = seen - seen.min()
        if not seen.any():
            return np.zeros(len(self.areas), np.float32)
        seen = seen / seen.mean()
        inside = np.einsum("nhw,hw->n", self.shares, seen)
        # The mean over the photo is 1. All but the whole photo has an outside.
        rest = np.maximum(1 - self.areas, np.float32(SMALLEST_OUTSIDE))
        outside = np.maximum(1 - self.areas * inside, 0) / rest
        kinds = (relation.kind for relation in expression.relations)
        weight = next((_OUTSIDE[kind] for kind in kinds if kind in _OUTSIDE), _OUTSIDE_OTHERWISE)
        term: FloatArray = ((2 - weight) * inside - weight * outside).astype(np.float32)
        return term
