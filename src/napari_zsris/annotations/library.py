"""The photos and phrases of a project, and the folder that the photos lie in."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path

from napari_zsris.annotations.batch import Batch
from napari_zsris.annotations.database import Database
from napari_zsris.annotations.paths import plain_path
from napari_zsris.annotations.photo_file import measure
from napari_zsris.errors import AnnotationError

__all__ = ["Library"]


class Library:
    """A project's photos and phrases.

    Parameters
    ----------
    database : Database
        The project's file.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def root(self) -> Path:
        """The folder that photo paths are relative to; at first the project file's own.

        A folder at or below the project file's is kept relative to it, so that both can be moved
        together; any other is kept as an absolute path.
        """
        row = self._database.row("SELECT value FROM setting WHERE name = 'root'")
        return self._database.path.absolute().parent / (row[0] if row else ".")

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
        if not folder.is_dir():
            raise AnnotationError(f"there is no folder {folder}: check the name")
        home = self._database.path.absolute().parent.resolve()
        there = folder.resolve()
        kept = there.relative_to(home).as_posix() if there.is_relative_to(home) else str(there)
        with self._database.writing() as writer:
            writer.run("REPLACE INTO setting (name, value) VALUES ('root', ?)", (kept,))

    def settle(self, folder: Path) -> str:
        """Find a folder below the root; a project without photos takes it as its root.

        Parameters
        ----------
        folder : Path
            The folder that an imported file's paths are relative to.

        Returns
        -------
        str
            What to put before such paths: empty, or a path that ends with a slash.

        Raises
        ------
        AnnotationError
            There is no such folder, or it lies outside the root of a project that has photos.
        """
        if not self._database.row("SELECT 1 FROM photo LIMIT 1"):
            self.move_root(folder)
            return ""
        there, root = folder.resolve(), self.root.resolve()
        if not there.is_relative_to(root):
            raise AnnotationError(
                f"{folder} lies outside {root}, where this project's photos are: make another "
                "project for it, or first choose a root that holds both folders"
            )
        below = there.relative_to(root).as_posix()
        return "" if below == "." else f"{below}/"

    def add_photo(self, name: str) -> int:
        """Add a photo; one that is known keeps its number.

        Parameters
        ----------
        name : str
            Its path relative to the root.

        Returns
        -------
        int
            Its number in the project.

        Raises
        ------
        AnnotationError
            The path leads out of the root, or the project cannot be written.
        ImageError
            The file is missing or no photo.
        """
        path = plain_path(name)
        known = self.find_photo(path)
        if known:
            return known[0]
        file = measure(self.root, path)
        with self.batch() as batch:
            return batch.photo(file)[0]

    def add_phrase(
        self,
        photo_id: int,
        text: str,
        *,
        category: str | None = None,
        split: str | None = None,
        origin: str = "",
    ) -> int:
        """Add a phrase to a photo; the same phrase of the same origin keeps its number.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        text : str
            The referring expression.
        category, split : str, optional
            The object's category and the dataset's split, kept for exports.
        origin : str
            Tells apart phrases of the same words, such as two objects both called "the man".

        Returns
        -------
        int
            The item's id.

        Raises
        ------
        AnnotationError
            The phrase has no words, there is no such photo, or the project cannot be written.
        """
        if not self._database.row("SELECT 1 FROM photo WHERE id = ?", (photo_id,)):
            raise AnnotationError(f"there is no photo {photo_id} in this project: add it first")
        with self.batch() as batch:
            return batch.phrase(photo_id, text, category=category, split=split, origin=origin)[0]

    @contextlib.contextmanager
    def batch(self) -> Generator[Batch]:
        """Add many photos and phrases in one transaction, which is much faster.

        Yields
        ------
        Batch
            Takes the additions; an error in the block undoes them all.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        with self._database.writing() as writer:
            yield Batch(writer)

    def find_photo(self, path: str) -> tuple[int, tuple[int, int]] | None:
        """Look up a photo.

        Parameters
        ----------
        path : str
            Its path below the root, with forward slashes.

        Returns
        -------
        tuple or None
            Its number and its (height, width) in pixels; None where the project does not have it.
        """
        row = self._database.row("SELECT id, height, width FROM photo WHERE path = ?", (path,))
        return (row[0], (row[1], row[2])) if row else None
