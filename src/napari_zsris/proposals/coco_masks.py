"""Masks out of a foreign COCO annotation file."""

from __future__ import annotations

import json
from os import PathLike, fspath
from pathlib import Path, PurePath
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import AnnotationError, ProposalError
from napari_zsris.polygons import encode_polygons
from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.rle import Rle, check_rle, decode_rle

__all__ = ["read_coco"]

Row: TypeAlias = dict[str, Any]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


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
            return decode_rle(_runs(segmentation, size))
        return decode_rle(_outlines(segmentation, size))
    except (AnnotationError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise ProposalError(
            f"annotation {row.get('id', '')!r} in {file} has no usable mask: {error}; "
            "export it again for this photo at its full size"
        ) from error


def _runs(segmentation: Row, size: tuple[int, int]) -> Rle:
    if list(segmentation["size"]) != list(size):
        raise ValueError(f"its size is {segmentation['size']}, the photo's {list(size)}")
    return check_rle(segmentation["counts"], size)


def _outlines(polygons: object, size: tuple[int, int]) -> Rle:
    if not isinstance(polygons, list):
        raise TypeError("it is neither run lengths nor a list of polygons")
    return encode_polygons(polygons, size)
