"""From a dataset's records into a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import get_args

from napari_zsris.annotations.batch import Batch, Finished, clean_text
from napari_zsris.annotations.imports.photo_names import PhotoNames
from napari_zsris.annotations.imports.records import (
    BadRow,
    Contents,
    DatasetCategory,
    Entry,
    Given,
    ImportReport,
    MaskUse,
    Record,
    Row,
    Size,
    Target,
)
from napari_zsris.annotations.imports.shards import Shard
from napari_zsris.annotations.paths import inside
from napari_zsris.annotations.photo_file import PhotoFile, measure
from napari_zsris.annotations.project import Project
from napari_zsris.annotations.records import Status
from napari_zsris.errors import AnnotationError, ImageError, shortened
from napari_zsris.formats.notes import Notes
from napari_zsris.formats.stored import orientation_of
from napari_zsris.progress import Progress, Steps
from napari_zsris.rle import Rle, is_empty

__all__ = ["take_in"]

_BATCH = 100


@dataclass(frozen=True)
class _Photo:
    """A photo that records refer to: one of the project's, or a file that can be added."""

    path: str
    size: Size
    orientation: int
    id: int | None
    file: PhotoFile | None


@dataclass(frozen=True)
class _Ready:
    """A record whose photo and mask have been looked at, so that it can be written."""

    record: Entry | Given
    rle: Rle | None


def take_in(
    project: Project,
    records: Iterable[Record],
    folder: Path,
    *,
    masks: MaskUse = "none",
    dataset: str = "import",
    shard: Shard | None = None,
) -> Steps[ImportReport]:
    """Write a dataset's records into a project; what it has already stays as it is.

    Parameters
    ----------
    project : Project
        An open project.
    records : iterable of Entry, Given or BadRow
        What a reader gives.
    folder : Path
        The folder that the records' photo paths are relative to.
    masks : {"none", "proposals", "finished"}
        What becomes of masks: nothing, proposals to choose from, or finished work.
    dataset : str
        The dataset's name, kept with finished work as the one who decided.
    shard : Shard, optional
        Only this part of the photos.

    Yields
    ------
    Progress
        Records taken. Those are kept when the work is given up here, and importing again goes on.

    Returns
    -------
    ImportReport
        What is new, and what was left out.

    Raises
    ------
    AnnotationError
        `masks` is unknown, the folder lies outside the project's root, or the project cannot be
        written.
    """
    intake = _Intake(project, folder, masks, dataset)
    stream = intake.rows(shard.of(records) if shard else records)
    done = 0
    while batch := list(islice(stream, _BATCH)):
        intake.take(batch)
        done += len(batch)
        yield Progress("rows", done, 0)
    return intake.report()


