"""The candidates as Qt's views read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, Qt

from napari_zsris._qt.widgets.mask_menu import pixmap_of
from napari_zsris.review.question import Entry, Question

if TYPE_CHECKING:
    from qtpy.QtCore import QObject
    from qtpy.QtGui import QPixmap

__all__ = ["CandidateModel"]


class CandidateModel(QAbstractListModel):
    """A question's candidates, one a row: text, thumbnail and, as user data, the entry itself.

    Parameters
    ----------
    parent : QObject, optional
        What it belongs to.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Entry] = []
        self._pixmaps: dict[int, QPixmap] = {}
        self._source = ""

    def show(self, question: Question | None) -> None:
        """Show a question as it is now.

        Parameters
        ----------
        question : Question or None
            The question; None for an empty list.
        """
        entries = [] if question is None else list(question)
        self._source = "" if question is None else question.source
        if [entry.card for entry in entries] == [entry.card for entry in self._entries]:
            self._entries = entries
            if entries:
                self.dataChanged.emit(self.index(0), self.index(len(entries) - 1))
            return
        self.beginResetModel()
        self._entries = entries
        self._pixmaps = {}
        self.endResetModel()

    def entry(self, row: int) -> Entry | None:
        """Give the candidate of a row.

        Parameters
        ----------
        row : int
            The row.

        Returns
        -------
        Entry or None
            The candidate, None outside the list.
        """
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def row(self, key: int) -> int:
        """Find the row of a candidate.

        Parameters
        ----------
        key : int
            The candidate's key.

        Returns
        -------
        int
            The row, -1 when there is no such candidate.
        """
        keys = [entry.key for entry in self._entries]
        return keys.index(key) if key in keys else -1

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Count the candidates.

        Parameters
        ----------
        parent : QModelIndex, optional
            Of no meaning in a list.

        Returns
        -------
        int
            Rows.
        """
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give what a view asks for.

        Parameters
        ----------
        index : QModelIndex
            The row.
        role : int
            What is asked for.

        Returns
        -------
        object
            Text, thumbnail, tooltip or entry; None for other roles.
        """
        entry = self.entry(index.row())
        if entry is None:
            return None
        if role == Qt.ItemDataRole.UserRole:
            return entry
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pixmap(entry)
        if role == Qt.ItemDataRole.StatusTipRole:
            return self._source
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(entry, self._source)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return _line(entry)
        return None

    def _pixmap(self, entry: Entry) -> QPixmap | None:
        if entry.card is None:
            return None
        if entry.key not in self._pixmaps:
            self._pixmaps[entry.key] = pixmap_of(entry.card.thumbnail)
        return self._pixmaps[entry.key]


def _line(entry: Entry) -> str:
    if entry.card is None:
        return f"drawn by hand, {entry.status}"
    return f"candidate {entry.card.rank + 1}, score {entry.card.score:.3f}, {entry.status}"


def _tooltip(entry: Entry, source: str) -> str:
    if entry.card is None:
        return "A mask you draw from scratch."
    return (
        f"Candidate {entry.card.rank + 1}, a proposal of {source}.\n"
        f"Score {entry.card.score:.4f}: how well it fits the phrase, compared with the other\n"
        "proposals of this picture. The bar is empty for an average one, full for the best."
    )
