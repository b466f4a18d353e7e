"""A project's items as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt

from napari_zsris.annotations import Item, QueueEntry

__all__ = ["QueueModel"]

COLUMNS = ("Phrase", "Status", "Score")


class QueueModel(QAbstractTableModel):
    """One row an item: its phrase, what was decided, its best candidate's score."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[QueueEntry] = []
        self._rows: dict[int, int] = {}

    def show(self, entries: Sequence[QueueEntry]) -> None:
        """Show other items.

        Parameters
        ----------
        entries : sequence of QueueEntry
            The items, in their order.
        """
        self.beginResetModel()
        self._entries = list(entries)
        self._rows = {entry.id: row for row, entry in enumerate(self._entries)}
        self.endResetModel()

    def update(self, item: Item) -> None:
        """Show an item as it is now; it keeps its place.

        Parameters
        ----------
        item : Item
            The item; one that is not shown is passed over.
        """
        row = self.row(item.id)
        if row >= 0:
            best = item.candidates[0].score if item.candidates else -math.inf
            entry = self._entries[row]
            self._entries[row] = replace(entry, status=item.status, top_score=best)
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def row(self, item_id: int) -> int:
        """Find the row of an item.

        Parameters
        ----------
        item_id : int
            The item.

        Returns
        -------
        int
            The row, -1 when it is not shown.
        """
        return self._rows.get(item_id, -1)

    def item_id(self, row: int) -> int:
        """Give the item of a row.

        Parameters
        ----------
        row : int
            The row.

        Returns
        -------
        int
            The item's id.
        """
        return self._entries[row].id

    def after(self, item_id: int, count: int) -> list[int]:
        """Give the items to do that come after one, round and round.

        Parameters
        ----------
        item_id : int
            The item.
        count : int
            How many at most.

        Returns
        -------
        list of int
            Their ids, the next first; without the item itself.
        """
        row = self.row(item_id)
        found: list[int] = []
        for place in range(1, len(self._entries)):
            entry = self._entries[(row + place) % len(self._entries)]
            if entry.status == "todo" and entry.id != item_id:
                found.append(entry.id)
                if len(found) == count:
                    break
        return found

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Count the items.

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
            return f"{entry.phrase}\n{entry.photo}"
        return None


def _cells(entry: QueueEntry) -> tuple[str, str, str]:
    score = f"{entry.top_score:.2f}" if math.isfinite(entry.top_score) else "none"
    status = "to do" if entry.status == "todo" else entry.status.replace("-", " ")
    return entry.phrase, status, score
