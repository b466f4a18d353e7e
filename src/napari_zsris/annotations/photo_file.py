"""Photos as they lie on disk."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from napari_zsris.annotations.paths import inside, plain_path
from napari_zsris.images import read_layout

__all__ = ["PhotoFile", "measure"]


@dataclass(frozen=True)
class PhotoFile:
    """A photo as it lies on disk.

    Parameters
    ----------
    path : str
        Its path below the folder of photos, with forward slashes.
    height, width : int
        Its size, in pixels.
    file_size : int
        The file's size, in bytes.
    sha256 : bytes
        The digest of the file's bytes.
    orientation : int
        How EXIF says that its pixels are stored, 1 (upright) to 8; a project does not keep it.
    """

    path: str
    height: int
    width: int
    file_size: int
    sha256: bytes
    orientation: int = 1


def measure(root: Path, name: str) -> PhotoFile:
    """Look at a photo's header and bytes; its pixels are not decoded.

    Parameters
    ----------
    root : Path
        The folder of photos.
    name : str
        The photo's path relative to it.

    Returns
    -------
    PhotoFile
        What the project keeps of it.

    Raises
    ------
    AnnotationError
        The path leads out of the folder.
    ImageError
        The file is missing, no photo, or claims more pixels than are read.
    """
    path = inside(root, name)
    (height, width), orientation = read_layout(path)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.file_digest(file, "sha256").digest()
    return PhotoFile(plain_path(name), height, width, size, digest, orientation)
