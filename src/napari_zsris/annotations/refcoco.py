"""RefCOCO's three files, written object by object so that memory stays small."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from napari_zsris.annotations.categories import Category
from napari_zsris.annotations.coco import (
    DESCRIPTION,
    CocoImage,
    CocoObject,
    CocoWriter,
    MaskFormat,
    check_mask_format,
)
from napari_zsris.annotations.plain_pickle import ListPickler
from napari_zsris.errors import AnnotationError
from napari_zsris.files import atomic_write
from napari_zsris.rle import Rle

__all__ = ["RefCocoWriter", "ReferredObject", "refcoco_writer", "write_refcoco"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+.-]*")
_WORD = re.compile(r"\w+(?:['\u2019.-]\w+)*")
_HEAD_BYTES = 4096


@dataclass(frozen=True)
class ReferredObject:
    """One object with the phrases that refer to it.

    Parameters
    ----------
    image : CocoImage
        The photo it lies in.
    category : str
        The category's name.
    rle : Rle
        Its mask, of the photo's size.
    phrases : sequence of str
        The referring expressions.
    split : str
        The dataset's split it belongs to.
    """

    image: CocoImage
    category: str
    rle: Rle
    phrases: Sequence[str]
    split: str = "train"


class RefCocoWriter:
    """RefCOCO's files in the making; made by :func:`refcoco_writer`.

    Parameters
    ----------
    instances : CocoWriter
        Takes the objects.
    pickled : ListPickler
        Takes the refs.
    twin : text stream
        Takes the refs as JSON.
    """

    def __init__(self, instances: CocoWriter, pickled: ListPickler, twin: TextIO) -> None:
        self._instances = instances
        self._pickled = pickled
        self._twin = twin
        self._refs = 0
        self._sentences = 0

    def add(self, item: ReferredObject) -> int:
        """Write one object with its phrases.

        Parameters
        ----------
        item : ReferredObject
            The object.

        Returns
        -------
        int
            The ref's id.

        Raises
        ------
        AnnotationError
            The mask is damaged.
        """
        annotation, category = self._instances.add(
            CocoObject(item.image.id, item.category, item.rle)
        )
        self._twin.write(",\n" if self._refs else "[\n")
        self._refs += 1
        sentences = [self._sentence(phrase) for phrase in item.phrases]
        ref: dict[str, object] = {
            "ref_id": self._refs,
            "ann_id": annotation,
            "category_id": category,
            "image_id": item.image.id,
            "file_name": item.image.file_name,
            "split": item.split,
            "sent_ids": [sentence["sent_id"] for sentence in sentences],
            "sentences": sentences,
        }
        self._twin.write(json.dumps(ref, allow_nan=False))
        self._pickled.append(ref)
        return self._refs

    def finish(self) -> None:
        """Complete the files."""
        self._twin.write("\n]\n" if self._refs else "[]\n")
        self._pickled.finish()

    def _sentence(self, phrase: str) -> dict[str, object]:
        self._sentences += 1
        tokens = _WORD.findall(phrase.lower()) or [phrase]
        return {
            "sent_id": self._sentences,
            "sent": " ".join(tokens),
            "raw": phrase,
            "tokens": tokens,
        }


@contextlib.contextmanager
def refcoco_writer(
    folder: Path,
    images: Iterable[CocoImage],
    split_by: str = "zsris",
    masks: MaskFormat = "polygons",
    categories: Iterable[Category | str] = (),
) -> Generator[RefCocoWriter]:
    """Write ``refs(<split_by>).p``, its JSON twin and ``instances.json``.

    Refs, annotations and sentences are numbered from 1. The same input gives the same bytes.
    A run that is killed leaves the files as they were or, if it dies while they are put in
    place, none called ``refs``; refs never stand beside instances that they do not belong to.

    Parameters
    ----------
    folder : Path
        The folder to write to; made if it is missing.
    images : iterable of CocoImage
        The photos; consumed at once, not kept.
    split_by : str
        The name in brackets.
    masks : {"polygons", "rle"}
        How masks are written: both without loss, but ``REFER`` and what is built on it read
        polygons only.
    categories : iterable of Category or str
        Categories that the file lists in any case; see :class:`CocoWriter`.

    Yields
    ------
    RefCocoWriter
        Takes the objects one by one; the files appear when the block ends without an error.

    Raises
    ------
    AnnotationError
        The name cannot stand in a file name, `masks` is unknown, a mask is damaged, or the folder
        holds a dataset that is not this export's.
    OutputError
        The files cannot be written.
    """
    check_mask_format(masks)
    _check_folder(folder, split_by)
    refs = folder / f"refs({split_by}).p"
    with (
        # Left in the opposite order, so that the pickle, which readers look for, comes last.
        atomic_write(refs) as pickle_part,
        atomic_write(refs.with_suffix(".json")) as twin_part,
        atomic_write(folder / "instances.json") as instances_part,
    ):
        with (
            pickle_part.open("wb") as pickled,
            twin_part.open("w", encoding="ascii", newline="\n") as twin,
            instances_part.open("w", encoding="ascii", newline="\n") as stream,
            CocoWriter(stream, images, masks, categories) as instances,
        ):
            writer = RefCocoWriter(instances, ListPickler(pickled), twin)
            yield writer
            writer.finish()
        refs.unlink(missing_ok=True)
        refs.with_suffix(".json").unlink(missing_ok=True)


def write_refcoco(
    folder: Path,
    images: Iterable[CocoImage],
    objects: Iterable[ReferredObject],
    *,
    split_by: str = "zsris",
    masks: MaskFormat = "polygons",
) -> int:
    """Write RefCOCO's files in one go; see :func:`refcoco_writer`.

    Parameters
    ----------
    folder : Path
        The folder to write to; made if it is missing.
    images : iterable of CocoImage
        The photos.
    objects : iterable of ReferredObject
        The objects, consumed one by one.
    split_by : str
        The name in brackets.
    masks : {"polygons", "rle"}
        How masks are written; see :func:`refcoco_writer`.

    Returns
    -------
    int
        How many refs were written.

    Raises
    ------
    AnnotationError
        The name cannot stand in a file name, a mask is damaged, or the folder holds a dataset
        that is not this export's.
    OutputError
        The files cannot be written.
    """
    count = 0
    with refcoco_writer(folder, images, split_by, masks) as writer:
        for item in objects:
            count = writer.add(item)
    return count


def _check_folder(folder: Path, split_by: str) -> None:
    if not _NAME.fullmatch(split_by):
        raise AnnotationError(
            f"{split_by[:80]!r} cannot stand in a file name: use letters, digits and _ + . -"
        )
    if not folder.is_dir():
        return
    instances = folder / "instances.json"
    others = [path.name for path in folder.glob("*refs(*).*") if path.stem != f"refs({split_by})"]
    if others:
        raise AnnotationError(
            f"{folder} holds {min(others)}, which shares its instances.json: "
            "choose another folder for this export"
        )
    if instances.exists() and not _is_ours(instances):
        raise AnnotationError(
            f"{instances} was not made by an export of ours and is left as it is: "
            "choose another folder"
        )


def _is_ours(instances: Path) -> bool:
    with instances.open("rb") as stream:
        return DESCRIPTION.encode() in stream.read(_HEAD_BYTES)
