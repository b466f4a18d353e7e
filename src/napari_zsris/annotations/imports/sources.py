"""Lists in JSON files and in pickles of plain data."""

from __future__ import annotations

from pathlib import Path

from napari_zsris.annotations.plain_pickle import load_plain
from napari_zsris.errors import AnnotationError
from napari_zsris.formats.json_file import load_json
from napari_zsris.formats.text import read_bytes

__all__ = ["load_list"]


def load_list(path: Path) -> list[object]:
    """Read a list from a JSON file, or from a pickle of plain data.

    Parameters
    ----------
    path : Path
        The file; a pickle when it ends in ``.p``.

    Returns
    -------
    list
        What it holds.

    Raises
    ------
    AnnotationError
        It cannot be read, or is no list of plain data.
    """
    pickled = path.suffix == ".p"
    value = load_plain(read_bytes(path), str(path)) if pickled else load_json(path)
    if not isinstance(value, list):
        raise AnnotationError(f"{path} holds no list: check that it is the right file")
    return value
