"""The log of decisions, which only ever grows, and what of it is in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from napari_zsris.annotations.database import Row, Writer
from napari_zsris.annotations.records import Status
from napari_zsris.rle import Rle

__all__ = ["copy_decisions", "insert_imported", "now", "put_in_force"]


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
        (item_id, status, rle and rle["counts"], who, now()),
    )
    put_in_force(writer, item_id, status, decision_id)
    return True


def copy_decisions(writer: Writer, item_id: int, log: Sequence[Row]) -> bool:
    """Take over another project's decisions on an item, unless it was ever decided on.

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
    bool
        Whether they were taken.
    """
    if writer.row("SELECT 1 FROM decision WHERE phrase_id = ?", (item_id,)):
        return False
    numbers: dict[int, int] = {}
    for number, status, undoes, *rest in log:
        numbers[number] = writer.insert(
            """
            INSERT INTO decision (phrase_id, status, undoes,
                counts, rank, score, iou, who, at, seconds, imported)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (item_id, status, numbers.get(undoes), *rest),
        )
    undone = {undoes for _, _, undoes, *_ in log}
    standing = [row for row in log if row[2] is None and row[0] not in undone]
    status, number = (standing[-1][1], numbers[standing[-1][0]]) if standing else ("todo", None)
    put_in_force(writer, item_id, status, number)
    return True


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


def now() -> str:
    """Tell the time as the log does.

    Returns
    -------
    str
        In UTC, as ISO 8601 with milliseconds.
    """
    return datetime.now(UTC).isoformat(timespec="milliseconds")
