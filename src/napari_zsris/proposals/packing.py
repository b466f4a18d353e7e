"""Packing masks where they were computed, so that only their bits travel to the host."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from napari_zsris.proposals.proposals import Bitmap

__all__ = ["pack", "packed_bits"]


def pack(mask: Tensor, top: int = 0, left: int = 0) -> Bitmap:
    """Crop a mask to its tight box and pack it, eight pixels to a byte.

    Parameters
    ----------
    mask : (h, w) bool tensor
        A whole frame, or the part of one that begins at (top, left), on any device.
    top, left : int
        Where the tensor's first pixel lies in the photo.

    Returns
    -------
    Bitmap
        The packed mask.
    """
    if mask.device.type == "cpu":
        return Bitmap.from_mask(mask.numpy(), top, left)
    rows, columns = (mask.any(dim=axis).nonzero().flatten() for axis in (1, 0))
    if not len(rows):
        return Bitmap.from_mask(mask.cpu().numpy(), top, left)
    first_row, last_row, first_column, last_column = torch.stack(
        [rows[0], rows[-1], columns[0], columns[-1]]
    ).tolist()
    tight = mask[first_row : last_row + 1, first_column : last_column + 1]
    height, width = tight.shape
    packed = packed_bits(tight).cpu().numpy()
    return Bitmap(top + first_row, left + first_column, height, width, packed)


def packed_bits(mask: Tensor) -> Tensor:
    """Pack rows of booleans into bytes on their own device, the first pixel in the highest bit.

    Parameters
    ----------
    mask : (h, w) bool tensor
        The pixels.

    Returns
    -------
    (h, ceil(w / 8)) uint8 tensor
        What `numpy.packbits(mask, axis=1)` gives.
    """
    height, width = mask.shape
    padded = functional.pad(mask.to(torch.uint8), (0, -width % 8)).view(height, -1, 8)
    powers = torch.tensor([128, 64, 32, 16, 8, 4, 2, 1], dtype=torch.uint8, device=mask.device)
    return (padded * powers).sum(dim=-1, dtype=torch.uint8)
