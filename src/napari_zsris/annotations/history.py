"""What people decide: written at once, never lost, taken back one by one."""

from __future__ import annotations

import math

import numpy.typing as npt

from napari_zsris.annotations.database import Database
from napari_zsris.annotations.decision_log import in_force, moment, put_in_force
from napari_zsris.annotations.records import DECIDED, Decision, Status
from napari_zsris.annotations.statements import Row, Writer
from napari_zsris.errors import AnnotationError, shortened
from napari_zsris.rle import Rle, encode_rle, rle_area, rle_iou

__all__ = ["DECISION_COLUMNS", "Choice", "History", "decision_from"]

_WITH_CANDIDATE = ("accepted", "corrected")
_WITH_MASK = ("corrected", "none-fits")

DECISION_COLUMNS = (
    "d.id, d.status, d.counts, d.rank, d.score, d.iou, d.who, d.at, d.seconds, d.imported"
)
"""What :func:`decision_from` reads, of a table named ``d``."""


class Choice:
    """What a person decides on an item, checked before anything is written.

    Parameters
    ----------
    status : str
        One of `DECIDED`.
    candidate : int, optional
        The candidate accepted or corrected.
    mask : (H, W) array-like, optional
        The mask as a person left it.
    seconds : float, optional
        How long deciding took.

    Raises
    ------
    AnnotationError
        These do not go together.
    """

    def __init__(
        self,
        status: str,
        candidate: int | None = None,
        mask: npt.ArrayLike | None = None,
        seconds: float | None = None,
    ) -> None:
        self.status: Status = _check(status, candidate, mask, seconds)
        self.candidate = candidate
        self.drawn: Rle | None = None if mask is None else encode_rle(mask)
        self.seconds = seconds


class History:
    """The decisions of a project, in a log that only ever grows.

    The log holds every decision and every undo. An undo takes back the latest decision of the same
    person that has not been taken back yet, whichever session made it; undoing again walks further
    back, at last through that person's decisions that came by a merge. Decisions that came with an
    imported dataset are not part of the walk.

    Parameters
    ----------
    database : Database
        The project's file.
    who : str
        Who decides.
    """

    def __init__(self, database: Database, who: str) -> None:
        self._database = database
        self._who = who

    def decide(
        self,
        item_id: int,
        status: str,
        *,
        candidate: int | None = None,
        mask: npt.ArrayLike | None = None,
        seconds: float | None = None,
    ) -> None:
        """Decide on an item; on return the decision is on disk.

        Parameters
        ----------
        item_id : int
            The item.
        status : {"accepted", "corrected", "rejected", "skipped", "none-fits"}
            What is decided.
        candidate : int, optional
            The candidate accepted or corrected; the best one by default.
        mask : (H, W) array-like, optional
            The mask as a person left it, for "corrected" and "none-fits".
        seconds : float, optional
            How long deciding took.

        Raises
        ------
        AnnotationError
            The item, status, candidate or mask does not fit, or the project cannot be written.
        """
        choice = Choice(status, candidate, mask, seconds)
        with self._database.writing() as writer:
            self.write(writer, item_id, choice)

    def write(self, writer: Writer, item_id: int, choice: Choice) -> None:
        """Write a decision as a part of a transaction.

        Parameters
        ----------
        writer : Writer
            An open transaction.
        item_id : int
            The item.
        choice : Choice
            What is decided.

        Raises
        ------
        AnnotationError
            The item, candidate or mask does not fit.
        """
        size = _size_of(writer, item_id)
        if choice.drawn is not None:
            _check_drawn(choice.drawn, size)
        chosen = _candidate(writer, item_id, choice.status, choice.candidate)
        final = choice.drawn or _proposed(chosen, size, choice.status)
        self._insert(writer, item_id, choice.status, final, chosen, size, choice.seconds)

    def undo(self) -> int | None:
        """Take back this person's latest decision; on return this is on disk.

        Returns
        -------
        int or None
            The item that is now as it was before; None when there is nothing to take back.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        with self._database.writing() as writer:
            latest = writer.row(
                """
                SELECT d.id, d.phrase_id FROM decision d
                WHERE d.who = ? AND d.undoes IS NULL AND NOT d.imported
                    AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.undoes = d.id)
                ORDER BY d.merged, d.id DESC LIMIT 1
                """,
                (self._who,),
            )
            if latest is None:
                return None
            decision_id, item_id = latest
            restored, status = in_force(writer, item_id, without=decision_id)
            writer.run(
                "INSERT INTO decision (phrase_id, status, undoes, who, at) VALUES (?, ?, ?, ?, ?)",
                (item_id, status, decision_id, self._who, moment(writer, item_id)),
            )
            put_in_force(writer, item_id, status, restored)
            return int(item_id)

    def of(self, item_id: int) -> list[Decision]:
        """List what was ever decided on an item.

        Parameters
        ----------
        item_id : int
            The item.

        Returns
        -------
        list of Decision
            Oldest first, those taken back among them.

        Raises
        ------
        AnnotationError
            There is no such item.
        """
        size = self._database.row(_SIZE, (item_id,))
        if size is None:
            raise _unknown(item_id)
        rows = self._database.rows(
            f"""
            SELECT {DECISION_COLUMNS}, u.id IS NOT NULL FROM decision d
            LEFT JOIN decision u ON u.undoes = d.id
            WHERE d.phrase_id = ? AND d.undoes IS NULL ORDER BY d.id
            """,  # noqa: S608 - the columns are ours
            (item_id,),
        )
        return [decision_from(row[:-1], size, undone=bool(row[-1])) for row in rows]

    def _insert(
        self,
        writer: Writer,
        item_id: int,
        status: Status,
        final: Rle | None,
        chosen: Row | None,
        size: Row,
        seconds: float | None,
    ) -> None:
        rank, score, counts = chosen or (None, None, None)
        iou = None
        if final is not None and counts is not None:
            iou = rle_iou(final, Rle(size=list(size), counts=counts))
        decision_id = writer.insert(
            """
            INSERT INTO decision (phrase_id, status, counts, rank, score, iou, who, at, seconds)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                item_id,
                status,
                final and final["counts"],
                rank,
                score,
                iou,
                self._who,
                moment(writer, item_id),
                seconds,
            ),
        )
        put_in_force(writer, item_id, status, decision_id)


