"""PhraseCut: phrases of Visual Genome photos, with polygons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from napari_zsris.annotations.imports.intake import take_in
from napari_zsris.annotations.imports.records import (
    BadRow,
    Contents,
    Entry,
    ImportReport,
    MaskUse,
    Record,
    Size,
)
from napari_zsris.annotations.imports.shards import Shard
from napari_zsris.annotations.imports.sources import load_list
from napari_zsris.annotations.project import Project
from napari_zsris.errors import AnnotationError
from napari_zsris.formats.fields import Fields
from napari_zsris.formats.identity import Key, as_key
from napari_zsris.formats.segmentation import LOST_PARTS, Remark, no_remark
from napari_zsris.polygons import check_points
from napari_zsris.progress import Steps
from napari_zsris.rle import Rle, encode_rle

__all__ = ["import_phrasecut", "read_phrasecut"]

_PREFIXES = ("refer_input_", "refer_")


def import_phrasecut(
    project: Project,
    path: Path,
    folder: Path,
    *,
    masks: MaskUse = "none",
    shard: Shard | None = None,
) -> Steps[ImportReport]:
    """Add a split of PhraseCut to a project.

    Parameters
    ----------
    project : Project
        An open project.
    path : Path
        ``refer_<split>.json``, or ``refer_input_<split>.json``, which has no masks.
    folder : Path
        The folder of photos, named ``<image_id>.jpg``.
    masks : {"none", "finished"}
        What becomes of its masks; those of other phrases are no proposals worth choosing from.
    shard : Shard, optional
        Only this part of the photos.

    Returns
    -------
    generator of Progress
        Its result says what is new and what was left out; see :func:`take_in`.
    """
    records = read_phrasecut(path)
    return take_in(project, records, folder, masks=masks, dataset=path.stem, shard=shard)


def read_phrasecut(path: Path) -> Iterator[Record]:
    """Read a split of PhraseCut, task by task.

    Masks are filled as the benchmark does: with Pillow, from corners cut to whole pixels, outline
    included, all instances united.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    Contents, Entry or BadRow
        One entry per task.

    Raises
    ------
    AnnotationError
        The file cannot be read, or holds no list.
    """
    split = path.stem
    for prefix in _PREFIXES:
        split = split.removeprefix(prefix)
    tasks = load_list(path)
    yield Contents(frozenset(filter(None, map(_photo, tasks))))
    counted = Counter(map(_key, tasks))
    for place, value in enumerate(tasks, start=1):
        where = f"task number {place}"
        try:
            task = Fields(value)
            key = task.key("task_id")
            where = f"task {key}" + (f", number {place}" if counted[key] > 1 else "")
            yield _entry(task, where, split)
        except AnnotationError as error:
            yield BadRow(where, str(error))


def _key(task: object) -> Key | None:
    return as_key(task.get("task_id")) if isinstance(task, dict) else None


def _photo(task: object) -> str | None:
    key = as_key(task.get("image_id")) if isinstance(task, dict) else None
    return None if key is None else f"{key}.jpg"


def _entry(task: Fields, where: str, split: str) -> Entry:
    structure = task.get("phrase_structure")
    category = Fields(structure).optional_text("name") if structure else None
    polygons = task.items("Polygons") if task.get("Polygons") is not None else None
    return Entry(
        where=where,
        photo=f"{task.key('image_id')}.jpg",
        phrase=task.text("phrase"),
        category=category,
        split=split,
        origin=where,
        target=None if polygons is None else partial(_filled, polygons),
    )


def _filled(
    instances: list[object],
    size: Size,
    orientation: int = 1,
    remark: Remark = no_remark,
) -> Rle:
    """Fill all instances; PhraseCut's polygons are on the photo as people see it."""
    del orientation
    height, width = size
    frame = Image.new("1", (width, height))
    draw = ImageDraw.Draw(frame)
    drawn, errors = 0, []
    for polygon in _polygons(instances):
        try:
            points = _points(polygon, size)
        except AnnotationError as error:
            errors.append(error)
            continue
        if len(points) > 1:
            draw.polygon(points, fill=1, outline=1)
            drawn += 1
    if errors and not drawn:
        raise errors[0]
    if errors:
        remark(LOST_PARTS)
    return encode_rle(np.array(frame))


def _polygons(instances: list[object]) -> Iterator[object]:
    for instance in instances:
        if not isinstance(instance, list):
            raise AnnotationError("an instance is no list of polygons: get the file again")
        yield from instance


def _points(polygon: object, size: Size) -> list[tuple[int, int]]:
    try:
        corners = np.array(polygon, np.float64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError):
        raise AnnotationError("a polygon is no list of x, y pairs: get the file again") from None
    if len(corners):
        x, y = corners.T.tolist()
        check_points(x, y, size)
    return [(int(x), int(y)) for x, y in corners]
