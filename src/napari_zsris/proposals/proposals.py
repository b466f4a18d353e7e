"""The mask proposals of one photo, kept as cropped bitmaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.arrays import as_numbers, frozen, read_masks
from napari_zsris.errors import ProposalError
from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.proposals.geometry import grid_mask, interpolation_weights, intersections

__all__ = ["Bitmap", "Proposals"]

EXPECTING = frozenset({"objects"})
"""Sources whose scores are the IoU that a mask can be expected to have with an object."""

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float32]

#: Beyond this single precision has no number.
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, eq=False)
class Proposals:
    """Class-agnostic mask proposals M(I) of one photo, in their source's order.

    They are shared by all who rank them, so boxes and scores are read-only copies.

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

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", frozen(self.boxes, np.float32))
        object.__setattr__(self, "scores", frozen(self.scores, np.float32))

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
        size: tuple[int, int] | None = None,
    ) -> Proposals:
        """Pack a stack of full-size masks.

        Parameters
        ----------
        masks : (N, H, W) bool array-like
            Or a list of N masks (H, W); values as for :func:`~napari_zsris.arrays.as_mask`.
        boxes : (N, 4) array-like, optional
            x0, y0, x1, y1 in pixels; the tight boxes by default.
        scores : (N,) array-like, optional
            The source's confidences; ones by default.
        source : str
            The source's name.
        size : tuple of int, optional
            The photo's (height, width), for an empty list of masks, which has none.

        Returns
        -------
        Proposals
            The proposals, in the stack's order.

        Raises
        ------
        ProposalError
            The masks are not a stack of masks, or boxes or scores do not fit them.
        """
        found, frames = read_masks(masks, size)
        bitmaps = map(Bitmap.from_mask, frames)
        return cls.from_bitmaps(bitmaps, found, boxes, scores, source)

    @property
    def expected_iou(self) -> FloatArray | None:
        """The IoU that each mask can be expected to have with an object, (N,) float32.

        None where the source's scores mean something else.
        """
        return self.scores if self.source in EXPECTING else None

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
        return np.array([bitmap.area for bitmap in self.bitmaps], np.int64)

    @property
    def centroids(self) -> FloatArray:
        """Mean x and y of each mask's pixels, (N, 2) float32; an empty mask's box centre."""
        centres = np.array([bitmap.centroid for bitmap in self.bitmaps], np.float32).reshape(-1, 2)
        empty = self.areas == 0
        centres[empty] = (self.boxes[empty, :2] + self.boxes[empty, 2:]) / 2
        return centres

    @property
    def nbytes(self) -> int:
        """Bytes that masks, boxes and scores take."""
        pixels = sum(bitmap.nbytes for bitmap in self.bitmaps)
        return pixels + self.boxes.nbytes + self.scores.nbytes

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

    @classmethod
    def concatenate(cls, parts: Sequence[Proposals]) -> Proposals:
        """Put the proposals of several sources for one photo behind each other.

        Parameters
        ----------
        parts : sequence of Proposals
            At least one; bitmaps are shared, not copied.

        Returns
        -------
        Proposals
            All of them; the source is the parts' sources joined by "+".

        Raises
        ------
        ProposalError
            There are none, or they are of photos of different sizes.
        """
        sizes = {part.size for part in parts}
        if len(sizes) != 1:
            raise ProposalError(
                f"proposals of {len(sizes)} photo sizes cannot be joined: give those of one photo"
            )
        bitmaps = tuple(bitmap for part in parts for bitmap in part.bitmaps)
        boxes = np.concatenate([part.boxes for part in parts])
        scores = np.concatenate([part.scores for part in parts])
        source = "+".join(dict.fromkeys(part.source for part in parts))
        return cls(sizes.pop(), bitmaps, boxes, scores, source)

    def iou_matrix(self) -> FloatArray:
        """Compare every two masks.

        Returns
        -------
        (N, N) float32 array
            Intersection over union; 0 where both masks are empty.
        """
        shared = intersections(self.bitmaps)
        areas = shared.diagonal()
        union = areas[:, None] + areas[None, :] - shared
        return np.asarray(shared / np.maximum(union, 1), np.float32)

    def grid_masks(self, height: int, width: int, *, antialias: bool) -> FloatArray:
        """Resize the masks bilinearly to a small grid, as torch's `interpolate` does full frames.

        Parameters
        ----------
        height, width : int
            The grid's size, such as the 7 x 7 tokens of a ViT-B/32.
        antialias : bool
            Whether shrinking averages over all of a cell's pixels; the paper's era did not.

        Returns
        -------
        (N, height, width) float32 array
            0 to 1. Without antialiasing a small mask may be zero everywhere.
        """
        rows = interpolation_weights(self.size[0], height, antialias=antialias)
        columns = interpolation_weights(self.size[1], width, antialias=antialias)
        grids = np.zeros((len(self), height, width), np.float32)
        for index, bitmap in enumerate(self.bitmaps):
            grids[index] = grid_mask(bitmap, rows, columns)
        return grids


def _paste(frame: BoolArray, bitmap: Bitmap) -> None:
    x0, y0, x1, y1 = bitmap.box
    frame[y0:y1, x0:x1] = bitmap.unpack()


def _rows(
    given: npt.ArrayLike | None, default: Sequence[object], shape: tuple[int, ...], what: str
) -> FloatArray:
    if given is None:
        return np.array(default, np.float32).reshape(shape)
    values = as_numbers(given, f"array of {what}", "give finite numbers, one row per mask")
    if not values.size and not shape[0]:
        return np.zeros(shape, np.float32)
    if values.shape != shape:
        raise ProposalError(
            f"{what} have shape {values.shape}, but {shape} is needed: give one row per mask"
        )
    if not (np.abs(values.astype(np.float64)) <= LARGEST).all():
        raise ProposalError(f"{what} hold NaN or infinity, or huge numbers: give finite numbers")
    return values.astype(np.float32)
