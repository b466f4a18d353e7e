"""RefCOCO, RefCOCO+, RefCOCOg (UNC, UMD and Google splits) and gRefCOCO."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
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
    Size,
)
from napari_zsris.annotations.imports.shards import Shard
from napari_zsris.annotations.imports.sources import Fields, load_list
from napari_zsris.annotations.project import Project
from napari_zsris.errors import AnnotationError
from napari_zsris.progress import Steps
from napari_zsris.rle import Rle, merge_rles

__all__ = ["import_refcoco", "read_refcoco"]

_PREFIXES = ("refs", "grefs")
_SUFFIXES = (".p", ".json")
_NO_TARGET = -1


def import_refcoco(
    project: Project,
    dataset: Path,
    split_by: str,
    folder: Path,
    *,
    splits: Collection[str] | None = None,
    masks: MaskUse = "proposals",
    shard: Shard | None = None,
) -> Steps[ImportReport]:
    """Add RefCOCO, RefCOCO+, RefCOCOg or gRefCOCO to a project.

    Parameters
    ----------
    project : Project
        An open project.
    dataset : Path
        The folder with ``refs(<split_by>).p`` or ``grefs(<split_by>).json``, and
        ``instances.json``.
    split_by : str
        "unc", "umd", "google", or what else the name has in brackets.
    folder : Path
        The folder of photos.
    splits : collection of str, optional
        Only refs of these splits.
    masks : {"none", "proposals", "finished"}
        What becomes of masks: nothing; all instances of a photo are proposals to choose from; or
        the object referred to is the phrase's finished mask.
    shard : Shard, optional
        Only this part of the photos.

    Returns
    -------
    generator of Progress
        Its result says what is new and what was left out; see :func:`take_in`.
    """
    records = read_refcoco(dataset, split_by, splits)
    name = f"{dataset.name} ({split_by})"
    return take_in(project, records, folder, masks=masks, dataset=name, shard=shard)


def read_refcoco(
    dataset: Path, split_by: str, splits: Collection[str] | None = None
) -> Iterator[Record]:
    """Read refs and instances, ref by ref.

    Photos go by the name in ``instances.json``, since the one in RefCOCO's refs has the object's id
    in it. A phrase is a sentence's ``sent``. The mask of a ref to several objects (gRefCOCO) is
    their union; a ref without a target gives None.

    Parameters
    ----------
    dataset : Path
        The folder with the refs and ``instances.json``.
    split_by : str
        What the refs' name has in brackets.
    splits : collection of str, optional
        Only refs of these splits.

    Yields
    ------
    Entry, Given or BadRow
        For the first ref of a photo, all masks of the photo; then one entry per sentence.

    Raises
    ------
    AnnotationError
        A file is missing, damaged or no plain data, or no ref is of a split asked for.
    """
    refs = load_list(_refs_path(dataset, split_by))
    _check_splits(refs, splits)
    instances = Instances.read(dataset / "instances.json")
    seen: set[Key] = set()
    for place, value in enumerate(refs, start=1):
        where = f"ref number {place}"
        try:
            ref = _read_ref(Fields(value))
            where = f"ref {ref.key}"
            if splits is not None and ref.split not in splits:
                continue
            photo = instances.photo(ref.image)
            entries = _entries(ref, where, photo, instances)
        except AnnotationError as error:
            yield BadRow(where, str(error))
            continue
        if ref.image not in seen:
            seen.add(ref.image)
            yield from _given(ref.image, photo, instances)
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


def _entries(ref: _Ref, where: str, photo: str, instances: Instances) -> list[Record]:
    names = {instances.category(key) for key in ref.categories}
    # Several objects of several kinds have no category in common.
    category = names.pop() if len(names) == 1 else None
    target = partial(_united, instances.part(ref.objects), ref.objects)
    return [
        _entry(Entry(where, photo, "", category, ref.split, where, target), sentence)
        for sentence in ref.sentences
    ]


def _entry(ref: Entry, sentence: object) -> Record:
    try:
        fields = Fields(sentence)
        key = f"sentence {fields.key('sent_id')}"
        phrase = fields.optional_text("sent") or fields.text("raw")
        kind = fields.optional_text("kind")
    except AnnotationError as error:
        return BadRow(ref.where, str(error))
    where = f"{ref.where}, {key}"
    return Entry(where, ref.photo, phrase, ref.category, ref.split, where, ref.target, kind)


def _united(instances: Instances, objects: Sequence[Key], size: Size) -> Rle | None:
    if not objects:
        return None
    return merge_rles([instances.mask(key, size) for key in objects])


def _given(image: Key, photo: str, instances: Instances) -> Iterator[Given]:
    for key in instances.of_photo(image):
        category = _category(instances, key)
        mask = partial(instances.part([key]).mask, key)
        yield Given(f"annotation {key}", photo, mask, category)


def _category(instances: Instances, key: Key) -> str | None:
    # A mask is as good a choice when nobody knows what it is of.
    with contextlib.suppress(AnnotationError):
        return instances.category(instances.annotations[key].key("category_id"))
    return None


def _refs_path(dataset: Path, split_by: str) -> Path:
    names = [f"{prefix}({split_by}){suffix}" for prefix in _PREFIXES for suffix in _SUFFIXES]
    for name in names:
        if (dataset / name).is_file():
            return dataset / name
    found = sorted(path.name for path in dataset.glob("*refs(*).*"))
    raise AnnotationError(
        f"{dataset} holds no {names[0]}: "
        + (f"it holds {', '.join(found)}" if found else "name the folder that holds the refs")
    )


def _check_splits(refs: Sequence[object], splits: Collection[str] | None) -> None:
    there = {str(ref.get("split")) for ref in refs if isinstance(ref, dict)}
    missing = sorted(set(splits or ()) - there)
    if missing:
        raise AnnotationError(
            f'no ref is of split "{missing[0]}": choose among {", ".join(sorted(there))}'
        )
