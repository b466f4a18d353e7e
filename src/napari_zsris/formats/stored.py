"""Whether masks were drawn on a photo as people see it, or on its pixels as they are stored.

EXIF may say that a photo's stored pixels are to be turned before they are shown. Not all programs
do so before a person draws on them. The sides of a mask tell, unless turning keeps them.
"""

from __future__ import annotations

from os import PathLike
from typing import TypeAlias

from napari_zsris.errors import ImageError
from napari_zsris.images import LYING, read_layout

__all__ = ["ASSUMED", "TURNED", "Size", "is_stored", "is_uncertain", "orientation_of"]

Size: TypeAlias = tuple[int, int]

TURNED = "was drawn on the pixels as they are stored, and was turned with its photo"
"""The remark on a mask that was drawn before its photo was turned."""

ASSUMED = (
    "may have been drawn on the pixels as they are stored, which EXIF turns; it was taken as drawn "
    "on the photo as people see it"
)
"""The remark on a mask whose sides do not tell."""


def orientation_of(photo: str | PathLike[str]) -> int:
    """Tell how EXIF says that a photo is stored.

    Parameters
    ----------
    photo : str or path-like
        Its file, which need not be there any more.

    Returns
    -------
    int
        1 (upright, or not to be read) to 8.
    """
    try:
        return read_layout(photo)[1]
    except ImageError:
        return 1


def is_stored(drawn: Size, size: Size, orientation: int) -> bool:
    """Tell whether a mask's sides are those of the stored pixels and not of the upright photo.

    Parameters
    ----------
    drawn : tuple of int
        The mask's (height, width), in pixels.
    size : tuple of int
        The (height, width) of the upright photo.
    orientation : int
        How EXIF says that the photo is stored, 1 (upright) to 8.

    Returns
    -------
    bool
        Whether the mask has to be turned with its photo to fit it.
    """
    return orientation in LYING and drawn != size and drawn == size[::-1]


def is_uncertain(drawn: Size | None, size: Size, orientation: int) -> bool:
    """Tell whether a mask may have been drawn either way.

    Parameters
    ----------
    drawn : tuple of int or None
        The (height, width) of what the mask was drawn on, in pixels; None where nothing says it.
    size : tuple of int
        The (height, width) of the upright photo.
    orientation : int
        How EXIF says that the photo is stored, 1 (upright) to 8.

    Returns
    -------
    bool
        Whether EXIF turns the photo, and both ways are of one size or the mask is of none.
    """
    told = drawn is not None and orientation in LYING and size != size[::-1]
    return orientation != 1 and not told
