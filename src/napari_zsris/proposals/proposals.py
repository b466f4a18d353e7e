"""The mask proposals of one photo, kept as cropped bitmaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import ProposalError

__all__ = ["Bitmap", "Proposals"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float32]


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
        The box's pixels, eight to a byte along the rows.
    """

    top: int
    left: int
    height: int
    width: int
    packed: npt.NDArray[np.uint8]

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


@dataclass(frozen=True, eq=False)
class Proposals:
    """Class-agnostic mask proposals M(I) of one photo, in their source's order.

    Parameters
    ----------
    size : tuple of int
        The photo's (height, width), in pixels.
    bitmaps : sequence of Bitmap
        The N masks.
    boxes : (N, 4) float32 array
        x0, y0, x1, y1 in pixels as the source reports them, which need not be tight.
    scores : (N,) float32 array
        The source's own confidence, higher is better; ones where it has none.
    source : str
        The source's name, as on the command line.
    """

    size: tuple[int, int]
    bitmaps: Sequence[Bitmap]
    boxes: FloatArray
    scores: FloatArray
    source: str = "given"

    @classmethod
    def from_bitmaps(
        cls,
        bitmaps: Iterable[Bitmap],
        size: tuple[int, int],
        boxes: npt.ArrayLike | None = None,
        scores: npt.ArrayLike | None = None,
        source: str = "given",
    ) -> Proposals:
        """Gather packed masks, with tight boxes and equal scores where none are given.

        Parameters
        ----------
        bitmaps : iterable of Bitmap
            N packed masks.
        size : tuple of int
            The photo's (height, width).
        boxes : (N, 4) array-like, optional
            x0, y0, x1, y1 in pixels; the tight boxes by default.
        scores : (N,) array-like, optional
            The source's confidences; ones by default.
        source : str
            The source's name.

        Returns
        -------
        Proposals
            The proposals, in the order given.

        Raises
        ------
        ProposalError
            Boxes or scores are not one per mask, or not finite numbers.
        """
        kept = tuple(bitmaps)
        box_array = _rows(boxes, [b.box for b in kept], (len(kept), 4), "boxes")
        score_array = _rows(scores, [1.0] * len(kept), (len(kept),), "scores")
        return cls(size, kept, box_array, score_array, source)

    @classmethod
    def from_masks(
        cls,
        masks: npt.ArrayLike,
        boxes: npt.ArrayLike | None = None,
        scores: npt.ArrayLike | None = None,
        source: str = "given",
    ) -> Proposals:
        """Pack a stack of full-size masks.

        Parameters
        ----------
        masks : (N, H, W) bool array-like
            The masks; any dtype, non-zero is inside.
        boxes : (N, 4) array-like, optional
            x0, y0, x1, y1 in pixels; the tight boxes by default.
        scores : (N,) array-like, optional
            The source's confidences; ones by default.
        source : str
            The source's name.

        Returns
        -------
        Proposals
            The proposals, in the stack's order.

        Raises
        ------
        ProposalError
            The masks are not a stack, or boxes or scores do not fit them.
        """
        stack = np.asarray(masks)
        if stack.ndim != 3:
            raise ProposalError(
                f"masks have shape {stack.shape}, but a stack (N, H, W) is needed: "
                "add the first axis even for a single mask"
            )
        bitmaps = (Bitmap.from_mask(np.asarray(mask != 0)) for mask in stack)
        height, width = stack.shape[1:]
        return cls.from_bitmaps(bitmaps, (height, width), boxes, scores, source)

    def __len__(self) -> int:
        return len(self.bitmaps)

    @property
    def masks(self) -> BoolArray:
        """All masks at full size, (N, H, W) bool; a new array at every access."""
        stack = np.zeros((len(self), *self.size), bool)
        for frame, bitmap in zip(stack, self.bitmaps, strict=True):
            _paste(frame, bitmap)
        return stack

    @property
    def areas(self) -> npt.NDArray[np.int64]:
        """Pixels inside each mask, (N,) int64."""
        counts = [int(np.bitwise_count(bitmap.packed).sum()) for bitmap in self.bitmaps]
        return np.array(counts, np.int64)

    def mask(self, index: int) -> BoolArray:
        """Give one mask at full size.

        Parameters
        ----------
        index : int
            Which proposal.

        Returns
        -------
        (H, W) bool array
            A new array; the caller may write to it.
        """
        frame = np.zeros(self.size, bool)
        _paste(frame, self.bitmaps[index])
        return frame

    def select(self, indices: Iterable[int]) -> Proposals:
        """Keep some of the proposals, in the order asked for.

        Parameters
        ----------
        indices : iterable of int
            Which proposals to keep.

        Returns
        -------
        Proposals
            The chosen ones; bitmaps are shared, not copied.
        """
        kept = np.fromiter(indices, np.intp)
        bitmaps = tuple(self.bitmaps[index] for index in kept)
        return Proposals(self.size, bitmaps, self.boxes[kept], self.scores[kept], self.source)


def _paste(frame: BoolArray, bitmap: Bitmap) -> None:
    x0, y0, x1, y1 = bitmap.box
    frame[y0:y1, x0:x1] = bitmap.unpack()


def _rows(
    given: npt.ArrayLike | None, default: Sequence[object], shape: tuple[int, ...], what: str
) -> FloatArray:
    values = np.array(default if given is None else given, np.float32).reshape(
        shape if given is None else np.shape(given)
    )
    if values.shape != shape:
        raise ProposalError(
            f"{what} have shape {values.shape}, but {shape} is needed: give one row per mask"
        )
    if not np.isfinite(values).all():
        raise ProposalError(f"{what} hold NaN or infinity: give finite numbers")
    return values
