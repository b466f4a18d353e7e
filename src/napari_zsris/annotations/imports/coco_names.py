"""The names that one COCO photo has in different downloads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from napari_zsris.annotations.paths import inside
from napari_zsris.errors import AnnotationError

__all__ = ["name_on_disk"]

# RefCOCO, gRefCOCO and COCO 2014 have COCO_train2014_000000581857.jpg; 2017 has 000000581857.jpg.
_NAME = re.compile(r"(?:COCO_(?:train|val|test)2014_)?(\d{12})\.jpg")
_OLD, _NEW = ("train2014", "val2014"), ("train2017", "val2017")


def name_on_disk(root: Path, name: str) -> str:
    """Find a COCO photo under another of its names, where it is not there under its own.

    The 2014 and 2017 editions have the same photos, named in two ways and split otherwise, and
    people keep them in one folder or in a folder per split.

    Parameters
    ----------
    root : Path
        The folder of photos.
    name : str
        A photo's path relative to it.

    Returns
    -------
    str
        The path of a file that is there; the name as it is where there is none.
    """
    if not _is_there(root, name):
        for other in _other_names(name):
            if _is_there(root, other):
                return other
    return name


def _other_names(name: str) -> Iterator[str]:
    path = PurePosixPath(name)
    photo = _NAME.fullmatch(path.name)
    if photo is None:
        return
    plain = f"{photo[1]}.jpg"
    old = [f"COCO_{edition}_{plain}" for edition in _OLD]
    for folder in dict.fromkeys((path.parent, path.parent.parent)):
        for each in (plain, *old):
            yield str(folder / each)
        for edition in _NEW:
            yield str(folder / edition / plain)
        for edition, each in zip(_OLD, old, strict=True):
            yield str(folder / edition / each)


def _is_there(root: Path, name: str) -> bool:
    try:
        return inside(root, name).is_file()
    except (AnnotationError, OSError):
        # Such as a name that is too long for any file.
        return False
