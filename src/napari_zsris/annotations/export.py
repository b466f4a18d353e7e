"""From a project to COCO and RefCOCO files, streamed from one moment of the project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from napari_zsris.annotations.categories import Categories
from napari_zsris.annotations.coco import (
    CocoImage,
    CocoObject,
    CocoWriter,
    MaskFormat,
    check_mask_format,
)
from napari_zsris.annotations.database import Database, Snapshot
from napari_zsris.annotations.refcoco import ReferredObject, refcoco_writer
from napari_zsris.annotations.selection import Selection, several
from napari_zsris.errors import AnnotationError
from napari_zsris.files import atomic_write
from napari_zsris.progress import Progress, Steps
from napari_zsris.rle import Rle

__all__ = ["exporting_coco", "exporting_refcoco"]

_FINAL = ("accepted", "corrected", "none-fits")
_EXPORTABLE = (*_FINAL, "todo")
_NO_SPLIT = "train"
_STEP = 200

# Of an undecided item, the best candidate stands in for the final mask.
_MASKS = """
    LEFT JOIN decision d ON d.id = p.decision_id
    LEFT JOIN candidate c ON c.phrase_id = p.id AND c.rank = 0 AND p.status = 'todo'
"""

# By this index phrases come in the order of the export, so that nothing has to be sorted.
_SOURCES = f"""
    phrase p INDEXED BY phrase_by_photo JOIN photo ph ON ph.id = p.photo_id {_MASKS}
"""


@dataclass(frozen=True)
class _Annotated:
    """One item with the mask to export."""

    image: CocoImage
    phrase: str
    category: str
    split: str | None
    status: str
    rle: Rle
    rank: int | None
    score: float | None


def exporting_coco(
    database: Database,
    path: Path,
    masks: MaskFormat,
    selection: Selection,
    categories: Categories | None = None,
) -> Steps[int]:
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
    int
        How many annotations were written.

    Raises
    ------
    AnnotationError
        The mask format or status is not fit for export, or the project cannot be read.
    OutputError
        The file cannot be written.
    """
    check_mask_format(masks)
    chosen = _exportable(selection)
    count = 0
    with database.snapshot() as snapshot, atomic_write(path) as part:
        total = _count(snapshot, chosen)
        with (
            part.open("w", encoding="ascii", newline="\n") as stream,
            CocoWriter(stream, _images(snapshot, chosen), masks) as writer,
        ):
            for item in _annotated(snapshot, chosen, categories or Categories()):
                if count % _STEP == 0:
                    yield Progress("annotations", count, total)
                count, _ = writer.add(_coco_object(item))
    yield Progress("annotations", count, total)
    return count


def exporting_refcoco(
    database: Database,
    folder: Path,
    split_by: str,
    selection: Selection,
    categories: Categories | None = None,
) -> Steps[int]:
    """Write RefCOCO's files, step by step; see :meth:`Project.export_refcoco`.

    Parameters
    ----------
    database : Database
        The project's file.
    folder : Path
        The folder to write to.
    split_by : str
        The name in brackets.
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
    int
        How many refs were written.

    Raises
    ------
    AnnotationError
        The folder, name or status is not fit for export, or the project cannot be read.
    OutputError
        The files cannot be written.
    """
    chosen = _exportable(selection)
    done = shown = count = 0
    with (
        database.snapshot() as snapshot,
        refcoco_writer(folder, _images(snapshot, chosen), split_by) as writer,
    ):
        total = _count(snapshot, chosen)
        items = _annotated(snapshot, chosen, categories or Categories())
        for _, of_photo in groupby(items, key=lambda item: item.image.id):
            for item in _referred(of_photo):
                if done >= shown:
                    yield Progress("phrases", done, total)
                    shown = done + _STEP
                count = writer.add(item)
                done += len(item.phrases)
    yield Progress("phrases", done, total)
    return count


def _exportable(selection: Selection) -> Selection:
    if selection.status is None:
        return replace(selection, status=_FINAL)
    for status in several(selection.status):
        if status not in _EXPORTABLE:
            raise AnnotationError(
                f'"{status}" items have no mask to export: choose among {", ".join(_EXPORTABLE)}'
            )
    return selection


def _count(snapshot: Snapshot, selection: Selection) -> int:
    where, values = selection.where()
    rows = snapshot.stream(
        f"SELECT count(coalesce(d.counts, c.counts)) FROM {_SOURCES} WHERE {where}",  # noqa: S608
        values,
    )
    return int(next(iter(rows))[0])


def _images(snapshot: Snapshot, selection: Selection) -> Iterator[CocoImage]:
    where, values = selection.where()
    rows = snapshot.stream(
        f"""
        SELECT ph.path, ph.height, ph.width FROM photo ph WHERE EXISTS (
            SELECT 1 FROM phrase p {_MASKS}
            WHERE p.photo_id = ph.id AND {where} AND coalesce(d.counts, c.counts) IS NOT NULL
        ) ORDER BY ph.id
        """,  # noqa: S608 - conditions are ours, values are bound
        values,
    )
    for number, (path, height, width) in enumerate(rows, start=1):
        yield CocoImage(number, path, height, width)


def _annotated(
    snapshot: Snapshot, selection: Selection, categories: Categories
) -> Iterator[_Annotated]:
    where, values = selection.where()
    rows = snapshot.stream(
        f"""
        SELECT ph.id, ph.path, ph.height, ph.width, p.text, p.category, p.head, p.split, p.status,
            coalesce(d.counts, c.counts), coalesce(d.rank, c.rank), coalesce(d.score, c.score)
        FROM {_SOURCES}
        WHERE {where} AND coalesce(d.counts, c.counts) IS NOT NULL ORDER BY p.photo_id, p.id
        """,  # noqa: S608 - conditions are ours, values are bound
        values,
    )
    # Numbered as in `_images`: the same photos in the same order.
    for number, (_, of_photo) in enumerate(groupby(rows, key=lambda row: row[0]), start=1):
        for _, path, height, width, text, category, head, split, status, counts, *place in of_photo:
            yield _Annotated(
                image=CocoImage(number, path, height, width),
                phrase=text,
                category=categories.of(text, category, head),
                split=split,
                status=status,
                rle=Rle(size=[height, width], counts=counts),
                rank=place[0],
                score=place[1],
            )


def _coco_object(item: _Annotated) -> CocoObject:
    extra = {
        "phrase": item.phrase,
        "status": item.status,
        "score": item.score,
        # Files count candidates from 1, as people do.
        "rank": None if item.rank is None else item.rank + 1,
        "split": item.split,
    }
    return CocoObject(item.image.id, item.category, item.rle, extra)


def _referred(items: Iterator[_Annotated]) -> list[ReferredObject]:
    """Gather the phrases of one photo that refer to the same object."""
    found: dict[tuple[str, str, str], ReferredObject] = {}
    for item in items:
        split = item.split or _NO_SPLIT
        key = (item.rle["counts"], item.category, split)
        known = found.get(key)
        phrases = (*(known.phrases if known else ()), item.phrase)
        found[key] = ReferredObject(item.image, item.category, item.rle, phrases, split)
    return list(found.values())
