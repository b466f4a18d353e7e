"""Bringing a network's small score maps to the photo's size, one cropped mask at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from napari_zsris.proposals.packing import pack
from napari_zsris.proposals.proposals import Bitmap

__all__ = ["Size", "Stage", "Upsampling", "working_size"]

Size: TypeAlias = tuple[int, int]
Stage: TypeAlias = tuple[Size, Size]

BAND_PIXELS = 4_000_000


class Upsampling:
    """A chain of bilinear resizes and crops, applied to the part of a map that matters.

    Bilinear interpolation without antialiasing is linear and separable, so the whole chain is
    `rows @ values @ columns.T`; and since it averages, no output pixel exceeds a threshold unless
    a pixel in its footprint does. A mask is therefore computed inside its own box only.

    Parameters
    ----------
    rows : (H, h) float32 tensor
        Weights of the source rows in each output row.
    columns : (W, w) float32 tensor
        Weights of the source columns in each output column.
    """

    def __init__(self, rows: Tensor, columns: Tensor) -> None:
        self.rows = rows
        self.columns = columns

    @classmethod
    def through(cls, size: Size, stages: Iterable[Stage]) -> Upsampling:
        """Compose a chain from its stages.

        Parameters
        ----------
        size : tuple of int
            The source map's (h, w).
        stages : iterable of ((int, int), (int, int))
            Each stage's size after its resize, and the part of it that is kept, from the top left.

        Returns
        -------
        Upsampling
            The chain, as its two weight matrices on the CPU.
        """
        stages = list(stages)
        rows, columns = (
            _weights(size[axis], [(resized[axis], kept[axis]) for resized, kept in stages])
            for axis in (0, 1)
        )
        return cls(rows, columns)

    def to(self, device: torch.device) -> Upsampling:
        """Give the same chain on another device.

        Parameters
        ----------
        device : torch.device
            Where the maps are.

        Returns
        -------
        Upsampling
            The chain there; this one where it is there already.
        """
        if self.rows.device == device:
            return self
        return Upsampling(self.rows.to(device), self.columns.to(device))

    @property
    def size(self) -> Size:
        """The output's (height, width)."""
        return self.rows.shape[0], self.columns.shape[0]

    def window(self, values: Tensor, threshold: float) -> tuple[int, int, Tensor]:
        """Upsample the part of some maps outside of which nothing exceeds the threshold.

        Parameters
        ----------
        values : (..., h, w) tensor
            Scores or logits; several maps share one part.
        threshold : float
            What a pixel must exceed to matter.

        Returns
        -------
        top, left : int
            Where the part begins in the output.
        part : (..., a, b) float32 tensor
            The part; empty when nothing exceeds the threshold.
        """
        values = values.float()
        rows, columns = self._extents(values, threshold)
        return rows[0], columns[0], self._part(values, rows, columns)

    def bitmap(self, values: Tensor, threshold: float) -> Bitmap:
        """Upsample one map and pack what exceeds the threshold.

        Parameters
        ----------
        values : (h, w) tensor
            Scores or logits.
        threshold : float
            What a pixel of the mask must exceed.

        Returns
        -------
        Bitmap
            The mask of the output's size.
        """
        values = values.float()
        (top, bottom), (left, right) = self._extents(values, threshold)
        mask = torch.empty((bottom - top, right - left), dtype=torch.bool, device=values.device)
        band = max(1, BAND_PIXELS // max(1, right - left))
        for start in range(top, bottom, band):
            stop = min(start + band, bottom)
            part = self._part(values, (start, stop), (left, right))
            mask[start - top : stop - top] = part > threshold
        return pack(mask, top, left)

    def _extents(self, values: Tensor, threshold: float) -> tuple[Size, Size]:
        above = (values > threshold).view(-1, *values.shape[-2:]).any(dim=0)
        rows = self.rows @ above.any(dim=1).float()
        columns = self.columns @ above.any(dim=0).float()
        return _extent(rows), _extent(columns)

    def _part(self, values: Tensor, rows: Size, columns: Size) -> Tensor:
        vertical, (r0, r1) = _footprint(self.rows[slice(*rows)])
        horizontal, (c0, c1) = _footprint(self.columns[slice(*columns)])
        return vertical @ values[..., r0:r1, c0:c1] @ horizontal.T


def working_size(photo: Size, longest: int) -> Size:
    """Shrink a size to a longest side, and keep its proportions.

    Parameters
    ----------
    photo : tuple of int
        (height, width) in pixels.
    longest : int
        What the longer side may be.

    Returns
    -------
    tuple of int
        The size itself where it fits; at least one pixel along each side.
    """
    scale = longest / max(photo)
    if scale >= 1:
        return photo
    height, width = photo
    return max(1, round(height * scale)), max(1, round(width * scale))


def _weights(length: int, stages: Iterable[tuple[int, int]]) -> Tensor:
    impulses = torch.eye(length)[None]
    for resized, kept in stages:
        impulses = functional.interpolate(impulses, resized, mode="linear", align_corners=False)
        impulses = impulses[..., :kept]
    return impulses[0].T.contiguous()


def _footprint(weights: Tensor) -> tuple[Tensor, tuple[int, int]]:
    start, stop = _extent(weights.sum(dim=0))
    return weights[:, start:stop], (start, stop)


def _extent(amounts: Tensor) -> tuple[int, int]:
    places = amounts.nonzero()
    if not len(places):
        return 0, 0
    return int(places[0]), int(places[-1]) + 1
