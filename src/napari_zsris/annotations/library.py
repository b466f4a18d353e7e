"""The photos and phrases of a project, and the folder that the photos lie in."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path

from napari_zsris.annotations.batch import Batch, clean_text
from napari_zsris.annotations.paths import inside, plain_path
from napari_zsris.annotations.photo_file import measure
from napari_zsris.annotations.placing import PhotoFolder
from napari_zsris.annotations.plane_picture import PlanePicture, spoken_plane
from napari_zsris.errors import AnnotationError

__all__ = ["Library"]


class Library(PhotoFolder):
    """A project's photos and phrases.

    Parameters
    ----------
    database : Database
        The project's file.
    """

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

    def add_picture(self, picture: PlanePicture) -> int:
        """Add a plane by its picture beside the project; one that is known keeps its number.

        Parameters
        ----------
        picture : PlanePicture
            The plane; the file need not be there yet.

        Returns
        -------
        int
            Its number in the project.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        known = self.find_photo(picture.path)
        if known:
            return known[0]
        with self.batch() as batch:
            return batch.picture(picture)

    def photos(self) -> list[tuple[int, str, int]]:
        """List all photos.

        Returns
        -------
        list of tuple
            Number, path, and how many phrases each has, in the order of import.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        rows = self._database.rows(
            """
            SELECT ph.id, coalesce(ph.source, ph.path), ph.plane, count(p.id) FROM photo ph
            LEFT JOIN phrase p ON p.photo_id = ph.id AND p.text <> ''
            GROUP BY ph.id ORDER BY ph.id
            """
        )
        return [
            (number, spoken_plane(name, plane) if plane else name, phrases)
            for number, name, plane, phrases in rows
        ]

    def spoken_name(self, photo_id: int) -> str:
        """Name a photo as people know it.

        Parameters
        ----------
        photo_id : int
            The photo's number.

        Returns
        -------
        str
            The file's name; of a plane, what it was taken from and its place.

        Raises
        ------
        AnnotationError
            There is no such photo.
        """
        row = self._database.row("SELECT path, source, plane FROM photo WHERE id = ?", (photo_id,))
        if row is None:
            raise AnnotationError(f"there is no photo {photo_id} in this project: add it first")
        path, source, plane = row
        return spoken_plane(source, plane) if source else path.rsplit("/", 1)[-1]

    def photo_file(self, photo_id: int) -> Path:
        """Find a photo's file.

        Parameters
        ----------
        photo_id : int
            The photo's number.

        Returns
        -------
        Path
            The file, whether or not it exists.

        Raises
        ------
        AnnotationError
            There is no such photo, or its path leads out of its folder.
        """
        row = self._database.row("SELECT path, beside FROM photo WHERE id = ?", (photo_id,))
        if row is None:
            raise AnnotationError(f"there is no photo {photo_id} in this project: add it first")
        return inside(self.folder if row[1] else self.root, row[0])

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

    def find_phrase(self, photo_id: int, text: str) -> int | None:
        """Look up a phrase.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        text : str
            The referring expression.

        Returns
        -------
        int or None
            The item's id, the first where several have these words; None where there is none.
        """
        row = self._database.row(
            "SELECT id FROM phrase WHERE photo_id = ? AND text = ? AND NOT added ORDER BY id",
            (photo_id, clean_text(text)),
        )
        return row[0] if row else None

    def photo_of(self, item_id: int) -> int:
        """Tell which photo an item belongs to.

        Parameters
        ----------
        item_id : int
            The item.

        Returns
        -------
        int
            The photo's number.

        Raises
        ------
        AnnotationError
            There is no such item.
        """
        row = self._database.row("SELECT photo_id FROM phrase WHERE id = ?", (item_id,))
        if row is None:
            raise AnnotationError(f"there is no item {item_id} in this project: use an item's id")
        return int(row[0])

    def size_of(self, photo_id: int) -> tuple[int, int]:
        """Tell the size that a photo had when it was added.

        Parameters
        ----------
        photo_id : int
            The photo's number.

        Returns
        -------
        tuple of int
            (height, width) in pixels.

        Raises
        ------
        AnnotationError
            There is no such photo.
        """
        row = self._database.row("SELECT height, width FROM photo WHERE id = ?", (photo_id,))
        if row is None:
            raise AnnotationError(f"there is no photo {photo_id} in this project: add it first")
        return int(row[0]), int(row[1])
