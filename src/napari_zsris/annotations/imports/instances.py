"""A COCO instance file in memory: photos, objects and categories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path

from napari_zsris.annotations.imports.instance_rows import (
    Object,
    category_of,
    file_name,
    packed,
    united,
)
from napari_zsris.annotations.imports.records import (
    BadRow,
    Contents,
    Crowds,
    Target,
)
from napari_zsris.errors import AnnotationError
from napari_zsris.formats.fields import Fields
from napari_zsris.formats.identity import Key, Rows
from napari_zsris.formats.json_file import load_json

__all__ = ["IS_CROWD", "Instances"]

IS_CROWD = (
    "iscrowd 1 marks it as a group of objects, since others of its file have 0: take it with "
    "--crowds take"
)
"""Why such an object was left out."""


class Instances:
    """The photos, objects and categories of a COCO instance file.

    Parameters
    ----------
    images, annotations, categories : list
        The file's rows.

    Attributes
    ----------
    objects : list of Object
        The objects in the file's order, whatever their ids.
    bad : list of BadRow
        Rows that are no photo, object or category.
    """

    def __init__(
        self, images: list[object], annotations: list[object], categories: list[object]
    ) -> None:
        self.bad: list[BadRow] = []
        self._images = Rows("photo", self._keyed("photo", images), file_name)
        self._categories = Rows("category", self._keyed("category", categories), _name)
        self.objects = list(self._objects(annotations))
        self._first: dict[Key, Object] = {}
        self._again: dict[Key, list[Object]] = {}
        for each in self.objects:
            if self._first.setdefault(each.key, each) is not each:
                self._again.setdefault(each.key, []).append(each)

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
        content = load_json(path, object_hook=packed)
        try:
            fields = Fields(content)
            return cls(*map(fields.items, ("images", "annotations", "categories")))
        except AnnotationError as error:
            raise AnnotationError(
                f"{path} is no COCO instance file: {error}; check that it is the right file"
            ) from error

    def contents(self) -> Contents:
        """Tell which photos and categories there are.

        Returns
        -------
        Contents
            Their names.
        """
        named = (file_name(row) for row in self._images)
        categories = (category_of(key, row) for key, row in self._categories.certain())
        return Contents(
            frozenset(name for name in named if name), tuple(each for each in categories if each)
        )

    def where(self, each: Object) -> str:
        """Name an object.

        Parameters
        ----------
        each : Object
            The object.

        Returns
        -------
        str
            By its id, and its place in the file where it shares the id with others.
        """
        again = f", number {each.number}" if each.key in self._again else ""
        return f"annotation {each.key}{again}"

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
            There is no such photo, it has no name, or several of other names have this id.
        """
        row = self._images.find(key)
        return file_name(row) or row.text("file_name")

    def category(self, each: Object) -> str:
        """Give the name of an object's category.

        Parameters
        ----------
        each : Object
            The object.

        Returns
        -------
        str
            The name.

        Raises
        ------
        AnnotationError
            As of :meth:`category_name`, or the object has no category.
        """
        return self.category_name(each.fields.key("category_id"))

    def category_name(self, key: Key) -> str:
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
            There is no such category, it has no name, or several of other names have this id.
        """
        return self._categories.find(key).text("name")

    def of_photo(self, key: Key) -> list[Object]:
        """List the objects of a photo.

        Parameters
        ----------
        key : int or str
            The photo's id.

        Returns
        -------
        list of Object
            In the file's order.
        """
        return self._of_image.get(key, [])

    def find(self, image: Key, key: Key) -> Object:
        """Find an object that something else refers to.

        Parameters
        ----------
        image : int or str
            The id of the photo that it must be in.
        key : int or str
            The object's id.

        Returns
        -------
        Object
            The object.

        Raises
        ------
        AnnotationError
            There is no such object in this photo, or there are several.
        """
        if key not in self._first:
            raise AnnotationError(
                f"there is no annotation {key!a} in its instances file: leave it out"
            )
        named = [self._first[key], *self._again.get(key, ())]
        here: list[Object] = [each for each in named if self._is_same_photo(each.image, image)]
        if not here:
            raise AnnotationError(
                f"it names annotation {key!a}, which is of photo {named[0].image!a} and not of "
                f"{image!a}: mend its ann_id or its image_id"
            )
        if any(
            each.fields.get("segmentation") != here[0].fields.get("segmentation") for each in here
        ):
            raise AnnotationError(
                f"it names annotation {key!a}, but {len(here)} objects of its photo have this id: "
                "give each an id of its own"
            )
        return here[0]

    def takes(self, each: Object, crowds: Crowds, *, referred: bool = False) -> bool:
        """Tell whether an object is to be taken, or is a group of objects.

        Parameters
        ----------
        each : Object
            The object.
        crowds : {"auto", "skip", "take"}
            Which to take.
        referred : bool
            Whether a phrase refers to the object.

        Returns
        -------
        bool
            Whether to take it.
        """
        if not each.crowd or crowds == "take":
            return True
        return crowds == "auto" and (referred or self._all_are_crowds)

    def target(self, objects: Sequence[Object]) -> Target:
        """Give what reads the mask of one object, or of several together.

        Parameters
        ----------
        objects : sequence of Object
            The objects; none stand for a phrase that nothing fits.

        Returns
        -------
        Target
            It keeps no other row than these, so that it is little to be sent to another machine.
        """
        parts = [
            (each.fields.get("segmentation"), self._images.find(each.image)) for each in objects
        ]
        return partial(united, parts)

    def _keyed(self, what: str, values: Iterable[object]) -> Iterator[tuple[Key, Fields]]:
        for number, value in enumerate(values, start=1):
            try:
                row = Fields(value)
                yield row.key("id"), row
            except AnnotationError as error:
                self.bad.append(BadRow(f"{what} number {number}", str(error)))

    def _objects(self, values: Iterable[object]) -> Iterator[Object]:
        for number, value in enumerate(values, start=1):
            where = f"annotation number {number}"
            try:
                row = Fields(value)
                key = row.key("id")
                where = f"annotation {key}"
                yield Object(key, number, row.key("image_id"), row)
            except AnnotationError as error:
                self.bad.append(BadRow(where, str(error)))

    @cached_property
    def _of_image(self) -> dict[Key, list[Object]]:
        found: dict[Key, list[Object]] = {}
        for each in self.objects:
            found.setdefault(each.image, []).append(each)
        return found

    @cached_property
    def _all_are_crowds(self) -> bool:
        return all(each.crowd for each in self.objects)

    def _is_same_photo(self, one: Key, other: Key) -> bool:
        if one == other:
            return True
        try:
            return self.photo(one) == self.photo(other)
        except AnnotationError:
            return False


def _name(row: Fields) -> object:
    return row.get("name")
