"""Brush work that nobody has decided on yet, kept with its phrase."""

from __future__ import annotations

from napari_zsris.annotations.database import Database
from napari_zsris.rle import Rle

__all__ = ["BrushWork"]


class BrushWork:
    """Masks that a person painted on and left, to be found again with their phrase.

    Parameters
    ----------
    database : Database
        The project's file.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, item_id: int, base: str, mask: Rle) -> None:
        """Keep a mask, in place of what was kept of the same candidate.

        Parameters
        ----------
        item_id : int
            The phrase's item.
        base : str
            The `counts` of the candidate it began with; empty for a mask drawn from scratch.
        mask : Rle
            The mask.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        with self._database.writing() as writer:
            writer.run(
                "REPLACE INTO brush_work (phrase_id, base, counts) VALUES (?, ?, ?)",
                (item_id, base, mask["counts"]),
            )

    def drop(self, item_id: int, base: str) -> None:
        """Forget what was kept of a candidate, as when it is decided on.

        Parameters
        ----------
        item_id : int
            The phrase's item.
        base : str
            As for :meth:`keep`.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        known = self._database.row(
            "SELECT 1 FROM brush_work WHERE phrase_id = ? AND base = ?", (item_id, base)
        )
        if known:
            with self._database.writing() as writer:
                writer.run(
                    "DELETE FROM brush_work WHERE phrase_id = ? AND base = ?", (item_id, base)
                )

    def of(self, item_id: int) -> dict[str, Rle]:
        """Give what was kept for a phrase.

        Parameters
        ----------
        item_id : int
            The phrase's item.

        Returns
        -------
        dict of str to Rle
            Masks by the candidate they began with.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        rows = self._database.rows(
            """
            SELECT b.base, b.counts, photo.height, photo.width FROM brush_work b
            JOIN phrase ON phrase.id = b.phrase_id JOIN photo ON photo.id = phrase.photo_id
            WHERE b.phrase_id = ? ORDER BY b.rowid
            """,
            (item_id,),
        )
        return {
            base: Rle(size=[height, width], counts=counts) for base, counts, height, width in rows
        }
