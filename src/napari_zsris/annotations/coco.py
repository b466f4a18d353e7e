"""COCO instance files, written object by object so that memory stays small."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self, TextIO, TypeAlias

import numpy as np

from napari_zsris.annotations.categories import Category
from napari_zsris.errors import AnnotationError, shortened
from napari_zsris.files import atomic_write
from napari_zsris.polygons import trace_polygons
from napari_zsris.rle import Rle, decode_rle, measure_rle

__all__ = ["DESCRIPTION", "CocoImage", "CocoObject", "CocoWriter", "MaskFormat", "write_coco"]

MaskFormat: TypeAlias = Literal["rle", "polygons"]
JsonScalar: TypeAlias = str | int | float | bool | None

DESCRIPTION = "Referring-expression annotations, made with napari-zsris"


@dataclass(frozen=True)
class CocoImage:
    """One photo of a COCO file.

    Parameters
    ----------
    id : int
        The photo's id in the file, from 1.
    file_name : str
        Its path, with forward slashes, relative to the folder of photos.
    height, width : int
        Its size, in pixels.
    extra : mapping of str to str
        Further keys kept with the photo, such as ``source``, ``plane`` and ``channels``.
    """

    id: int
    file_name: str
    height: int
    width: int
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CocoObject:
    """One annotated object of a COCO file.

    Parameters
    ----------
    image_id : int
        The photo it lies in.
    category : str
        The category's name.
    rle : Rle
        Its mask, of the photo's size.
    extra : mapping of str to str, int, float, bool or None
        Further keys kept with the annotation, such as ``phrase``, ``score`` and ``status``; those
        that are None are left out.
    """

    image_id: int
    category: str
    rle: Rle
    extra: Mapping[str, JsonScalar] = field(default_factory=dict)


class CocoWriter:
    """A COCO instance file in the making: all photos first, then objects one by one.

    Used as a context manager; leaving it without an error completes the file. The same input
    gives the same bytes. Annotations are numbered from 1.

    Parameters
    ----------
    stream : text stream
        Where the file goes.
    images : iterable of CocoImage
        The photos; consumed at once, not kept.
    masks : {"rle", "polygons"}
        How masks are written: both without loss, `iscrowd` 0.
    categories : iterable of Category or str
        Categories that the file lists, whether or not an object has them; a mere name, or one that
        only appears with an object, gets the number after the largest, from 1.

    Raises
    ------
    AnnotationError
        `masks` is neither "rle" nor "polygons".
    """

    def __init__(
        self,
        stream: TextIO,
        images: Iterable[CocoImage],
        masks: MaskFormat = "rle",
        categories: Iterable[Category | str] = (),
    ) -> None:
        check_mask_format(masks)
        self._stream = stream
        self._masks = masks
        self._categories: dict[str, Category] = {}
        self._following = 1
        for category in categories:
            self._category(category)
        self._count = 0
        info = _json({"description": DESCRIPTION, "version": "1.0"})
        stream.write(f'{{"info": {info},\n"images": [')
        _write_lines(stream, map(_image_row, images))
        stream.write('],\n"annotations": [')

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._finish()

    def add(self, item: CocoObject) -> tuple[int, int]:
        """Write one object.

        Parameters
        ----------
        item : CocoObject
            The object.

        Returns
        -------
        tuple of int
            The annotation's id and its category's id.

        Raises
        ------
        AnnotationError
            The mask is damaged.
        """
        category = self._category(item.category).number
        self._stream.write(",\n" if self._count else "\n")
        self._count += 1
        self._stream.write(_json(self._row(item, category)))
        return self._count, category

    def _category(self, category: Category | str) -> Category:
        if isinstance(category, str):
            known = self._categories.get(category)
            category = known or Category(self._following, category)
        self._following = max(self._following, category.number + 1)
        return self._categories.setdefault(category.name, category)

    def _row(self, item: CocoObject, category: int) -> dict[str, object]:
        area, bbox = measure_rle(item.rle)
        row: dict[str, object] = {
            "id": self._count,
            "image_id": item.image_id,
            "category_id": category,
            "iscrowd": 0,
            "area": area,
            "bbox": bbox,
            "segmentation": self._segmentation(item.rle),
        }
        # COCO's own keys win, and nothing is null: some readers insist on a number for a score.
        return row | {
            key: value for key, value in item.extra.items() if key not in row and value is not None
        }

    def _segmentation(self, rle: Rle) -> object:
        if self._masks == "polygons":
            return trace_polygons(decode_rle(rle))
        return {"size": list(rle["size"]), "counts": rle["counts"]}

    def _finish(self) -> None:
        rows = (
            {"id": each.number, "name": each.name, "supercategory": each.supercategory}
            for each in self._categories.values()
        )
        self._stream.write('\n],\n"categories": [')
        _write_lines(self._stream, rows)
        self._stream.write("]}\n")


def write_coco(
    path: Path,
    images: Iterable[CocoImage],
    objects: Iterable[CocoObject],
    *,
    masks: MaskFormat = "rle",
    categories: Iterable[Category | str] = (),
) -> int:
    """Write a COCO instance file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file to make or replace.
    images : iterable of CocoImage
        The photos.
    objects : iterable of CocoObject
        The objects, consumed one by one; annotations are numbered from 1 in this order.
    masks : {"rle", "polygons"}
        How masks are written: both without loss, `iscrowd` 0.
    categories : iterable of Category or str
        Categories that the file lists in any case; see :class:`CocoWriter`.

    Returns
    -------
    int
        How many annotations were written.

    Raises
    ------
    AnnotationError
        `masks` is neither "rle" nor "polygons", or a mask is damaged.
    OutputError
        The file cannot be written.
    """
    check_mask_format(masks)
    count = 0
    with (
        atomic_write(path) as partial,
        partial.open("w", encoding="ascii", newline="\n") as stream,
        CocoWriter(stream, images, masks, categories) as writer,
    ):
        for item in objects:
            count, _ = writer.add(item)
    return count


def check_mask_format(masks: str) -> None:
    """Refuse an unknown way of writing masks before any work is done.

    Parameters
    ----------
    masks : str
        What the caller asks for.

    Raises
    ------
    AnnotationError
        It is neither "rle" nor "polygons".
    """
    if masks not in ("rle", "polygons"):
        raise AnnotationError(
            f'masks cannot be written as {shortened(masks)}: choose "rle" or "polygons"'
        )


def _image_row(image: CocoImage) -> dict[str, object]:
    return {
        "id": image.id,
        "file_name": image.file_name,
        "height": image.height,
        "width": image.width,
        **image.extra,
    }


def _write_lines(stream: TextIO, rows: Iterable[Mapping[str, object]]) -> None:
    separator = "\n"
    for row in rows:
        stream.write(separator + _json(row))
        separator = ",\n"


def _json(value: object) -> str:
    # ASCII only: some readers open the file in the machine's own encoding.
    return json.dumps(value, allow_nan=False, default=_plain)


def _plain(value: object) -> int | float | bool:
    if isinstance(value, np.generic):
        plain: int | float | bool = value.item()
        return plain
    raise TypeError(f"{type(value).__name__} does not belong in a COCO file")
