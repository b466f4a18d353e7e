"""Further objects: of a phrase that has one already, or painted without a phrase."""

from __future__ import annotations

from collections.abc import Sequence

from napari_zsris.annotations.candidates import check_candidates, rank_phrase
from napari_zsris.annotations.database import Database
from napari_zsris.annotations.history import Choice, History
from napari_zsris.annotations.records import ScoredMask
from napari_zsris.annotations.statements import Writer
from napari_zsris.errors import AnnotationError

__all__ = ["Objects"]


class Objects:
    """Adds objects that are items of their own, although no list asked for them.

    Parameters
    ----------
    database : Database
        The project's file.
    history : History
        Writes decisions.
    """

    def __init__(self, database: Database, history: History) -> None:
        self._database = database
        self._history = history

    def add(
        self,
        photo_id: int,
        choice: Choice,
        phrase_id: int | None = None,
        candidates: Sequence[ScoredMask] = (),
    ) -> int:
        """Add an object with the decision on it, in one transaction.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        choice : Choice
            What is decided.
        phrase_id : int, optional
            The item of the phrase that it is a further object of; none for one painted without.
        candidates : sequence of ScoredMask
            The candidates that the person chose from, best first.

        Returns
        -------
        int
            The object's item.

        Raises
        ------
        AnnotationError
            There is no such photo, candidates or decision do not fit it, or the project cannot be
            written.
        """
        with self._database.writing() as writer:
            size = writer.row("SELECT height, width FROM photo WHERE id = ?", (photo_id,))
            if size is None:
                raise AnnotationError(f"there is no photo {photo_id} in this project: add it first")
            phrase = writer.row(
                "SELECT text, origin, run_id, head, category, split FROM phrase WHERE id = ?",
                (phrase_id,),
            )
            text, origin, run_id, head, *kept = phrase or ("", "", None, None, None, None)
            item_id = _free_item(writer, photo_id, text, origin, kept)
            if run_id is not None:
                check_candidates(candidates, list(size))
                rank_phrase(writer, photo_id, item_id, candidates, run_id, head)
            self._history.write(writer, item_id, choice)
            return item_id

    def decide(self, item_id: int, choice: Choice) -> None:
        """Decide on an item; on return the decision is on disk.

        Parameters
        ----------
        item_id : int
            The item.
        choice : Choice
            What is decided.

        Raises
        ------
        AnnotationError
            The item, candidate or mask does not fit, or the project cannot be written.
        """
        with self._database.writing() as writer:
            self._history.write(writer, item_id, choice)

    def count(self) -> int:
        """Count the masks that are in force.

        Returns
        -------
        int
            How many there are in the whole project.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        row = self._database.row(
            """
            SELECT count(*) FROM phrase p JOIN decision d ON d.id = p.decision_id
            WHERE d.counts IS NOT NULL
            """
        )
        return int(row[0]) if row else 0

    def of_phrase(self, item_id: int) -> list[int]:
        """List the items of a phrase: its own, and those of further objects.

        Parameters
        ----------
        item_id : int
            The phrase's own item.

        Returns
        -------
        list of int
            Their ids, the phrase's own first.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        rows = self._database.rows(
            f"""
            SELECT o.id FROM phrase p JOIN phrase o ON o.photo_id = p.photo_id AND o.text = p.text
            WHERE p.id = ? AND (o.id = p.id OR o.added AND o.status <> 'todo' AND {_BELONGS})
            ORDER BY o.added, o.id
            """,  # noqa: S608 - the condition is ours
            (item_id,),
        )
        return [row[0] for row in rows]

    def phrase_of(self, item_id: int) -> int | None:
        """Find the phrase's own item that a further object belongs to.

        Parameters
        ----------
        item_id : int
            The object's item.

        Returns
        -------
        int or None
            The phrase's item, `item_id` itself where it is one; None for an object without.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        row = self._database.row(
            f"""
            SELECT p.id FROM phrase o JOIN phrase p ON o.photo_id = p.photo_id AND o.text = p.text
            WHERE o.id = ? AND NOT p.added AND (o.id = p.id OR {_BELONGS})
            """,  # noqa: S608 - the condition is ours
            (item_id,),
        )
        return row[0] if row else None


# The origin of a further object is that of its phrase, this, and a number.
_MARK = " object "
_BELONGS = f"substr(o.origin, 1, length(p.origin) + {len(_MARK)}) = p.origin || '{_MARK}'"


def _free_item(
    writer: Writer, photo_id: int, text: str, origin: str, kept: Sequence[str | None]
) -> int:
    """Take up an object of the phrase that was taken back, or make a new one."""
    known = writer.row(
        """
        SELECT id FROM phrase WHERE photo_id = ? AND text = ? AND added AND status = 'todo'
            AND substr(origin, 1, length(?)) = ? LIMIT 1
        """,
        (photo_id, text, origin + _MARK, origin + _MARK),
    )
    if known:
        return int(known[0])
    (count,) = writer.row("SELECT count(*) FROM phrase WHERE photo_id = ?", (photo_id,)) or (0,)
    return writer.insert(
        """
        INSERT INTO phrase (photo_id, text, origin, category, split, added)
        VALUES (?, ?, ?, ?, ?, 1)
        """,
        (photo_id, text, f"{origin}{_MARK}{count + 1}", *kept),
    )