class _Intake:
    def __init__(self, project: Project, folder: Path, masks: MaskUse, dataset: str) -> None:
        if masks not in get_args(MaskUse):
            uses = ", ".join(get_args(MaskUse))
            raise AnnotationError(
                f"masks cannot be used as {shortened(masks)}: choose one of {uses}"
            )
        self._library = project.library
        self._masks = masks
        self._dataset = dataset
        self._place = self._library.place(folder)
        self._folder = folder
        self._names = PhotoNames(folder)
        self._categories: tuple[DatasetCategory, ...] = ()
        self._differences: list[str] = []
        self._photos: dict[str, _Photo | str] = {}
        self._counts: Counter[str] = Counter()
        self._bad: list[BadRow] = []
        self._notes = Notes()

    def rows(self, records: Iterable[Record]) -> Iterator[Row]:
        """Give the rows of a dataset, and keep what it says of itself as a whole."""
        for record in records:
            if isinstance(record, Contents):
                self._names = PhotoNames(self._folder, record.photos)
                self._categories = record.categories
            else:
                yield record

    def take(self, records: Sequence[Row]) -> None:
        # Files are read before the transaction, so that the project is locked for moments only.
        ready = [found for record in records if (found := self._prepare(record))]
        if not ready:
            return
        with self._library.batch() as batch:
            batch.settle(self._place)
            # Before the first phrase, so that categories get the numbers that the dataset has.
            for each in self._categories:
                difference = batch.category(each.name, each.number, each.supercategory)
                self._differences += [difference] if difference else []
            self._categories = ()
            for found in ready:
                self._write(batch, found)

    def report(self) -> ImportReport:
        counts = self._counts
        return ImportReport(
            photos=counts["photos"],
            phrases=counts["phrases"],
            proposals=counts["proposals"],
            finished=counts["finished"],
            known=counts["known"],
            bad=tuple(self._bad),
            notes=(*self._notes.told(), *self._differences),
        )

    def _prepare(self, record: Row) -> _Ready | None:
        if isinstance(record, BadRow):
            self._bad.append(record)
            return None
        try:
            photo = self._photo(record.photo)
            if isinstance(record, Given):
                rle = self._mask(record.where, record.mask, photo, "proposals")
                return _Ready(record, rle) if rle else None
            rle = self._mask(record.where, record.target, photo, "finished")
            return _Ready(_clean(record), rle)
        except (AnnotationError, ImageError) as error:
            self._bad.append(BadRow(record.where, str(error)))
            return None

    def _photo(self, name: str) -> _Photo:
        found = self._photos.get(name)
        if found is None:
            try:
                found = self._look_up(name)
            except (AnnotationError, ImageError) as error:
                found = str(error)
            self._photos[name] = found
        if isinstance(found, str):
            raise ImageError(found)
        return found

    def _look_up(self, name: str) -> _Photo:
        place = self._names.find(name)
        if place.remark:
            self._notes.add(f"photo {name[:200]!r}", place.remark)
        path = self._place.prefix + place.path
        known = self._library.find_photo(path)
        if known:
            return _Photo(path, known[1], self._orientation(path), known[0], None)
        file = measure(self._place.root, path)
        return _Photo(path, (file.height, file.width), file.orientation, None, file)

    def _orientation(self, path: str) -> int:
        """Tell how a photo of the project is stored; its file need not be there any more."""
        if self._masks == "none":
            return 1
        try:
            return orientation_of(inside(self._place.root, path))
        except AnnotationError:
            return 1

    def _mask(self, where: str, target: Target | None, photo: _Photo, use: MaskUse) -> Rle | None:
        if target is None or self._masks != use:
            return None
        rle = target(photo.size, photo.orientation, partial(self._notes.add, where))
        if rle is not None and is_empty(rle):
            raise AnnotationError("its mask is empty: leave it out, or mark it as without a target")
        return rle

    def _write(self, batch: Batch, ready: _Ready) -> None:
        record = ready.record
        photo_id = self._photo_id(batch, record.photo)
        if isinstance(record, Given):
            if ready.rle and batch.proposal(photo_id, record.where, ready.rle):
                self._counts["proposals"] += 1
            return
        finished = Finished(ready.rle) if record.target and self._masks == "finished" else None
        item_id, new = batch.phrase(
            photo_id,
            record.phrase,
            category=record.category,
            split=record.split,
            origin=record.origin,
            finished=finished,
        )
        self._counts["phrases" if new else "known"] += 1
        if finished:
            status: Status = "accepted" if finished.rle else "none-fits"
            self._counts["finished"] += batch.finish(item_id, status, finished.rle, self._dataset)

    def _photo_id(self, batch: Batch, name: str) -> int:
        photo = self._photo(name)
        if photo.file is None:
            return photo.id or 0
        photo_id, new = batch.photo(photo.file)
        self._counts["photos"] += new
        self._photos[name] = replace(photo, id=photo_id, file=None)
        return photo_id


def _clean(entry: Entry) -> Entry:
    given = entry.phrase, entry.category, entry.split
    clean = (
        clean_text(entry.phrase),
        entry.category and clean_text(entry.category),
        entry.split and clean_text(entry.split),
    )
    if clean == given:
        return entry
    return replace(entry, phrase=clean[0], category=clean[1], split=clean[2])
