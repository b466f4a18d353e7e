"""The photos and phrases of a project, and the folder that the photos lie in."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from napari_zsris.annotations.database import Database, Writer
from napari_zsris.annotations.paths import inside, plain_path
from napari_zsris.errors import AnnotationError
from napari_zsris.images import read_size

__all__ = ["Library", "PhotoFile", "clean_text", "insert_photo", "insert_phrase", "measure"]


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
    """

    path: str
    height: int
    width: int
    file_size: int
    sha256: bytes


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
        known = self._database.row("SELECT id FROM photo WHERE path = ?", (path,))
        if known:
            return int(known[0])
        photo = measure(self.root, path)
        with self._database.writing() as writer:
            return insert_photo(writer, photo)

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
        words = clean_text(text)
        if not self._database.row("SELECT 1 FROM photo WHERE id = ?", (photo_id,)):
            raise AnnotationError(f"there is no photo {photo_id} in this project: add it first")
        with self._database.writing() as writer:
            item_id, _ = insert_phrase(writer, photo_id, words, category, split, origin)
            return item_id


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
    height, width = read_size(path)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.file_digest(file, "sha256").digest()
    return PhotoFile(plain_path(name), height, width, size, digest)


def insert_photo(writer: Writer, photo: PhotoFile) -> int:
    """Add a photo that the project does not have.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    photo : PhotoFile
        The photo.

    Returns
    -------
    int
        Its number in the project.
    """
    return writer.insert(
        "INSERT INTO photo (path, height, width, bytes, sha256) VALUES (?, ?, ?, ?, ?)",
        (photo.path, photo.height, photo.width, photo.file_size, photo.sha256),
    )


def insert_phrase(
    writer: Writer,
    photo_id: int,
    text: str,
    category: str | None,
    split: str | None,
    origin: str,
) -> tuple[int, bool]:
    """Add a phrase unless the photo has it from the same origin.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    photo_id : int
        The photo's number.
    text : str
        The referring expression, clean.
    category, split : str or None
        Kept for exports.
    origin : str
        Tells apart phrases of the same words.

    Returns
    -------
    tuple of int and bool
        The item's id, and whether it is new.
    """
    known = writer.row(
        "SELECT id FROM phrase WHERE photo_id = ? AND text = ? AND origin = ?",
        (photo_id, text, origin),
    )
    if known:
        return int(known[0]), False
    item_id = writer.insert(
        "INSERT INTO phrase (photo_id, text, category, split, origin) VALUES (?, ?, ?, ?, ?)",
        (photo_id, text, category, split, origin),
    )
    return item_id, True


def clean_text(text: str) -> str:
    """Give a phrase, category or split on one line, or refuse it.

    Parameters
    ----------
    text : str
        Text out of a data file.

    Returns
    -------
    str
        The text with single blanks.

    Raises
    ------
    AnnotationError
        There is nothing in it, or characters that no text has.
    """
    clean = " ".join(text.split())
    if not clean:
        raise AnnotationError("a phrase has no words: write what it refers to")
    if "\0" in clean or any("\ud800" <= character <= "\udfff" for character in clean):
        raise AnnotationError(
            f"{clean[:80]!a} is not text in UTF-8: save the file in that encoding"
        )
    return clean
