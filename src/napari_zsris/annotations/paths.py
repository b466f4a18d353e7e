"""Photo paths out of data files, kept below the folder the user named."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from napari_zsris.errors import AnnotationError
from napari_zsris.formats.names import as_system_name

__all__ = ["inside", "plain_path"]

_DRIVE = re.compile(r"[A-Za-z]:")


def plain_path(name: str) -> str:
    """Give a relative path with forward slashes, refusing every way out of its folder.

    Parameters
    ----------
    name : str
        A path as a data file has it; backslashes count as separators, wherever it was written.

    Returns
    -------
    str
        The path without ``.`` and doubled separators.

    Raises
    ------
    AnnotationError
        It is empty, absolute, begins with a drive, climbs with ``..``, or is no UTF-8.
    """
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts or path.startswith("/") or _DRIVE.match(path) or ".." in parts or _odd(name):
        raise AnnotationError(
            f"{name[:200]!r} is not a path inside the folder of photos: "
            "give it relative to that folder, without '..' and drive letters"
        )
    return "/".join(parts)


def _odd(name: str) -> bool:
    # Half a surrogate pair stands for bytes that are no UTF-8, which a project cannot keep.
    return "\0" in name or any("\ud800" <= character <= "\udfff" for character in name)


def inside(root: Path, name: str) -> Path:
    """Find a file below a folder.

    Links that lie in the folder are followed wherever they lead: whoever named the folder put
    them there. It is names out of data files that may not lead out of it.

    Parameters
    ----------
    root : Path
        The folder.
    name : str
        A path relative to it.

    Returns
    -------
    Path
        The file's path, whether or not it exists.

    Raises
    ------
    AnnotationError
        The path leads out of the folder, or its links lead in circles.
    """
    path = root / as_system_name(plain_path(name))
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise AnnotationError(f"{path} cannot be followed: {error}; check its links") from error
    return path
