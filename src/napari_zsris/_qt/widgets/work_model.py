"""The work list as a table: phrases, and photos that have none yet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt

from napari_zsris.annotations import QueueEntry
from napari_zsris.wording import spoken_status

__all__ = ["WorkModel"]

COLUMNS = ("Phrase", "Status", "Score")


class WorkModel(QAbstractTableModel):
    """One row an item, or a photo without phrases, whose id is its number below zero."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[QueueEntry] = []
        self._rows: dict[int, int] = {}

    def show(self, entries: Sequence[QueueEntry]) -> None:
        """Show other rows.

        Parameters
        ----------
        entries : sequence of QueueEntry
            The rows, in their order.
        """
        self.beginResetModel()
        self._entries = list(entries)
        self._rows = {entry.id: row for row, entry in enumerate(self._entries)}
        self.endResetModel()

    def update(self, entry: QueueEntry) -> None:
        """Show an item as it is now; it keeps its place, and a new one comes last.

        Parameters
        ----------
        entry : QueueEntry
            The item.
        """
        row = self.row(entry.id)
        # Its photo had no phrase until now.
        if row < 0:
            row = self.row(-entry.photo_id)
        if row < 0:
            self.beginInsertRows(QModelIndex(), len(self._entries), len(self._entries))
            self._rows[entry.id] = len(self._entries)
            self._entries.append(entry)
            self.endInsertRows()
            return
        self._rows.pop(self._entries[row].id)
        self._rows[entry.id], self._entries[row] = row, entry
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def row(self, row_id: int) -> int:
        """Find the row of an item or a photo.

        Parameters
        ----------
        row_id : int
            Its id.

        Returns
        -------
        int
            The row, -1 when it is not shown.
        """
        return self._rows.get(row_id, -1)

    def id_of(self, row: int) -> int:
        """Give the item or photo of a row.

        Parameters
        ----------
        row : int
            The row.

        Returns
        -------
        int
            Its id.
        """
        return self._entries[row].id

    def after(self, row_id: int | None, most: int, *, skipped: bool = False) -> list[int]:
        """Give what there is to do after a row, round and round.

        Parameters
        ----------
        row_id : int or None
            The row's id; what is not listed, or None, counts as before the first.
        most : int
            How many at most.
        skipped : bool
            Whether skipped phrases are meant instead of those to do.

        Returns
        -------
        list of int
            Ids, the next first; without the row itself.
        """
        row = -1 if row_id is None else self.row(row_id)
        wanted, total = "skipped" if skipped else "todo", len(self._entries)
        found: list[int] = []
        for place in range(1, total + 1):
            entry = self._entries[(row + place) % total]
            if entry.status == wanted and entry.id != row_id:
                found.append(entry.id)
                if len(found) == most:
                    break
        return found

    def before(self, row_id: int | None) -> int | None:
        """Give the phrase before a row, whatever was decided on it.

        Parameters
        ----------
        row_id : int or None
            The row's id; what is not listed, or None, counts as after the last.

        Returns
        -------
        int or None
            The phrase's id; None before the first.
        """
        row = -1 if row_id is None else self.row(row_id)
        end = len(self._entries) if row < 0 else row
        return next((entry.id for entry in self._entries[:end][::-1] if entry.id > 0), None)

    def neighbour_photo(self, row_id: int | None, by: int) -> int | None:
        """Find the next or previous photo, round and round.

        Parameters
        ----------
        row_id : int or None
            The row to go on from.
        by : int
            1 for the next photo, -1 for the previous one.

        Returns
        -------
        int or None
            The first row of that photo that is to do, or its first row; None where there is no
            other photo.
        """
        # By first rows, since a phrase that was typed stands at the end of the list.
        photos = list(dict.fromkeys(entry.photo_id for entry in self._entries))
        row = -1 if row_id is None else self.row(row_id)
        if not photos or (row >= 0 and len(photos) == 1):
            return None
        if row < 0:
            return self._first_of(photos[0 if by > 0 else -1])
        here = photos.index(self._entries[row].photo_id)
        return self._first_of(photos[(here + by) % len(photos)])

    def _first_of(self, photo_id: int) -> int | None:
        rows = [entry for entry in self._entries if entry.photo_id == photo_id]
        return next((entry.id for entry in rows if entry.status == "todo"), rows[0].id)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Count the rows.

        Parameters
        ----------
        parent : QModelIndex, optional
            Of no meaning in a table.

        Returns
        -------
        int
            Rows.
        """
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Count the columns.

        Parameters
        ----------
        parent : QModelIndex, optional
            Of no meaning in a table.

        Returns
        -------
        int
            Columns.
        """
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Name a column.

        Parameters
        ----------
        section : int
            The column.
        orientation : Qt.Orientation
            Only columns have names.
        role : int
            What is asked for.

        Returns
        -------
        str or None
            The name.
        """
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give what a view asks for.

        Parameters
        ----------
        index : QModelIndex
            The cell.
        role : int
            What is asked for.

        Returns
        -------
        object
            Text or tooltip; None for other roles.
        """
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _cells(entry)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{entry.phrase or 'no phrase yet'}\n{entry.photo}"
        return None


def _cells(entry: QueueEntry) -> tuple[str, str, str]:
    score = f"{entry.top_score:.2f}" if math.isfinite(entry.top_score) else ""
    if not entry.phrase:
        words = entry.photo.rsplit("/", 1)[-1]
        return (words, "no phrase" if entry.id < 0 else f"painted, {entry.status}", score)
    return entry.phrase, spoken_status(entry.status), score
