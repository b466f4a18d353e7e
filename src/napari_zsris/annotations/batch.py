"""Many additions to a project in one transaction."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

from napari_zsris.annotations.category_table import declare_category
from napari_zsris.annotations.decision_log import insert_imported
from napari_zsris.annotations.photo_file import PhotoFile
from napari_zsris.annotations.placing import Place
from napari_zsris.annotations.plane_picture import PlanePicture
from napari_zsris.annotations.records import Status
from napari_zsris.annotations.statements import Writer
from napari_zsris.errors import AnnotationError
from napari_zsris.rle import Rle

__all__ = ["Batch", "Finished", "clean_text"]

# Halves of surrogate pairs stand for bytes that are no UTF-8.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")

# What was imported with its mask has the mask in its origin; what came without has not.
_SAME_ORIGIN = """
    SELECT id FROM phrase WHERE photo_id = ? AND text = ? AND (
        origin = ? OR (origin > ? || ', mask ' AND origin < ? || ', mask!')
    ) ORDER BY id LIMIT 1
"""

_SAME_WORK = """
    SELECT id FROM phrase WHERE photo_id = ? AND text = ? AND (
        origin = ? OR (
            origin = ? AND ? = coalesce((
                SELECT coalesce(counts, '') FROM decision
                WHERE phrase_id = phrase.id AND imported ORDER BY decision.id LIMIT 1
            ), ?)
        )
    ) ORDER BY id LIMIT 1
"""


@dataclass(frozen=True)
class Finished:
    """Finished work of a dataset.

    Parameters
    ----------
    rle : Rle or None
        The mask; None where nothing fits the phrase.
    """

    rle: Rle | None

    @property
    def counts(self) -> str:
        """The mask's runs; empty for none."""
        return self.rle["counts"] if self.rle else ""

    def origin(self, place: str) -> str:
        """Tell apart work of one place in datasets that number alike.

        Parameters
        ----------
        place : str
            Such as "annotation 12".

        Returns
        -------
        str
            The place, and what the mask is known by.
        """
        return f"{place}, mask {self._digest}"

    @cached_property
    def _digest(self) -> str:
        return hashlib.sha256(self.counts.encode()).hexdigest()[:12] if self.rle else "none"


class Batch:
    """Adds photos, phrases and masks; made by :meth:`Library.batch`.

    What the project has already is found again instead of added twice.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def settle(self, place: Place) -> None:
        """Keep where photos lie that are added now.

        Parameters
        ----------
        place : Place
            From :meth:`Library.place`.
        """
        place.settle(self._writer)

    def photo(self, file: PhotoFile) -> tuple[int, bool]:
        """Add a photo.

        Parameters
        ----------
        file : PhotoFile
            The photo, its path relative to the project's root.

        Returns
        -------
        tuple of int and bool
            The photo's number, and whether it is new.
        """
        known = self._writer.row("SELECT id FROM photo WHERE path = ?", (file.path,))
        if known:
            return int(known[0]), False
        photo_id = self._writer.insert(
            "INSERT INTO photo (path, height, width, bytes, sha256) VALUES (?, ?, ?, ?, ?)",
            (file.path, file.height, file.width, file.file_size, file.sha256),
        )
        return photo_id, True

    def picture(self, picture: PlanePicture) -> int:
        """Add a plane by its picture beside the project.

        Parameters
        ----------
        picture : PlanePicture
            The plane, which the project does not have yet.

        Returns
        -------
        int
            Its number.
        """
        height, width = picture.size
        return self._writer.insert(
            """
            INSERT INTO photo (path, height, width, bytes, sha256, beside, source, plane, channels)
            VALUES (?, ?, ?, 0, ?, 1, ?, nullif(?, ''), nullif(?, ''))
            """,
            (
                picture.path,
                height,
                width,
                picture.digest,
                picture.source,
                picture.plane,
                picture.channels,
            ),
        )

    def phrase(
        self,
        photo_id: int,
        text: str,
        *,
        category: str | None = None,
        split: str | None = None,
        origin: str = "",
        finished: Finished | None = None,
        added: bool = False,
    ) -> tuple[int, bool]:
        """Add a phrase to a photo.

        A phrase is known when the same words of the same origin are there, unless both are finished
        work and differ: datasets number from 1, so the same number may be another object.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        text : str
            The referring expression.
        category, split : str, optional
            Kept for exports.
        origin : str
            Tells apart phrases of the same words.
        finished : Finished, optional
            The finished work that it comes with.
        added : bool
            Whether it is a further object, which needs no words.

        Returns
        -------
        tuple of int and bool
            The item's id, and whether it is new.

        Raises
        ------
        AnnotationError
            The phrase has no words, or is no text.
        """
        words = clean_text(text) if text or not added else ""
        known = self._known(photo_id, words, origin, finished)
        if known is not None:
            return known, False
        item_id = self._writer.insert(
            """
            INSERT INTO phrase (photo_id, text, category, split, origin, added)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            (
                photo_id,
                words,
                category,
                split,
                finished.origin(origin) if finished else origin,
                added,
            ),
        )
        return item_id, True

    def _known(
        self, photo_id: int, words: str, origin: str, finished: Finished | None
    ) -> int | None:
        if finished is None:
            row = self._writer.row(_SAME_ORIGIN, (photo_id, words, origin, origin, origin))
            return int(row[0]) if row else None
        row = self._writer.row(
            _SAME_WORK,
            (photo_id, words, finished.origin(origin), origin, finished.counts, finished.counts),
        )
        return int(row[0]) if row else None

    def category(
        self, name: str, number: int | None = None, supercategory: str | None = None
    ) -> str | None:
        """Declare a dataset's category, before the phrases that have it.

        Parameters
        ----------
        name : str
            The category's name.
        number : int, optional
            Its number in the dataset, taken where no other category has it.
        supercategory : str, optional
            What it belongs to, where the dataset says so.

        Returns
        -------
        str or None
            What could not be kept since the project says otherwise, on one line.
        """
        return declare_category(self._writer, name, number, supercategory or "")

    def proposal(self, photo_id: int, origin: str, rle: Rle) -> bool:
        """Add a mask to choose from.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        origin : str
            Where the mask comes from; the mask itself is what it is known by in its photo.
        rle : Rle
            The mask, of the photo's size.

        Returns
        -------
        bool
            Whether it is new.
        """
        counts = rle["counts"]
        if self._writer.row(
            "SELECT 1 FROM proposal WHERE photo_id = ? AND counts = ?", (photo_id, counts)
        ):
            return False
        insert = "INSERT OR IGNORE INTO proposal (photo_id, origin, counts) VALUES (?, ?, ?)"
        if not self._writer.run(insert, (photo_id, origin, counts)):
            self._writer.run(insert, (photo_id, Finished(rle).origin(origin), counts))
        return True

    def finish(self, item_id: int, status: Status, rle: Rle | None, who: str) -> bool:
        """Take over finished work of a dataset, unless the item was ever decided on.

        Parameters
        ----------
        item_id : int
            The item.
        status : Status
            What the dataset says.
        rle : Rle or None
            The dataset's mask, of the photo's size.
        who : str
            The dataset's name.

        Returns
        -------
        bool
            Whether it was taken.
        """
        return insert_imported(self._writer, item_id, status, rle, who)


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
    if _NO_TEXT.search(clean):
        raise AnnotationError(
            f"{clean[:80]!a} is not text in UTF-8: save the file in that encoding"
        )
    return clean
