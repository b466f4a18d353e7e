"""The log of decisions, which only ever grows, and what of it is in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from napari_zsris.annotations.records import Status
from napari_zsris.annotations.statements import Row, Writer
from napari_zsris.rle import Rle

__all__ = ["in_force", "insert_imported", "join_decisions", "moment", "put_in_force"]


def insert_imported(
    writer: Writer, item_id: int, status: Status, rle: Rle | None, who: str
) -> bool:
    """Take over finished work of a dataset, unless the item was ever decided on.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    item_id : int
        The item.
    status : Status
        What the dataset says.
    rle : Rle or None
        The dataset's mask.
    who : str
        The dataset's name.

    Returns
    -------
    bool
        Whether it was taken.
    """
    if writer.row("SELECT 1 FROM decision WHERE phrase_id = ?", (item_id,)):
        return False
    decision_id = writer.insert(
        """
        INSERT INTO decision (phrase_id, status, counts, who, at, imported)
        VALUES (?, ?, ?, ?, ?, 1)
        """,
        (item_id, status, rle and rle["counts"], who, _written(datetime.now(UTC))),
    )
    put_in_force(writer, item_id, status, decision_id)
    return True


def join_decisions(writer: Writer, item_id: int, log: Sequence[Row]) -> dict[int, int]:
    """Add another project's log of an item to this one's, and put in force what both say.

    Entries that are here already are found again, so that joining twice, or in another order,
    gives the same.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    item_id : int
        The item.
    log : sequence of tuple
        The other project's rows, oldest first: id, status, undoes, counts, rank, score, iou, who,
        at, seconds, imported.

    Returns
    -------
    dict of int to int
        This project's numbers of the other's decisions.
    """
    known: dict[Row, list[int]] = {}
    for number, *row in writer.rows(
        """
        SELECT id, status, counts, rank, score, iou, who, at, seconds, imported
        FROM decision WHERE phrase_id = ? AND undoes IS NULL ORDER BY id
        """,
        (item_id,),
    ):
        known.setdefault(tuple(row), []).append(number)
    numbers: dict[int, int] = {}
    for number, status, undoes, *rest in log:
        # Alike in all, such as two decisions within a millisecond, they are told apart by order.
        same = known.get((status, *rest)) if undoes is None else None
        if same:
            numbers[number] = same.pop(0)
        elif undoes is None or _stands(writer, numbers[undoes]):
            numbers[number] = writer.insert(
                """
                INSERT INTO decision (phrase_id, status, undoes,
                    counts, rank, score, iou, who, at, seconds, imported, merged)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
                """,
                (item_id, status, numbers.get(undoes), *rest),
            )
    decision_id, status = in_force(writer, item_id)
    put_in_force(writer, item_id, status, decision_id)
    return numbers


def in_force(writer: Writer, item_id: int, without: int = 0) -> tuple[int | None, str]:
    """Read an item's log for what is in force.

    That is the last decision made in this project that was not taken back; where there is none,
    the latest of those that were merged into it; where people decided nothing, what a dataset says.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    item_id : int
        The item.
    without : int
        A decision that does not count, since it is being taken back.

    Returns
    -------
    tuple
        The decision's number and status; None and "todo" where none is in force.
    """
    standing = writer.row(
        """
        SELECT d.id, d.status FROM decision d
        WHERE d.phrase_id = ? AND d.id != ? AND d.undoes IS NULL
            AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.undoes = d.id)
        ORDER BY d.imported, d.merged, d.at DESC, d.who DESC, d.id DESC LIMIT 1
        """,
        (item_id, without),
    )
    return (int(standing[0]), str(standing[1])) if standing else (None, "todo")


def _stands(writer: Writer, decision_id: int) -> bool:
    return not writer.row("SELECT 1 FROM decision WHERE undoes = ?", (decision_id,))


def put_in_force(writer: Writer, item_id: int, status: str, decision_id: int | None) -> None:
    """Have an item be as a decision says.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    item_id : int
        The item.
    status : str
        What was decided, or "todo".
    decision_id : int or None
        The decision; None where none is in force.
    """
    writer.run(
        "UPDATE phrase SET status = ?, decision_id = ? WHERE id = ?", (status, decision_id, item_id)
    )


def moment(writer: Writer, item_id: int) -> str:
    """Tell the time at which an item is decided on.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    item_id : int
        The item.

    Returns
    -------
    str
        In UTC, as ISO 8601 with milliseconds; later than all that was ever decided on the item,
        whatever the clocks of those who decided, so that time alone orders a log.
    """
    time = datetime.now(UTC)
    latest = writer.row("SELECT max(at) FROM decision WHERE phrase_id = ?", (item_id,))
    if latest and latest[0]:
        time = max(time, datetime.fromisoformat(latest[0]) + timedelta(milliseconds=1))
    return _written(time)


def _written(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds")
