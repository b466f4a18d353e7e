"""The rows of a COCO instance file one by one: its photos, objects and categories."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from napari_zsris.annotations.batch import clean_text
from napari_zsris.annotations.imports.records import DatasetCategory, Size
from napari_zsris.errors import AnnotationError
from napari_zsris.formats.fields import Fields
from napari_zsris.formats.identity import Key
from napari_zsris.formats.segmentation import Remark, decode_segmentation, no_remark
from napari_zsris.rle import Rle, merge_rles

__all__ = ["Object", "category_of", "file_name", "packed", "united"]

# Readers keep categories as 32-bit numbers.
_NUMBERS = 2**31


@dataclass(frozen=True, eq=False, slots=True)
class Object:
    """One annotated object.

    Parameters
    ----------
    key : int or str
        Its id, which it may share with others.
    number : int
        Its place in the file, from 1.
    image : int or str
        The id of its photo.
    fields : Fields
        The row.
    """

    key: Key
    number: int
    image: Key
    fields: Fields

    @property
    def crowd(self) -> bool:
        """Whether it is marked as a group of objects."""
        return self.fields.get("iscrowd") not in (None, 0, "0", "")


def packed(row: dict[str, Any]) -> dict[str, Any]:
    """Keep a row in a third of the memory: polygons as plain numbers, and no box and area.

    Parameters
    ----------
    row : dict
        Any JSON object; only rows of objects have polygons.

    Returns
    -------
    dict
        The same.
    """
    parts = row.get("segmentation")
    if isinstance(parts, list):
        # Whatever else stands there stays as it is, for its error to name it.
        with contextlib.suppress(TypeError, OverflowError):
            row["segmentation"] = [array("d", part) for part in parts]
        row.pop("bbox", None)
        row.pop("area", None)
    return row


def united(
    parts: Sequence[tuple[object, Fields]],
    size: Size,
    orientation: int = 1,
    remark: Remark = no_remark,
) -> Rle | None:
    """Read the masks of objects, as one.

    Parameters
    ----------
    parts : sequence of tuple
        Each object's segmentation, and the row of its photo.
    size : tuple of int
        (height, width) of the photo in pixels.
    orientation : int
        How EXIF says that the photo's stored pixels lie.
    remark : callable
        Takes what was amended.

    Returns
    -------
    Rle or None
        All that any of them covers; None without objects.

    Raises
    ------
    AnnotationError
        A segmentation cannot be read, or is of a photo of another size.
    """
    masks = []
    for segmentation, photo in parts:
        drawn = photo.optional_whole("height"), photo.optional_whole("width")
        masks.append(
            decode_segmentation(
                segmentation, size, drawn=drawn, orientation=orientation, remark=remark
            )
        )
    return merge_rles(masks) if len(masks) > 1 else next(iter(masks), None)


def file_name(row: Fields) -> str | None:
    """Give a photo's name; LVIS has it in the photo's address alone.

    Parameters
    ----------
    row : Fields
        The photo's row.

    Returns
    -------
    str or None
        A path relative to the folder of photos; None where the row has no name.
    """
    name, address = row.get("file_name"), row.get("coco_url")
    if isinstance(name, str) and name:
        return name
    if name in (None, "") and isinstance(address, str):
        try:
            return "/".join(unquote(urlsplit(address).path).split("/")[-2:]).strip("/") or None
        except ValueError:
            return None
    return None


def category_of(key: Key, row: Fields) -> DatasetCategory | None:
    """Give a category as a dataset has it.

    Parameters
    ----------
    key : int or str
        Its id, kept where it is a number that others can read.
    row : Fields
        Its row.

    Returns
    -------
    DatasetCategory or None
        None where the row has no name.
    """
    try:
        name, above = clean_text(row.text("name")), row.optional_text("supercategory")
        above = clean_text(above) if above else None
    except AnnotationError:
        return None
    numbered = isinstance(key, int) and 0 <= key < _NUMBERS
    return DatasetCategory(int(key) if numbered else None, name, above)
