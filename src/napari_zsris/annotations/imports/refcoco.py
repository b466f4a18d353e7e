"""RefCOCO, RefCOCO+, RefCOCOg (UNC, UMD and Google splits) and gRefCOCO."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
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
from napari_zsris.annotations.imports.refs_files import dataset_name, find_refs
from napari_zsris.annotations.imports.shards import Shard
from napari_zsris.annotations.imports.sources import load_list
from napari_zsris.annotations.project import Project
from napari_zsris.errors import AnnotationError
from napari_zsris.formats.fields import Fields
from napari_zsris.formats.identity import Key, as_key
from napari_zsris.progress import Steps

__all__ = ["import_refcoco", "read_refcoco"]

_NO_TARGET = -1


def import_refcoco(
    project: Project,
    dataset: Path,
    split_by: str | None,
    folder: Path,
    *,
    splits: Collection[str] | None = None,
    masks: MaskUse = "proposals",
    crowds: Crowds = "auto",
    shard: Shard | None = None,
) -> Steps[ImportReport]:
    """Add RefCOCO, RefCOCO+, RefCOCOg or gRefCOCO to a project.

    Parameters
    ----------
    project : Project
        An open project.
    dataset : Path
        The folder with the refs, see :func:`find_refs`, and ``instances.json``.
    split_by : str or None
        "unc", "umd", "google", or what else the name has in brackets; None where there is only one.
    folder : Path
        The folder of photos.
    splits : collection of str, optional
        Only refs of these splits.
    masks : {"none", "proposals", "finished"}
        What becomes of masks: nothing; all instances of a photo are proposals to choose from; or
        the object referred to is the phrase's finished mask.
    crowds : {"auto", "skip", "take"}
        Whether to take objects with ``iscrowd`` 1.
    shard : Shard, optional
        Only this part of the photos.

    Returns
    -------
    generator of Progress
        Its result says what is new and what was left out; see :func:`take_in`.
    """
    name = dataset_name(dataset, split_by)
    records = read_refcoco(dataset, split_by, splits, choices=masks == "proposals", crowds=crowds)
    return take_in(project, records, folder, masks=masks, dataset=name, shard=shard)


def read_refcoco(
    dataset: Path,
    split_by: str | None = None,
    splits: Collection[str] | None = None,
    *,
    choices: bool = True,
    crowds: Crowds = "auto",
) -> Iterator[Record]:
    """Read refs and instances, ref by ref.

    Photos go by the name in ``instances.json``, since the one in RefCOCO's refs has the object's id
    in it. A phrase is a sentence's ``sent``. The mask of a ref to several objects (gRefCOCO) is
    their union; a ref without a target gives None. A ref's objects must be of its own photo.

    Parameters
    ----------
    dataset : Path
        The folder with the refs and ``instances.json``.
    split_by : str, optional
        What the refs' name has in brackets; see :func:`find_refs`.
    splits : collection of str, optional
        Only refs of these splits.
    choices : bool
        Whether to give the masks of a photo, to choose from.
    crowds : {"auto", "skip", "take"}
        Whether to take objects with ``iscrowd`` 1.

    Yields
    ------
    Contents, Entry, Given or BadRow
        For the first ref of a photo, all masks of the photo; then one entry per sentence.

    Raises
    ------
    AnnotationError
        A file is missing, damaged or no plain data, or no ref is of a split asked for.
    """
    refs = load_list(find_refs(dataset, split_by)[0])
    _check_splits(refs, splits)
    instances = Instances.read(dataset / "instances.json")
    yield instances.contents()
    yield from instances.bad
    repeated = _repeated(refs)
    seen: set[Key] = set()
    for place, value in enumerate(refs, start=1):
        where = f"ref number {place}"
        try:
            ref = _read_ref(Fields(value))
            where = f"ref {ref.key}" + (f", number {place}" if ref.key in repeated else "")
            if splits is not None and ref.split not in splits:
                continue
            photo = instances.photo(ref.image)
            entries = _entries(ref, where, photo, instances, crowds)
        except AnnotationError as error:
            yield BadRow(where, str(error))
            continue
        if choices and ref.image not in seen:
            seen.add(ref.image)
            yield from _given(ref.image, photo, instances, crowds)
        yield from entries


@dataclass(frozen=True)
class _Ref:
    key: Key
    image: Key
    objects: tuple[Key, ...]
    categories: tuple[Key, ...]
    split: str | None
    sentences: Sequence[object]


def _read_ref(fields: Fields) -> _Ref:
    objects = _keys(fields, "ann_id")
    return _Ref(
        key=fields.key("ref_id"),
        image=fields.key("image_id"),
        objects=tuple(key for key in objects if key != _NO_TARGET),
        categories=tuple(key for key in _keys(fields, "category_id") if key != _NO_TARGET),
        split=fields.optional_text("split"),
        sentences=fields.items("sentences"),
    )


def _keys(fields: Fields, name: str) -> list[Key]:
    value = fields.get(name)
    several = value if isinstance(value, list) else [value]
    return [Fields({name: key}).key(name) for key in several]


def _repeated(refs: Sequence[object]) -> set[Key]:
    keys = (as_key(ref.get("ref_id")) for ref in refs if isinstance(ref, dict))
    counted = Counter(key for key in keys if key is not None)
    return {key for key, count in counted.items() if count > 1}


def _entries(
    ref: _Ref, where: str, photo: str, instances: Instances, crowds: Crowds
) -> list[Record]:
    objects = [instances.find(ref.image, key) for key in ref.objects]
    if not all(instances.takes(each, crowds, referred=True) for each in objects):
        raise AnnotationError(IS_CROWD)
    names = {instances.category_name(key) for key in ref.categories}
    # Several objects of several kinds have no category in common.
    category = names.pop() if len(names) == 1 else None
    target = instances.target(objects)
    return [
        _entry(Entry(where, photo, "", category, ref.split, where, target), number, sentence)
        for number, sentence in enumerate(ref.sentences, start=1)
    ]


def _entry(ref: Entry, number: int, sentence: object) -> Record:
    try:
        fields = Fields(sentence)
        key = f"sentence {fields.key('sent_id')}"
        phrase = fields.optional_text("sent") or fields.text("raw")
        kind = fields.optional_text("kind")
    except AnnotationError as error:
        return BadRow(f"{ref.where}, sentence number {number}", str(error))
    where = f"{ref.where}, {key}"
    return Entry(where, ref.photo, phrase, ref.category, ref.split, where, ref.target, kind)


def _given(image: Key, photo: str, instances: Instances, crowds: Crowds) -> Iterator[Record]:
    for each in instances.of_photo(image):
        where = instances.where(each)
        if instances.takes(each, crowds):
            yield Given(where, photo, instances.target([each]), _category(instances, each))
        else:
            yield BadRow(where, IS_CROWD)


def _category(instances: Instances, each: Object) -> str | None:
    # A mask is as good a choice when nobody knows what it is of.
    with contextlib.suppress(AnnotationError):
        return instances.category(each)
    return None


def _check_splits(refs: Sequence[object], splits: Collection[str] | None) -> None:
    there = {str(ref.get("split")) for ref in refs if isinstance(ref, dict)}
    missing = sorted(set(splits or ()) - there)
    if missing:
        raise AnnotationError(
            f'no ref is of split "{missing[0]}": choose among {", ".join(sorted(there))}'
        )
