"""Datasets as an evaluation reads them: photos, each with its phrases and annotated objects."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from napari_zsris.annotations.imports import (
    BadRow,
    Contents,
    Entry,
    Given,
    Record,
    read_phrasecut,
    read_refcoco,
)
from napari_zsris.annotations.imports.photo_names import PhotoNames
from napari_zsris.annotations.imports.refs_files import dataset_name
from napari_zsris.annotations.paths import inside
from napari_zsris.errors import AnnotationError

__all__ = ["Dataset", "EvaluationPhoto", "load_dataset"]


@dataclass(frozen=True)
class EvaluationPhoto:
    """A photo with all that is asked of it.

    Parameters
    ----------
    name : str
        Its path relative to the folder of photos.
    path : Path
        Its file.
    phrases : tuple of Entry
        Referring expressions, each with its target.
    objects : tuple of Given
        All annotated objects of the photo; empty where the dataset has none.
    """

    name: str
    path: Path
    phrases: tuple[Entry, ...] = ()
    objects: tuple[Given, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Dataset:
    """A split of a dataset.

    Parameters
    ----------
    name : str
        The dataset's name with what its refs' name has in brackets, "refcoco (unc)".
    splits : tuple of str
        Which splits were asked for; empty for all.
    photos : tuple of EvaluationPhoto
        Its photos in the order of its refs.
    bad : tuple of BadRow
        What was left out, and why.
    """

    name: str
    splits: tuple[str, ...]
    photos: tuple[EvaluationPhoto, ...]
    bad: tuple[BadRow, ...] = ()

    def first(self, count: int | None) -> Dataset:
        """Give the dataset with only its first photos.

        Parameters
        ----------
        count : int or None
            How many; None for all.

        Returns
        -------
        Dataset
            The part.
        """
        return replace(self, photos=self.photos[:count])


def load_dataset(
    path: Path,
    images: Path | None = None,
    *,
    split_by: str | None = None,
    splits: Collection[str] = (),
) -> Dataset:
    """Read RefCOCO, RefCOCO+, RefCOCOg, gRefCOCO, PhraseCut, or any folder of COCO and refs.

    Parameters
    ----------
    path : Path
        A folder with ``refs(NAME).p`` (or ``.json``, or ``grefs``) and ``instances.json``; or
        PhraseCut's ``refer_<split>.json``.
    images : Path, optional
        The folder of photos; ``images`` beside the refs by default.
    split_by : str, optional
        NAME of the refs ("unc", "umd", "google"); needed only where there are several.
    splits : collection of str
        Only phrases of these splits ("val", "testA"); all by default.

    Returns
    -------
    Dataset
        Its photos.

    Raises
    ------
    AnnotationError
        There is no such dataset, it cannot be read, or it has no such split or no phrases; or a
        split is asked for of PhraseCut, which has a file for each.
    """
    phrasecut = path.is_file()
    folder = path.parent if phrasecut else path
    name = path.stem
    if phrasecut:
        if split_by or splits:
            raise AnnotationError(
                f"{path.name} is one split of PhraseCut: name the file of another instead of "
                "--split or --split-by"
            )
        records = read_phrasecut(path)
    else:
        name = dataset_name(path, split_by)
        records = read_refcoco(path, split_by, tuple(splits) or None)
    root = folder / "images" if images is None else images
    if not root.is_dir():
        raise AnnotationError(f"there is no folder of photos {root}: name it with --images")
    photos, bad = _gather(records, root)
    if not photos:
        reason = f": {bad[0].where}: {bad[0].reason}" if bad else ""
        raise AnnotationError(f"{path} holds no phrase to evaluate{reason}")
    return Dataset(name, tuple(splits), photos, bad)


def _gather(
    records: Iterable[Record], root: Path
) -> tuple[tuple[EvaluationPhoto, ...], tuple[BadRow, ...]]:
    names = PhotoNames(root)
    photos: dict[str, _Gathered | AnnotationError] = {}
    bad: list[BadRow] = []
    for record in records:
        if isinstance(record, Contents):
            names = PhotoNames(root, record.photos)
        elif isinstance(record, BadRow):
            bad.append(record)
        else:
            if record.photo not in photos:
                photos[record.photo] = _found(names, root, record.photo)
            try:
                _add(photos[record.photo], record)
            except AnnotationError as error:
                bad.append(BadRow(record.where, str(error)))
    found = tuple(
        EvaluationPhoto(photo.name, photo.path, tuple(photo.phrases), tuple(photo.objects))
        for photo in photos.values()
        if isinstance(photo, _Gathered) and photo.phrases
    )
    return found, tuple(bad)


@dataclass(frozen=True)
class _Gathered:
    name: str
    path: Path
    phrases: list[Entry] = field(default_factory=list)
    objects: list[Given] = field(default_factory=list)


def _found(names: PhotoNames, root: Path, name: str) -> _Gathered | AnnotationError:
    try:
        return _Gathered(name, inside(root, names.find(name).path))
    except AnnotationError as error:
        return error


def _add(photo: _Gathered | AnnotationError, record: Entry | Given) -> None:
    if isinstance(photo, AnnotationError):
        raise AnnotationError(str(photo))
    if isinstance(record, Given):
        photo.objects.append(record)
    elif record.target is None:
        raise AnnotationError("it has no mask to compare with: get the file with masks")
    else:
        photo.phrases.append(record)
