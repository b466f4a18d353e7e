"""A project copied to another place, with the pictures that it keeps beside its file."""

from __future__ import annotations

import shutil
from pathlib import Path

from napari_zsris.annotations.database import Database
from napari_zsris.annotations.library import Library
from napari_zsris.annotations.opening import filling
from napari_zsris.annotations.paths import inside
from napari_zsris.annotations.placing import keep_root, root_from
from napari_zsris.annotations.statements import Writer
from napari_zsris.errors import AnnotationError
from napari_zsris.files import atomic_write

__all__ = ["copy_pictures", "copy_project"]


def copy_project(database: Database, library: Library, path: Path) -> None:
    """Write a whole copy of a project, which finds the same photos.

    Parameters
    ----------
    database : Database
        The project's file.
    library : Library
        Knows where its photos are.
    path : Path
        The copy; a project that is there is replaced.

    Raises
    ------
    AnnotationError
        The place holds the project itself, another one that is open, or a file of another kind.
    OutputError
        The copy cannot be written.
    """
    if path.exists():
        if path.samefile(database.path):
            raise AnnotationError(f"{path} is this very project: choose another name")
        # Whatever is replaced must be a project that nobody has open, with nothing in its log.
        Database(path).close()
    home = path.absolute().parent
    with atomic_write(path) as partial:
        database.copy_into(partial)
        with filling(partial) as copy:
            keep_root(Writer(copy), root_from(home, library.root))
        copy_pictures(database, home)


def copy_pictures(database: Database, home: Path) -> None:
    """Copy the pictures that a project keeps beside its file, those that are there already aside.

    Parameters
    ----------
    database : Database
        The project's file.
    home : Path
        The folder of the other project's file.

    Raises
    ------
    AnnotationError
        The project names a picture outside its folder.
    OutputError
        A picture cannot be written.
    """
    folder = database.path.absolute().parent
    for (name,) in database.rows("SELECT path FROM photo WHERE beside ORDER BY id"):
        picture, copy = inside(folder, name), inside(home, name)
        if picture.exists() and not copy.exists():
            with atomic_write(copy) as partial:
                shutil.copyfile(picture, partial)
