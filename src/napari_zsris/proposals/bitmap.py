"""One mask, bit-packed inside its tight box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Bitmap"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Bitmap:
    """One mask, bit-packed inside its tight box: a 1,000 x 1,000 object takes 125 kB in any photo.

    Parameters
    ----------
    top, left : int
        First row and column of the mask's tight box, in pixels.
    height, width : int
        The tight box's size, in pixels; both 0 for an empty mask.
    packed : (height, ceil(width / 8)) uint8 array
        The box's pixels, eight to a byte along the rows; read-only.
    """

    top: int
    left: int
    height: int
    width: int
    packed: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        # Bits of a mask in Fortran order come in that order, too; and bitmaps are shared.
        packed = np.ascontiguousarray(self.packed).view()
        packed.flags.writeable = False
        object.__setattr__(self, "packed", packed)

    @classmethod
    def from_mask(cls, mask: BoolArray, top: int = 0, left: int = 0) -> Bitmap:
        """Pack a mask that may be a whole frame, or a part of one that begins at (top, left).

        Parameters
        ----------
        mask : (h, w) bool array
            The mask's pixels.
        top, left : int
            Where the array's first pixel lies in the photo.

        Returns
        -------
        Bitmap
            The mask inside its tight box.
        """
        rows = np.flatnonzero(mask.any(axis=1))
        if not rows.size:
            return cls(top, left, 0, 0, np.zeros((0, 0), np.uint8))
        band = mask[rows[0] : rows[-1] + 1]
        columns = np.flatnonzero(band.any(axis=0))
        tight = band[:, columns[0] : columns[-1] + 1]
        height, width = tight.shape
        packed = np.packbits(tight, axis=1)
        return cls(top + int(rows[0]), left + int(columns[0]), height, width, packed)

    def unpack(self) -> BoolArray:
        """Give the pixels of the tight box.

        Returns
        -------
        (height, width) bool array
            A new array; the caller may write to it.
        """
        if not self.height:
            return np.zeros((0, 0), bool)
        return np.unpackbits(self.packed, axis=1, count=self.width).view(bool)

    def window(self, x0: int, y0: int, x1: int, y1: int) -> BoolArray:
        """Give the mask's pixels in any rectangle of the photo.

        Parameters
        ----------
        x0, y0, x1, y1 : int
            The rectangle in pixels, the last row and column excluded.

        Returns
        -------
        (y1 - y0, x1 - x0) bool array
            A new array, False where the rectangle leaves the tight box.
        """
        window = np.zeros((y1 - y0, x1 - x0), bool)
        left, top, right, bottom = self.box
        u0, u1 = max(x0, left), min(x1, right)
        v0, v1 = max(y0, top), min(y1, bottom)
        if u0 < u1 and v0 < v1:
            part = self.unpack()[v0 - top : v1 - top, u0 - left : u1 - left]
            window[v0 - y0 : v1 - y0, u0 - x0 : u1 - x0] = part
        return window

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The tight box as x0, y0, x1, y1 in pixels, the last row and column excluded."""
        return self.left, self.top, self.left + self.width, self.top + self.height

    @property
    def area(self) -> int:
        """Pixels inside the mask."""
        return int(np.bitwise_count(self.packed).sum())

    @property
    def centroid(self) -> tuple[float, float]:
        """Mean x and y of the mask's pixels, whole at pixel centres; an empty mask's corner."""
        counts = np.bitwise_count(self.packed).astype(np.int64)
        area = int(counts.sum())
        if not area:
            return float(self.left), float(self.top)
        # Within a byte the first pixel is the highest bit, so a table gives the sum of positions.
        columns = 8 * np.arange(self.packed.shape[1])
        across = counts.sum(axis=0) @ columns + _positions()[self.packed].sum()
        down = counts.sum(axis=1) @ np.arange(self.height)
        return self.left + float(across) / area, self.top + float(down) / area

    @property
    def nbytes(self) -> int:
        """Bytes that the pixels take."""
        return self.packed.nbytes


def _positions() -> npt.NDArray[np.int64]:
    """For every byte the sum of the places, 0 to 7 from the left, of its ones: (256,) int64."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    return bits @ np.arange(8)
