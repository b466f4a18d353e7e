"""From a project to COCO and RefCOCO files, streamed from one moment of the project."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from napari_zsris.annotations.categories import Categories
from napari_zsris.annotations.coco import (
    CocoObject,
    CocoWriter,
    MaskFormat,
    check_mask_format,
)
from napari_zsris.annotations.database import Database
from napari_zsris.annotations.exportable import Exportable, ExportedItem, ExportReport
from napari_zsris.annotations.refcoco import ReferredObject, refcoco_writer
from napari_zsris.annotations.selection import Selection
from napari_zsris.files import atomic_write
from napari_zsris.progress import Progress, Steps

__all__ = ["exporting_coco", "exporting_refcoco"]

_NO_SPLIT = "train"
_STEP = 200


def exporting_coco(
    database: Database,
    path: Path,
    masks: MaskFormat,
    selection: Selection,
    categories: Categories | None = None,
) -> Steps[ExportReport]:
    """Write a COCO file, step by step; see :meth:`Project.export_coco`.

    Parameters
    ----------
    database : Database
        The project's file.
    path : Path
        The file to make or replace.
    masks : {"rle", "polygons"}
        How masks are written.
    selection : Selection
        Which items.
    categories : Categories, optional
        Where category names come from.

    Yields
    ------
    Progress
        Annotations written; given up here, the file is left as it was.

    Returns
    -------
    ExportReport
        How many annotations were written, and what was left out.

    Raises
    ------
    AnnotationError
        The mask format or status is not fit for export, or the project cannot be read.
    OutputError
        The file cannot be written.
    """
    check_mask_format(masks)
    count = 0
    with database.snapshot() as snapshot:
        chosen = Exportable(snapshot, selection, categories, targetless=True)
        total = chosen.count()
        with (
            atomic_write(path) as part,
            part.open("w", encoding="ascii", newline="\n") as stream,
            CocoWriter(stream, chosen.images(), masks, chosen.numbered_categories()) as writer,
        ):
            for item in chosen.items():
                if count % _STEP == 0:
                    yield Progress("annotations", count, total)
                count, _ = writer.add(_coco_object(item))
        report = ExportReport(count, chosen.left_out())
    yield Progress("annotations", count, total)
    return report


def exporting_refcoco(
    database: Database,
    folder: Path,
    split_by: str,
    masks: MaskFormat,
    selection: Selection,
    categories: Categories | None = None,
) -> Steps[ExportReport]:
    """Write RefCOCO's files, step by step; see :meth:`Project.export_refcoco`.

    Parameters
    ----------
    database : Database
        The project's file.
    folder : Path
        The folder to write to.
    split_by : str
        The name in brackets.
    masks : {"polygons", "rle"}
        How masks are written.
    selection : Selection
        Which items.
    categories : Categories, optional
        Where category names come from.

    Yields
    ------
    Progress
        Phrases written; given up here, the files are left as they were.

    Returns
    -------
    ExportReport
        How many refs were written, and which phrases were left out.

    Raises
    ------
    AnnotationError
        The folder, name, mask format or status is not fit for export, or the project cannot be
        read.
    OutputError
        The files cannot be written.
    """
    done = shown = count = 0
    with database.snapshot() as snapshot:
        chosen = Exportable(snapshot, selection, categories)
        total = chosen.count()
        with refcoco_writer(
            folder, chosen.images(), split_by, masks, chosen.numbered_categories()
        ) as writer:
            for _, of_photo in groupby(chosen.items(), key=lambda item: item.image.id):
                for item in _referred(of_photo):
                    if done >= shown:
                        yield Progress("phrases", done, total)
                        shown = done + _STEP
                    count = writer.add(item)
                    done += len(item.phrases)
        report = ExportReport(count, chosen.left_out())
    yield Progress("phrases", done, total)
    return report


def _coco_object(item: ExportedItem) -> CocoObject:
    extra = {
        "phrase": item.phrase or None,
        "status": item.status,
        "score": item.score,
        # Files count candidates from 1, as people do.
        "rank": None if item.rank is None else item.rank + 1,
        "split": item.split,
    }
    return CocoObject(item.image.id, item.category, item.rle, extra)


def _referred(items: Iterator[ExportedItem]) -> list[ReferredObject]:
    """Gather the phrases of one photo that refer to the same object."""
    found: dict[tuple[str, str, str], ReferredObject] = {}
    for item in (each for each in items if each.phrase):
        split = item.split or _NO_SPLIT
        key = (item.rle["counts"], item.category, split)
        known = found.get(key)
        phrases = (*(known.phrases if known else ()), item.phrase)
        found[key] = ReferredObject(item.image, item.category, item.rle, phrases, split)
    return list(found.values())
