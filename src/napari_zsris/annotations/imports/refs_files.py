"""Where a folder in RefCOCO's layout keeps its refs."""

from __future__ import annotations

import re
from pathlib import Path

from napari_zsris.errors import AnnotationError

__all__ = ["dataset_name", "find_refs"]

_REFS = re.compile(r"g?refs\((.+)\)\.(?:p|json)")
_PLAIN = ("refs.p", "refs.json", "grefs.p", "grefs.json")


def find_refs(folder: Path, split_by: str | None = None) -> tuple[Path, str | None]:
    """Find the refs of a dataset.

    Parameters
    ----------
    folder : Path
        A folder with ``refs(NAME).p``, ``refs(NAME).json``, ``grefs(NAME).p`` or
        ``grefs(NAME).json``; or, without any of them, ``refs.p`` or ``refs.json``.
    split_by : str, optional
        NAME; needed only where there are several.

    Returns
    -------
    path : Path
        The file; of several forms of the same refs the first of the above.
    split_by : str or None
        NAME; None where the file has none.

    Raises
    ------
    AnnotationError
        There is no such folder, or no refs in it, or none of this NAME, or of several NAMEs.
    """
    if not folder.is_dir():
        raise AnnotationError(
            f"there is no dataset {folder}: give a folder with refs(...).p and instances.json, or "
            "PhraseCut's refer_....json"
        )
    there = {path.name for path in folder.iterdir() if path.is_file()}
    named = sorted({found[1] for each in there if (found := _REFS.fullmatch(each))})
    if not named:
        plain = [folder / each for each in _PLAIN if each in there]
        if plain:
            return plain[0], None
        wanted = f"refs({split_by or '...'}).p"
        raise AnnotationError(f"{folder} holds no {wanted}: name the folder that holds the refs")
    if split_by is None and len(named) > 1:
        raise AnnotationError(
            f"{folder} holds refs of several kinds ({', '.join(named)}): choose with --split-by"
        )
    name = named[0] if split_by is None else split_by
    forms = (f"{kind}({name}).{suffix}" for kind in ("refs", "grefs") for suffix in ("p", "json"))
    for form in forms:
        if form in there:
            return folder / form, name
    others = sorted(each for each in there if _REFS.fullmatch(each))
    raise AnnotationError(f"{folder} holds no refs({name}).p: it holds {', '.join(others)}")


def dataset_name(folder: Path, split_by: str | None = None) -> str:
    """Name a dataset in RefCOCO's layout.

    Parameters
    ----------
    folder : Path
        As of :func:`find_refs`.
    split_by : str, optional
        As of :func:`find_refs`.

    Returns
    -------
    str
        The folder's name, with what the refs' name has in brackets: "refcoco (unc)".

    Raises
    ------
    AnnotationError
        As of :func:`find_refs`.
    """
    _, found = find_refs(folder, split_by)
    name = folder.absolute().name
    return f"{name} ({found})" if found else name
