"""Where the photos of a project lie."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from napari_zsris.annotations.database import Database
from napari_zsris.annotations.statements import Writer
from napari_zsris.errors import AnnotationError
from napari_zsris.formats.names import as_system_name, as_text

__all__ = ["PhotoFolder", "Place", "keep_root", "root_from"]


@dataclass(frozen=True)
class Place:
    """Where a dataset's photos lie in a project.

    Parameters
    ----------
    root : Path
        The folder that the project's photo paths are relative to.
    prefix : str
        What to put before the dataset's paths: empty, or a path that ends with a slash.
    kept : str, optional
        What the project is to keep as its root; nothing where it has one.
    """

    root: Path
    prefix: str = ""
    kept: str | None = None

    def settle(self, writer: Writer) -> None:
        """Keep the root together with the first photos, so that none is kept without any.

        Parameters
        ----------
        writer : Writer
            The transaction that adds photos.
        """
        if self.kept is not None:
            keep_root(writer, self.kept)


class PhotoFolder:
    """The folder that a project's photos lie in, and how files are named below it.

    Parameters
    ----------
    database : Database
        The project's file.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def folder(self) -> Path:
        """The folder of the project's file, which pictures of planes are kept in."""
        return self._database.path.absolute().parent

    @property
    def root(self) -> Path:
        """The folder that photo paths are relative to; at first the project file's own.

        A folder at or below the project file's is kept relative to it, so that both can be moved
        together; any other is kept as an absolute path.
        """
        row = self._database.row("SELECT value FROM setting WHERE name = 'root'")
        kept = as_system_name(row[0]) if row else "."
        return self.folder / kept

    def move_root(self, folder: Path) -> None:
        """Say where the folder of photos is now; paths below it stay as they are.

        Parameters
        ----------
        folder : Path
            The folder.

        Raises
        ------
        AnnotationError
            There is no such folder, or the project is open for reading only.
        """
        kept = self._kept(folder)
        with self._database.writing() as writer:
            keep_root(writer, kept)

    def _kept(self, folder: Path) -> str:
        if not folder.is_dir():
            raise AnnotationError(f"there is no folder {folder}: check the name")
        return root_from(self.folder, folder)

    def name_of(self, file: Path) -> str | None:
        """Name a file as photos are named here.

        Parameters
        ----------
        file : Path
            An absolute path.

        Returns
        -------
        str or None
            Its path below the root, with forward slashes; None where it lies outside.
        """
        root = self.root.resolve()
        with contextlib.suppress(AnnotationError):
            there = _resolved_folder(file) / file.name
            return (
                as_text(there.relative_to(root).as_posix()) if there.is_relative_to(root) else None
            )
        return None

    def cover(self, file: Path) -> str:
        """Name a file that a person opened, moving the root up where it lies outside.

        Parameters
        ----------
        file : Path
            An absolute path.

        Returns
        -------
        str
            Its path below the root, with forward slashes.

        Raises
        ------
        AnnotationError
            No folder holds both the root and the file, as on another drive, or the project cannot
            be written.
        """
        there = _resolved_folder(file) / file.name
        root = self.root.resolve()
        photos = self._database.row("SELECT 1 FROM photo WHERE NOT beside LIMIT 1")
        if not photos:
            self.move_root(there.parent)
            return as_text(there.name)
        if not there.is_relative_to(root):
            root = self._widen(root, there)
        return as_text(there.relative_to(root).as_posix())

    def _widen(self, root: Path, file: Path) -> Path:
        try:
            wider = Path(os.path.commonpath([root, file.parent]))
        except ValueError as error:
            raise AnnotationError(
                f"{file} lies on another drive than {root}, where this project's photos are: "
                "make another project for it"
            ) from error
        below = as_text(root.relative_to(wider).as_posix())
        with self._database.writing() as writer:
            writer.run("UPDATE photo SET path = ? || path WHERE NOT beside", (f"{below}/",))
            keep_root(writer, as_text(str(wider)))
        return wider

    def place(self, folder: Path) -> Place:
        """Find a folder below the root; a project without photos is to take it as its root.

        Parameters
        ----------
        folder : Path
            The folder that an imported file's paths are relative to.

        Returns
        -------
        Place
            Where they lie; it has to be settled in the transaction that adds the first of them.

        Raises
        ------
        AnnotationError
            There is no such folder, or it lies outside the root of a project that has photos.
        """
        if not self._database.row("SELECT 1 FROM photo LIMIT 1"):
            kept = self._kept(folder)
            return Place(self.folder / as_system_name(kept), kept=kept)
        there, root = folder.resolve(), self.root.resolve()
        if not there.is_relative_to(root):
            raise AnnotationError(
                f"{folder} lies outside {root}, where this project's photos are: make another "
                "project for it, or first choose a root that holds both folders"
            )
        below = as_text(there.relative_to(root).as_posix())
        return Place(self.root, "" if below == "." else f"{below}/")


def root_from(home: Path, folder: Path) -> str:
    """Give a folder as a project keeps its root.

    Parameters
    ----------
    home : Path
        The folder of the project's file.
    folder : Path
        The folder of photos.

    Returns
    -------
    str
        Relative to `home` where it lies at or below it, so that both can be moved together;
        otherwise an absolute path.
    """
    there, home = folder.resolve(), home.resolve()
    return as_text(there.relative_to(home).as_posix() if there.is_relative_to(home) else str(there))


def keep_root(writer: Writer, kept: str) -> None:
    """Write the root of a project.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    kept : str
        As of :func:`root_from`.
    """
    writer.run("REPLACE INTO setting (name, value) VALUES ('root', ?)", (kept,))


def _resolved_folder(file: Path) -> Path:
    # Links are followed in the folder alone: a photo that is a link keeps its own name.
    try:
        return file.parent.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise AnnotationError(f"there is no folder {file.parent}: check the name") from error
