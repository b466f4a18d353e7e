"""A COCO instance file in memory: photos, objects and categories by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from napari_zsris.annotations.imports.records import Size
from napari_zsris.annotations.imports.sources import Fields, load_json
from napari_zsris.errors import AnnotationError
from napari_zsris.polygons import encode_polygons
from napari_zsris.rle import Rle, check_rle

__all__ = ["Instances", "Key"]

Key: TypeAlias = int | str


class Instances:
    """The photos, objects and categories of a COCO instance file.

    Parameters
    ----------
    images, annotations, categories : mapping of int or str to Fields
        Photos, objects and categories by id.

    Attributes
    ----------
    annotations : mapping of int or str to Fields
        The objects by id, in the file's order.

    Raises
    ------
    AnnotationError
        An object does not say which photo it is in.
    """

    def __init__(
        self,
        images: Mapping[Key, Fields],
        annotations: Mapping[Key, Fields],
        categories: Mapping[Key, Fields],
    ) -> None:
        self.annotations = annotations
        self._images = images
        self._categories = categories
        self._of_image: dict[Key, list[Key]] = {}
        for key, annotation in annotations.items():
            self._of_image.setdefault(annotation.key("image_id"), []).append(key)

    @classmethod
    def read(cls, path: Path) -> Instances:
        """Read a COCO instance file.

        Parameters
        ----------
        path : Path
            The file.

        Returns
        -------
        Instances
            All of it.

        Raises
        ------
        AnnotationError
            It cannot be read, or is no COCO instance file.
        """
        content = load_json(path)
        try:
            fields = Fields(content)
            return cls(
                _by_id(fields.items("images")),
                _by_id(fields.items("annotations")),
                _by_id(fields.items("categories")),
            )
        except AnnotationError as error:
            raise AnnotationError(
                f"{path} is no COCO instance file: {error}; check that it is the right file"
            ) from error

    def part(self, keys: Iterable[Key]) -> Instances:
        """Give some objects alone, with their photos: little to be sent to another machine.

        Parameters
        ----------
        keys : iterable of int or str
            The objects' ids; those that are not there are left out.

        Returns
        -------
        Instances
            Knows the objects' masks, but no categories.
        """
        objects = {key: self.annotations[key] for key in keys if key in self.annotations}
        photos = {each.key("image_id") for each in objects.values()}
        images = {key: self._images[key] for key in photos if key in self._images}
        return Instances(images, objects, {})

    def photo(self, key: Key) -> str:
        """Give a photo's file name.

        Parameters
        ----------
        key : int or str
            The photo's id.

        Returns
        -------
        str
            Its path relative to the folder of photos.

        Raises
        ------
        AnnotationError
            There is no such photo, or it has no name.
        """
        return _found(self._images, key, "photo").text("file_name")

    def category(self, key: Key) -> str:
        """Give a category's name.

        Parameters
        ----------
        key : int or str
            The category's id.

        Returns
        -------
        str
            Its name.

        Raises
        ------
        AnnotationError
            There is no such category, or it has no name.
        """
        return _found(self._categories, key, "category").text("name")

    def of_photo(self, key: Key) -> list[Key]:
        """List the objects of a photo.

        Parameters
        ----------
        key : int or str
            The photo's id.

        Returns
        -------
        list of int or str
            Their ids.
        """
        return self._of_image.get(key, [])

    def mask(self, key: Key, size: Size) -> Rle:
        """Give an object's mask.

        Parameters
        ----------
        key : int or str
            The object's id.
        size : tuple of int
            The (height, width) of its photo as it lies on disk.

        Returns
        -------
        Rle
            The mask.

        Raises
        ------
        AnnotationError
            There is no such object, its mask is damaged, or was drawn on a photo of another size.
        """
        annotation = _found(self.annotations, key, "annotation")
        image = _found(self._images, annotation.key("image_id"), "photo")
        drawn = (image.whole("height"), image.whole("width"))
        if drawn != size:
            raise AnnotationError(
                f"its mask is for a photo of {drawn[0]} x {drawn[1]} pixels, but the file is of "
                f"{size[0]} x {size[1]}: get the dataset's own photos"
            )
        segmentation = annotation.get("segmentation")
        if isinstance(segmentation, list):
            return encode_polygons(segmentation, size)
        return _run_lengths(segmentation, size)


def _run_lengths(segmentation: object, size: Size) -> Rle:
    fields = Fields(segmentation)
    if fields.items("size") != list(size):
        raise AnnotationError(
            f"its run lengths are for {fields.get('size')} pixels, but its photo is of "
            f"{list(size)}: export the dataset again"
        )
    return check_rle(fields.get("counts"), size)


def _by_id(values: list[object]) -> dict[Key, Fields]:
    rows = (Fields(value) for value in values)
    return {row.key("id"): row for row in rows}


def _found(rows: Mapping[Key, Fields], key: Key, what: str) -> Fields:
    if key not in rows:
        raise AnnotationError(f"there is no {what} {key!a} in its instances file: leave it out")
    return rows[key]
