"""COCO instance files: their objects as phrases to review, masks to choose from, or both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from napari_zsris.annotations.imports.instance_rows import Object
from napari_zsris.annotations.imports.instances import IS_CROWD, Instances
from napari_zsris.annotations.imports.intake import take_in
from napari_zsris.annotations.imports.records import (
    BadRow,
    Crowds,
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
    crowds: Crowds = "auto",
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
    crowds : {"auto", "skip", "take"}
        Whether to take objects with ``iscrowd`` 1.
    shard : Shard, optional
        Only this part of the photos.

    Returns
    -------
    generator of Progress
        Its result says what is new and what was left out; see :func:`take_in`.
    """
    records = read_coco(path, each=masks == "finished", crowds=crowds)
    return take_in(project, records, folder, masks=masks, dataset=path.name, shard=shard)


def read_coco(path: Path, *, each: bool = False, crowds: Crowds = "auto") -> Iterator[Record]:
    """Read a COCO instance file.

    An object's phrase is its extra key ``phrase``, which our own exports have, else its category's
    name. Nothing refers to an object by its id here, so objects may share one.

    Parameters
    ----------
    path : Path
        The file.
    each : bool
        Give one phrase for every object, with its mask as the target. Otherwise give every phrase
        of a photo once, and the masks to choose from.
    crowds : {"auto", "skip", "take"}
        Whether to take objects with ``iscrowd`` 1.

    Yields
    ------
    Contents, Entry, Given or BadRow
        In the file's order.

    Raises
    ------
    AnnotationError
        The file cannot be read, or is no COCO instance file.
    """
    instances = Instances.read(path)
    yield instances.contents()
    yield from instances.bad
    for annotated in instances.objects:
        where = instances.where(annotated)
        try:
            yield from _records(instances, annotated, where, each=each, crowds=crowds)
        except AnnotationError as error:
            yield BadRow(where, str(error))


def _records(
    instances: Instances, annotated: Object, where: str, *, each: bool, crowds: Crowds
) -> Iterator[Record]:
    fields = annotated.fields
    photo = instances.photo(annotated.image)
    category = instances.category(annotated)
    own = fields.optional_text("phrase")
    if not instances.takes(annotated, crowds, referred=own is not None):
        raise AnnotationError(IS_CROWD)
    split = fields.optional_text("split")
    target = instances.target([annotated])
    if each:
        finished = target if fields.get("status") in _WITH_MASK else None
        origin = f"annotation {annotated.key}"
        yield Entry(where, photo, own or category, category, split, origin, finished)
        return
    yield Given(where, photo, target, category)
    yield Entry(where, photo, own or category, category, split)
