"""FreeSOLO's grid cells and candidate masks, kept as columns of equal length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

__all__ = ["Candidates", "Cells"]


@dataclass(frozen=True, eq=False)
class Table:
    """Tensors of one length, taken, moved and joined together."""

    def __len__(self) -> int:
        return len(next(iter(vars(self).values())))

    def __getitem__(self, index: Tensor | slice) -> Self:
        return type(self)(**{name: column[index] for name, column in vars(self).items()})

    def to(self, device: torch.device) -> Self:
        """Give the same rows on another device.

        Parameters
        ----------
        device : torch.device
            Where they are wanted.

        Returns
        -------
        Table
            Of the same kind.
        """
        return type(self)(**{name: column.to(device) for name, column in vars(self).items()})

    def joined(self, other: Self) -> Self:
        """Append another table's rows to this one's.

        Parameters
        ----------
        other : Table
            Of the same kind and on the same device.

        Returns
        -------
        Table
            Both tables' rows.
        """
        columns = {
            name: torch.cat([column, getattr(other, name)]) for name, column in vars(self).items()
        }
        return type(self)(**columns)


@dataclass(frozen=True, eq=False)
class Cells(Table):
    """Grid cells that may hold an object, in the published order.

    Parameters
    ----------
    kernels : (N, 256) float32 tensor
        Each one's 1x1 convolution.
    classes : (N,) int64 tensor
        Each one's class, 0 or 1; a cell can stand here with both.
    scores : (N,) float32 tensor
        The class's probability.
    strides : (N,) int64 tensor
        The pyramid level's stride in pixels.
    """

    kernels: Tensor
    classes: Tensor
    scores: Tensor
    strides: Tensor


@dataclass(frozen=True, eq=False)
class Candidates(Table):
    """Cells with the masks that they predict.

    Parameters
    ----------
    kernels : (N, 256) float32 tensor
        Each one's 1x1 convolution.
    classes : (N,) int64 tensor
        Each one's class.
    class_scores : (N,) float32 tensor
        The class's probability.
    maskness : (N,) float32 tensor
        Mean probability inside the mask.
    scores : (N,) float32 tensor
        What ranks them: class score times maskness, then decayed by matrix NMS.
    masks : (N, h, w) bool tensor
        The masks at a quarter of the padded photo's size.
    """

    kernels: Tensor
    classes: Tensor
    class_scores: Tensor
    maskness: Tensor
    scores: Tensor
    masks: Tensor
