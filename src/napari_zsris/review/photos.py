"""The photos of the open project: what each is known by, and how it comes into the project."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from napari_zsris.annotations import Project
from napari_zsris.annotations.plane_picture import PlanePicture
from napari_zsris.annotations.sessions import is_session
from napari_zsris.errors import AnnotationError, ImageError
from napari_zsris.images import read_size
from napari_zsris.progress import Progress, Steps

__all__ = ["PhotoIdentity", "Photos"]

_FORMATS = ("avif", "bmp", "gif", "jp2", "jpeg", "jpg", "pgm", "png", "ppm", "tif", "tiff", "webp")
_SUFFIXES = frozenset(f".{name}" for name in _FORMATS)


@dataclass(frozen=True)
class PhotoIdentity:
    """What a picture on the canvas is known by; names of layers mean nothing.

    Parameters
    ----------
    picture : PlanePicture
        The plane, kept as a picture where no photo file shows it as it is.
    file : Path, optional
        The photo file that may show it as it is.
    """

    picture: PlanePicture
    file: Path | None = None


class Photos:
    """Finds photos in a project, and adds them.

    Parameters
    ----------
    project : Project
        Open for writing.
    """

    def __init__(self, project: Project) -> None:
        self._library = project.library
        self._session = is_session(project.path)

    def find(self, identity: PhotoIdentity) -> int | None:
        """Look a photo up.

        Parameters
        ----------
        identity : PhotoIdentity
            The photo.

        Returns
        -------
        int or None
            Its number, None where the project does not have it.
        """
        library = self._library
        known = library.find_photo(identity.picture.path)
        if identity.file is not None:
            name = library.name_of(identity.file)
            found = None if name is None else library.find_photo(name)
            if found is not None and found[1] == identity.picture.size:
                return found[0]
        return None if known is None else known[0]

    def add(self, identity: PhotoIdentity) -> tuple[int, Path | None]:
        """Add a photo, unless the project has it.

        Parameters
        ----------
        identity : PhotoIdentity
            The photo.

        Returns
        -------
        tuple
            Its number, and the file that its picture is still to be written to, if any.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        library = self._library
        photo_id = self.find(identity)
        if photo_id is None and identity.file is not None:
            photo_id = self._add_file(identity.file, identity.picture.size)
        if photo_id is None:
            photo_id = library.add_picture(identity.picture)
        file = library.photo_file(photo_id)
        missing = file == library.folder / identity.picture.path and not file.exists()
        return photo_id, file if missing else None

    def _add_file(self, file: Path, size: tuple[int, int]) -> int | None:
        """Add a photo file, unless it lies out of reach or is not what the canvas shows."""
        library = self._library
        with contextlib.suppress(AnnotationError, ImageError, OSError):
            if read_size(file) != size:
                return None
            name = library.cover(file) if self._session else library.name_of(file)
            return None if name is None else library.add_photo(name)
        return None

    def fill(self, folder: Path) -> Steps[int]:
        """Add all photos of a folder, step by step; those added stay when it is given up.

        Parameters
        ----------
        folder : Path
            The folder.

        Yields
        ------
        Progress
            Between two photos the work may be given up.

        Returns
        -------
        int
            How many photos of the folder the project has now.

        Raises
        ------
        ImageError
            There is no photo in the folder.
        AnnotationError
            The folder lies outside the project's folder of photos, or it cannot be written.
        """
        yield Progress("looking for photos", 0, 0)
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
        library, known = self._library, 0
        if not files:
            raise ImageError(f"there is no photo in {folder}: choose a folder that holds photos")
        for number, file in enumerate(files):
            yield Progress("photos", number, len(files))
            name = library.cover(file) if self._session else library.name_of(file)
            if name is None:
                raise AnnotationError(
                    f"{folder} lies outside {library.root}, where this project's photos are: "
                    "open a project without photos, or one that holds this folder"
                )
            # A file that is no photo, whatever its name says, does not keep the others out.
            with contextlib.suppress(ImageError):
                library.add_photo(name)
                known += 1
        return known
