"""Masks as COCO's compressed run-length encoding, through pycocotools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask

from napari_zsris.arrays import as_mask
from napari_zsris.errors import AnnotationError

__all__ = [
    "Rle",
    "check_rle",
    "decode_rle",
    "encode_rle",
    "is_empty",
    "measure_rle",
    "merge_rles",
    "rle_area",
    "rle_bbox",
    "rle_iou",
]

BoolArray: TypeAlias = npt.NDArray[np.bool_]

# The encoding writes numbers five bits at a time, low bits first, as characters from "0" on.
_FIRST_CHARACTER = 48
_VALUE_BITS = 0x1F
_SIGN_BIT = 0x10
_MORE_BIT = 0x20
# A run is a C unsigned int, so seven characters hold any that can be true.
_LONGEST_NUMBER = 7


class Rle(TypedDict):
    """A mask as it stands in a COCO file: fit for JSON and for pycocotools as it is.

    Attributes
    ----------
    size : list of int
        The photo's [height, width], in pixels.
    counts : str
        Runs of background and foreground in column order, in COCO's compressed notation.
    """

    size: list[int]
    counts: str


def encode_rle(mask: npt.ArrayLike) -> Rle:
    """Encode a mask without loss.

    Parameters
    ----------
    mask : (H, W) array-like
        Values as for :func:`~napari_zsris.arrays.as_mask`.

    Returns
    -------
    Rle
        The mask, `counts` as str.

    Raises
    ------
    AnnotationError
        The array has not two dimensions, no pixels, or values that are no mask.
    """
    frame = as_mask(mask, error=AnnotationError)
    if not frame.size:
        raise AnnotationError(
            f"a mask has shape {frame.shape}, but (height, width) of at least one pixel is needed: "
            "pass one mask of one photo"
        )
    # pycocotools reads the buffer in column order, whatever the array says.
    columns = np.asfortranarray(frame).view(np.uint8)
    counts: bytes = coco_mask.encode(columns)["counts"]
    height, width = frame.shape
    return Rle(size=[height, width], counts=counts.decode("ascii"))


def decode_rle(rle: Rle) -> BoolArray:
    """Decode a mask.

    Parameters
    ----------
    rle : Rle
        The mask, from :func:`encode_rle` or out of a file.

    Returns
    -------
    (H, W) bool array
        A new array in row order; the caller may write to it.

    Raises
    ------
    AnnotationError
        The runs are damaged or do not fill the photo.
    """
    columns = coco_mask.decode(_whole(rle))
    return np.ascontiguousarray(columns).view(bool)


def rle_area(rle: Rle) -> int:
    """Count the pixels inside a mask.

    Parameters
    ----------
    rle : Rle
        The mask.

    Returns
    -------
    int
        Pixels.

    Raises
    ------
    AnnotationError
        The runs are damaged or do not fill the photo.
    """
    return int(coco_mask.area(_whole(rle)))


def is_empty(rle: Rle) -> bool:
    """Tell whether a mask has no pixels, without checking it once more.

    Parameters
    ----------
    rle : Rle
        A mask that was checked: out of :func:`encode_rle` or :func:`check_rle`, not out of a file.

    Returns
    -------
    bool
        Whether it has none.
    """
    return not coco_mask.area(rle)


def rle_bbox(rle: Rle) -> tuple[float, float, float, float]:
    """Give a mask's tight box as COCO writes it.

    Parameters
    ----------
    rle : Rle
        The mask.

    Returns
    -------
    tuple of float
        x, y, width, height in pixels; zeros for an empty mask.

    Raises
    ------
    AnnotationError
        The runs are damaged or do not fill the photo.
    """
    return _bbox(_whole(rle))


def measure_rle(rle: Rle) -> tuple[int, tuple[float, float, float, float]]:
    """Give a mask's area and its tight box, checking it once.

    Parameters
    ----------
    rle : Rle
        The mask.

    Returns
    -------
    area : int
        Pixels inside the mask.
    bbox : tuple of float
        x, y, width, height in pixels; zeros for an empty mask.

    Raises
    ------
    AnnotationError
        The runs are damaged or do not fill the photo.
    """
    return rle_area(rle), _bbox(rle)


def rle_iou(first: Rle, second: Rle) -> float:
    """Give the intersection over union of two masks of one photo.

    Parameters
    ----------
    first, second : Rle
        The masks.

    Returns
    -------
    float
        0 to 1; 0 for two empty masks.

    Raises
    ------
    AnnotationError
        The masks are of different sizes, or their runs are damaged.
    """
    if list(first["size"]) != list(second["size"]):
        raise AnnotationError(
            f"masks of {first['size']} and {second['size']} pixels cannot be compared: "
            "pass two masks of one photo"
        )
    iou = coco_mask.iou([_whole(first)], [_whole(second)], [0])
    return float(iou[0, 0])


def merge_rles(masks: Sequence[Rle]) -> Rle:
    """Unite masks of one photo.

    Parameters
    ----------
    masks : sequence of Rle
        At least one mask, all of one size.

    Returns
    -------
    Rle
        Every pixel that is in any of them.

    Raises
    ------
    AnnotationError
        The masks are of different sizes, or their runs are damaged.
    """
    sizes = {tuple(mask["size"]) for mask in masks}
    if len(sizes) != 1:
        raise AnnotationError(
            f"masks of {len(sizes)} different sizes cannot be united: pass masks of one photo"
        )
    counts: bytes = coco_mask.merge([_whole(mask) for mask in masks])["counts"]
    return Rle(size=list(masks[0]["size"]), counts=counts.decode("ascii"))


def check_rle(counts: object, size: Sequence[int]) -> Rle:
    """Take a mask from a foreign file: compressed or plain runs that fill the photo exactly.

    pycocotools trusts its input and would read or write past its buffers, so nothing
    reaches it unchecked.

    Parameters
    ----------
    counts : object
        What the file holds: str or bytes (compressed), or a list of run lengths.
    size : sequence of int
        The photo's (height, width), in pixels.

    Returns
    -------
    Rle
        The mask, compressed.

    Raises
    ------
    AnnotationError
        The runs are damaged or do not fill the photo.
    """
    height, width = (int(side) for side in size)
    if isinstance(counts, bytes):
        counts = counts.decode("latin-1")
    if isinstance(counts, str):
        return _whole(Rle(size=[height, width], counts=counts))
    if not isinstance(counts, list) or not all(type(run) is int and run >= 0 for run in counts):
        raise _damaged("its counts are neither text nor a list of whole numbers")
    if sum(counts) != height * width:
        raise _damaged(f"its runs hold {sum(counts)} of {height * width} pixels")
    packed: bytes = coco_mask.frPyObjects({"size": [height, width], "counts": counts}, 0, 0)[
        "counts"
    ]
    return Rle(size=[height, width], counts=packed.decode("ascii"))


def _whole(rle: Rle) -> Rle:
    height, width = rle["size"]
    runs = _runs(rle["counts"])
    if (runs < 0).any() or runs.sum() != height * width:
        raise _damaged(f"its runs do not fill {height} x {width} pixels")
    return rle


def _bbox(rle: Rle) -> tuple[float, float, float, float]:
    x, y, width, height = (float(value) for value in coco_mask.toBbox(rle))
    return x, y, width, height


def _runs(counts: str) -> npt.NDArray[np.int64]:
    if not counts.isascii():
        raise _damaged("its counts hold characters outside the notation")
    characters = np.frombuffer(counts.encode("ascii"), np.uint8).astype(np.int64)
    digits = characters - _FIRST_CHARACTER
    if not digits.size or digits.min() < 0 or digits.max() >= 2 * _MORE_BIT:
        raise _damaged("its counts hold characters outside the notation")
    ends = np.flatnonzero((digits & _MORE_BIT) == 0)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if not ends.size or ends[-1] != digits.size - 1 or lengths.max() > _LONGEST_NUMBER:
        raise _damaged("its counts end inside a number")
    place = np.arange(digits.size) - np.repeat(starts, lengths)
    numbers = np.add.reduceat((digits & _VALUE_BITS) << (5 * place), starts)
    negative = (digits[ends] & _SIGN_BIT) != 0
    numbers -= negative * (np.int64(1) << (5 * lengths))
    return _undo_differences(numbers)


def _undo_differences(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    # From the fourth number on each is the difference to the one two before it.
    runs = numbers.copy()
    runs[1::2] = np.cumsum(numbers[1::2])
    runs[2::2] = np.cumsum(numbers[2::2])
    return runs


def _damaged(reason: str) -> AnnotationError:
    return AnnotationError(f"a run-length mask is damaged: {reason}; export or import it again")