def decision_from(row: Row, size: Row, *, undone: bool = False) -> Decision:
    """Make a record of a row of the log.

    Parameters
    ----------
    row : tuple
        The columns of `DECISION_COLUMNS`.
    size : tuple
        The photo's (height, width).
    undone : bool
        Whether it was taken back.

    Returns
    -------
    Decision
        The record.
    """
    number, status, counts, rank, score, iou, who, at, seconds, imported = row
    rle = None if counts is None else Rle(size=list(size), counts=counts)
    return Decision(number, status, rle, rank, score, iou, who, at, seconds, bool(imported), undone)


_SIZE = """
    SELECT photo.height, photo.width FROM phrase JOIN photo ON photo.id = phrase.photo_id
    WHERE phrase.id = ?
"""


def _size_of(writer: Writer, item_id: int) -> Row:
    size = writer.row(_SIZE, (item_id,))
    if size is None:
        raise _unknown(item_id)
    return size


def _unknown(item_id: int) -> AnnotationError:
    return AnnotationError(f"there is no item {item_id} in this project: use an item's own id")


def _check(
    status: str, candidate: int | None, mask: npt.ArrayLike | None, seconds: float | None
) -> Status:
    decided = next((known for known in DECIDED if known == status), None)
    if decided is None:
        raise AnnotationError(
            f"{shortened(status)} is no decision: choose one of {', '.join(DECIDED)}"
        )
    if mask is None and decided == "corrected":
        raise AnnotationError('a "corrected" item needs its mask: pass mask=')
    if mask is not None and decided not in _WITH_MASK:
        raise AnnotationError(
            f'"{decided}" takes no mask: decide "corrected" to keep a mask that was changed'
        )
    if candidate is not None and decided not in _WITH_CANDIDATE:
        raise AnnotationError(f'"{decided}" takes no candidate: leave candidate= out')
    if seconds is not None and not (math.isfinite(seconds) and seconds >= 0):
        raise AnnotationError(f"a decision cannot take {seconds} seconds: pass a time from 0 on")
    return decided


def _check_drawn(drawn: Rle, size: Row) -> None:
    if tuple(drawn["size"]) != tuple(size):
        height, width = drawn["size"]
        raise AnnotationError(
            f"the mask is of {height} x {width} pixels, but the photo of {size[0]} x {size[1]}: "
            "pass a mask of the photo's size"
        )
    if not rle_area(drawn):
        raise AnnotationError('the mask is empty: draw one, or decide "none-fits" without a mask')


def _candidate(writer: Writer, item_id: int, status: Status, candidate: int | None) -> Row | None:
    """Give rank, score and counts of the candidate a decision starts from."""
    if status not in _WITH_CANDIDATE:
        return None
    row = writer.row(
        "SELECT rank, score, counts FROM candidate WHERE phrase_id = ? AND rank = ?",
        (item_id, int(candidate or 0)),
    )
    if row is None and (candidate is not None or status == "accepted"):
        raise AnnotationError(
            f"item {item_id} has no candidate {candidate or 0}: "
            'rank the photo first, or decide "corrected" with a mask of your own'
        )
    return row


def _proposed(chosen: Row | None, size: Row, status: Status) -> Rle | None:
    if chosen is None or status != "accepted":
        return None
    return Rle(size=list(size), counts=chosen[2])
