"""Masks out of a foreign COCO annotation file."""

from __future__ import annotations

import json
import math
from os import PathLike, fspath
from pathlib import Path, PurePath
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import ProposalError
from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.proposals.proposals import Proposals

__all__ = ["read_coco"]

Row: TypeAlias = dict[str, Any]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

# The notation writes numbers five bits at a time, low bits first, as characters from "0" on.
FIRST_CHARACTER, VALUE_BITS, SIGN_BIT, MORE_BIT = 48, 0x1F, 0x10, 0x20


def read_coco(
    file: Path, size: tuple[int, int], photo: str | PathLike[str] | None = None
) -> Proposals:
    """Read one photo's masks from COCO annotations.

    Parameters
    ----------
    file : Path
        JSON with `images` and `annotations`, or a list of results.
    size : tuple of int
        The photo's (height, width), in pixels.
    photo : str or path-like, optional
        The photo's file; needed when the annotations are of several photos.

    Returns
    -------
    Proposals
        The masks in the file's order, with their scores when every row has one.

    Raises
    ------
    ProposalError
        The photo is not in the file, or a row's mask is damaged or of another size.
    OSError, ValueError
        The file cannot be opened, or is not JSON.
    """
    with file.open(encoding="utf-8") as stream:
        content = json.load(stream)
    rows = [row for row in _rows(file, content, photo) if row.get("segmentation")]
    bitmaps = [Bitmap.from_mask(_mask(file, row, size)) for row in rows]
    scores = [row.get("score") for row in rows]
    numbers = [float(score) for score in scores if isinstance(score, int | float)]
    known = len(numbers) == len(rows)
    return Proposals.from_bitmaps(bitmaps, size, scores=numbers if known else None)


def _rows(file: Path, content: object, photo: str | PathLike[str] | None) -> list[Row]:
    images: list[Row] = []
    if isinstance(content, list):
        annotations = _objects(file, content, "results")
    else:
        images = _table(file, content, "images")
        annotations = _table(file, content, "annotations")
    if len(images) <= 1 and len({row.get("image_id") for row in annotations}) <= 1:
        return annotations
    wanted = _image_id(file, images, photo)
    return [row for row in annotations if row.get("image_id") == wanted]


def _table(file: Path, content: object, name: str) -> list[Row]:
    return _objects(file, content.get(name) if isinstance(content, dict) else None, name)


def _objects(file: Path, table: object, name: str) -> list[Row]:
    if not isinstance(table, list) or not all(isinstance(row, dict) for row in table):
        raise ProposalError(f"{file} is no COCO file: it has no list of {name}; export it again")
    return table


def _image_id(file: Path, images: list[Row], photo: str | PathLike[str] | None) -> object:
    name = PurePath(fspath(photo or "")).name
    ids = [image.get("id") for image in images if _name(image.get("file_name")) == name]
    if len(ids) != 1 or not name:
        raise ProposalError(
            f"{file} annotates several photos, and {len(ids)} of them are named {name!r}: "
            "give a file with this photo's masks alone"
        )
    return ids[0]


def _name(file_name: object) -> str:
    return str(file_name).replace("\\", "/").rpartition("/")[2]


def _mask(file: Path, row: Row, size: tuple[int, int]) -> BoolArray:
    try:
        segmentation = row["segmentation"]
        if isinstance(segmentation, dict):
            return _from_runs(segmentation, size)
        return _from_polygons(segmentation, size)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ProposalError(
            f"annotation {row.get('id', '')!r} in {file} has no usable mask: {error}; "
            "export it again for this photo at its full size"
        ) from error


def _from_runs(segmentation: Row, size: tuple[int, int]) -> BoolArray:
    height, width = size
    if list(segmentation["size"]) != [height, width]:
        raise ValueError(f"its size is {segmentation['size']}, the photo's {[height, width]}")
    counts = segmentation["counts"]
    runs = np.array(_numbers(counts) if isinstance(counts, str) else counts, np.int64)
    # pycocotools would take runs that do not fill the frame, and show whatever was in memory.
    pixels = height * width
    if runs.ndim != 1 or ((runs < 0) | (runs > pixels)).any() or runs.sum() != pixels:
        raise ValueError(f"its runs do not fill {height} x {width} pixels")
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, runs).reshape(width, height).T


def _numbers(counts: str) -> list[int]:
    numbers: list[int] = []
    value = shift = 0
    for character in counts.encode("ascii"):
        digit = character - FIRST_CHARACTER
        value |= (digit & VALUE_BITS) << shift
        shift += 5
        if digit & MORE_BIT:
            continue
        if digit & SIGN_BIT:
            value -= 1 << shift
        # From the fourth on each number is the difference to the one two before it.
        numbers.append(value + (numbers[-2] if len(numbers) > 2 else 0))
        value = shift = 0
    return numbers


def _from_polygons(polygons: object, size: tuple[int, int]) -> BoolArray:
    from pycocotools import mask as coco_mask

    if not isinstance(polygons, list):
        raise TypeError("it is neither run lengths nor a list of polygons")
    height, width = size
    for polygon in polygons:
        _check_polygon(polygon, max(size))
    merged = coco_mask.merge(coco_mask.frPyObjects(polygons, height, width))
    frame: npt.NDArray[np.uint8] = coco_mask.decode(merged)
    return frame.view(bool)


def _check_polygon(polygon: object, longest: int) -> None:
    if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
        raise ValueError("a polygon has not three x, y pairs or more")
    # pycocotools reserves memory by a polygon's length, so far-away points would exhaust it.
    if not all(math.isfinite(value) and abs(value) <= 4 * longest for value in polygon):
        raise ValueError("a polygon lies far outside the photo")
