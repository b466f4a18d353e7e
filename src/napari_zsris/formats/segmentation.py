"""COCO's "segmentation": polygons or run lengths, as a mask of its photo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from napari_zsris.errors import AnnotationError
from napari_zsris.formats.fields import Fields, as_whole
from napari_zsris.formats.stored import ASSUMED, TURNED, Size, is_stored, is_uncertain
from napari_zsris.images import LYING, upright
from napari_zsris.polygons import encode_polygons
from napari_zsris.rle import Rle, check_rle, decode_rle, encode_rle

__all__ = ["LOST_PARTS", "Remark", "Size", "decode_segmentation", "no_remark"]

Remark: TypeAlias = Callable[[str], None]
"""Is told, in a few words, what a person should know of a mask that is given all the same."""

LOST_PARTS = "has parts that are no polygons inside the photo, and was taken without them"
"""The remark on a mask that lost some of its polygons."""


def no_remark(_: str) -> None:
    """Let a remark pass.

    Parameters
    ----------
    _ : str
        The remark.
    """


def decode_segmentation(
    segmentation: object,
    size: Size,
    *,
    drawn: tuple[int | None, int | None] = (None, None),
    orientation: int = 1,
    remark: Remark = no_remark,
) -> Rle:
    """Read the mask of one object.

    Parts of a polygon that are none are left out as long as one is good.

    Parameters
    ----------
    segmentation : object
        A list of polygons x0, y0, x1, y1, ...; one such polygon; or run lengths with their `size`.
    size : tuple of int
        The (height, width) of the upright photo, in pixels.
    drawn : tuple of int or None
        The (height, width) that the file says the photo has, where it says so.
    orientation : int
        How EXIF says the photo lies, 1 to 8. A mask drawn on the pixels as they are stored is
        turned with the photo.
    remark : callable
        Is told of parts that were left out, of turned masks, and of masks that may have to be.

    Returns
    -------
    Rle
        The mask, of the upright photo's size.

    Raises
    ------
    AnnotationError
        The mask is damaged, or was drawn on a photo of another size.
    """
    if isinstance(segmentation, list):
        told = (drawn[0], drawn[1]) if drawn[0] and drawn[1] else None
        frame = _frame((drawn[0] or size[0], drawn[1] or size[1]), size, orientation)
        rle = encode_polygons(_polygons(segmentation), frame, lambda _: remark(LOST_PARTS))
    else:
        fields = Fields(segmentation)
        told = _own_size(fields)
        frame = _frame(told or size, size, orientation)
        rle = check_rle(_whole_runs(fields.get("counts")), frame)
    if frame == size:
        if is_uncertain(told, size, orientation):
            remark(ASSUMED)
        return rle
    remark(TURNED)
    return encode_rle(upright(decode_rle(rle).view(np.uint8), orientation))


def _frame(found: Size, size: Size, orientation: int) -> Size:
    if found == size or is_stored(found, size, orientation):
        return found
    told = ", turned by EXIF" if orientation in LYING else ""
    raise AnnotationError(
        f"its mask is for a photo of {found[0]} x {found[1]} pixels, but the file is of "
        f"{size[0]} x {size[1]}{told}: get the dataset's own photos"
    )


def _own_size(fields: Fields) -> Size | None:
    value = fields.get("size")
    if value is None:
        return None
    sides = [as_whole(side) for side in value] if isinstance(value, list | tuple) else []
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        raise AnnotationError(
            f"its run lengths are for {ascii(value)[:60]} pixels, which is no size: export it again"
        )
    return sides[0], sides[1]


def _whole_runs(counts: object) -> object:
    """Take runs written as 12.0 for whole numbers."""
    if isinstance(counts, list) and any(isinstance(run, float) for run in counts):
        return [as_whole(run) if isinstance(run, float) else run for run in counts]
    return counts


def _polygons(segmentation: list[Any]) -> list[Any]:
    """Take one polygon that is not in a list of polygons."""
    flat = bool(segmentation) and all(isinstance(each, int | float) for each in segmentation)
    return [segmentation] if flat else segmentation
