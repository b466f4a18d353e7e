"""Datasets as an evaluation reads them: photos, each with its phrases and annotated objects."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from napari_zsris.annotations.imports import (
    BadRow,
    Entry,
    Given,
    Record,
    read_phrasecut,
    read_refcoco,
)
from napari_zsris.annotations.imports.coco_names import name_on_disk
from napari_zsris.annotations.paths import inside, plain_path
from napari_zsris.errors import AnnotationError

__all__ = ["Dataset", "EvaluationPhoto", "load_dataset"]

_REFS = re.compile(r"g?refs\((.+)\)\.(?:p|json)")


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
        chosen = _split_by(path) if split_by is None else split_by
        records = read_refcoco(path, chosen, tuple(splits) or None)
        name = f"{path.absolute().name} ({chosen})"
    root = folder / "images" if images is None else images
    if not root.is_dir():
        raise AnnotationError(f"there is no folder of photos {root}: name it with --images")
    photos, bad = _gather(records, root)
    if not photos:
        reason = f": {bad[0].where}: {bad[0].reason}" if bad else ""
        raise AnnotationError(f"{path} holds no phrase to evaluate{reason}")
    return Dataset(name, tuple(splits), photos, bad)


def _split_by(folder: Path) -> str:
    if not folder.is_dir():
        raise AnnotationError(
            f"there is no dataset {folder}: give a folder with refs(...).p and instances.json, or "
            "PhraseCut's refer_....json"
        )
    names = sorted({found[1] for each in folder.iterdir() if (found := _REFS.fullmatch(each.name))})
    if len(names) != 1:
        reason = f"refs of several kinds ({', '.join(names)})" if names else "no refs(...).p"
        what = "choose with --split-by" if names else "name the folder that holds the refs"
        raise AnnotationError(f"{folder} holds {reason}: {what}")
    return names[0]


def _gather(
    records: Iterable[Record], root: Path
) -> tuple[tuple[EvaluationPhoto, ...], tuple[BadRow, ...]]:
    phrases: dict[str, list[Entry]] = {}
    objects: dict[str, list[Given]] = {}
    bad: list[BadRow] = []
    for record in chain.from_iterable(map(_checked, records)):
        match record:
            case BadRow():
                bad.append(record)
            case Given():
                objects.setdefault(record.photo, []).append(record)
            case Entry():
                phrases.setdefault(record.photo, []).append(record)
    photos = tuple(
        EvaluationPhoto(
            name,
            inside(root, name_on_disk(root, name)),
            tuple(asked),
            tuple(objects.get(name, ())),
        )
        for name, asked in phrases.items()
    )
    return photos, tuple(bad)


def _checked(record: Record) -> Iterator[Record]:
    """Give a record with a safe path, or say why it is of no use."""
    if isinstance(record, BadRow):
        yield record
        return
    try:
        name = plain_path(record.photo)
    except AnnotationError as error:
        yield BadRow(record.where, str(error))
        return
    if isinstance(record, Entry) and record.target is None:
        yield BadRow(record.where, "it has no mask to compare with: get the file with masks")
        return
    yield replace(record, photo=name)
