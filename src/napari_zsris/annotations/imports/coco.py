"""COCO instance files: their objects as phrases to review, masks to choose from, or both."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from napari_zsris.annotations.imports.instances import Instances, Key
from napari_zsris.annotations.imports.intake import take_in
from napari_zsris.annotations.imports.records import (
    BadRow,
    Entry,
    Given,
    ImportReport,
    MaskUse,
    Record,
)
from napari_zsris.annotations.imports.shards import Shard
from napari_zsris.annotations.project import Project
from napari_zsris.errors import AnnotationError
from napari_zsris.progress import Steps

__all__ = ["import_coco", "read_coco"]

_WITH_MASK = (None, "accepted", "corrected", "none-fits")


def import_coco(
    project: Project,
    path: Path,
    folder: Path,
    *,
    masks: MaskUse = "proposals",
    crowds: bool = False,
    shard: Shard | None = None,
) -> Steps[ImportReport]:
    """Add a COCO instance file to a project.

    Parameters
    ----------
    project : Project
        An open project.
    path : Path
        The file.
    folder : Path
        The folder of photos.
    masks : {"none", "proposals", "finished"}
        What becomes of its masks; see :func:`read_coco`.
    crowds : bool
        Whether to take objects with ``iscrowd`` 1, which in COCO's own files are groups; other
        programs mark every run-length mask so.
    shard : Shard, optional
        Only this part of the photos.

    Returns
    -------
    generator of Progress
        Its result says what is new and what was left out; see :func:`take_in`.
    """
    records = read_coco(path, each=masks == "finished", crowds=crowds)
    return take_in(project, records, folder, masks=masks, dataset=path.name, shard=shard)


def read_coco(path: Path, *, each: bool = False, crowds: bool = False) -> Iterator[Record]:
    """Read a COCO instance file.

    An object's phrase is its extra key ``phrase``, which our own exports have, else its category's
    name.

    Parameters
    ----------
    path : Path
        The file.
    each : bool
        Give one phrase for every object, with its mask as the target. Otherwise give every phrase
        of a photo once, and the masks to choose from.
    crowds : bool
        Whether to take objects with ``iscrowd`` 1.

    Yields
    ------
    Entry, Given or BadRow
        In the file's order.

    Raises
    ------
    AnnotationError
        The file cannot be read, or is no COCO instance file.
    """
    instances = Instances.read(path)
    for key in instances.annotations:
        where = f"annotation {key}"
        try:
            yield from _records(instances, key, where, each=each, crowds=crowds)
        except AnnotationError as error:
            yield BadRow(where, str(error))


def _records(
    instances: Instances, key: Key, where: str, *, each: bool, crowds: bool
) -> Iterator[Record]:
    annotation = instances.annotations[key]
    photo = instances.photo(annotation.key("image_id"))
    category = instances.category(annotation.key("category_id"))
    if annotation.get("iscrowd") and not crowds:
        raise AnnotationError("iscrowd 1 marks a group of objects: ask for crowds to take it")
    phrase = annotation.optional_text("phrase") or category
    split = annotation.optional_text("split")
    mask = partial(instances.mask, key)
    if each:
        target = mask if annotation.get("status") in _WITH_MASK else None
        yield Entry(where, photo, phrase, category, split, where, target)
        return
    yield Given(where, photo, mask, category)
    yield Entry(where, photo, phrase, category, split)
