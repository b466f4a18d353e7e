"""The ranked candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractListModel, QItemSelectionModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QPainter, QPaintEvent
from qtpy.QtWidgets import QAbstractItemView, QListView, QSizePolicy, QWidget

from napari_zsris._qt.widgets.candidate_delegate import ROW_HEIGHT, CandidateDelegate
from napari_zsris._qt.widgets.popovers import pixmap_of
from napari_zsris.review.question import Entry, Question

if TYPE_CHECKING:
    from qtpy.QtCore import QModelIndex, QObject
    from qtpy.QtGui import QKeyEvent, QPixmap, QResizeEvent

    from napari_zsris._qt.widgets.colours import Colours
    from napari_zsris.review.question import Question

__all__ = ["CandidateList", "CandidateModel"]

# Also on a low window three candidates are seen.
FEWEST_ROWS = 3


class CandidateList(QListView):
    """A question's candidates; when there are none it says what to do.

    Parameters
    ----------
    colours : Colours
        The theme's colours.
    parent : QWidget, optional
        The parent.

    Attributes
    ----------
    chosen : Signal(int)
        The person chose the candidate with this key.
    """

    chosen = Signal(int)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.candidates = CandidateModel(self)
        self._delegate = CandidateDelegate(colours, self)
        self._hint = ""
        self.setModel(self.candidates)
        self.setItemDelegate(self._delegate)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(FEWEST_ROWS * ROW_HEIGHT + 2 * self.frameWidth())
        self.clicked.connect(self._choose)

    def recolour(self, colours: Colours) -> None:
        """Take the colours of another theme.

        Parameters
        ----------
        colours : Colours
            The colours.
        """
        self._delegate.colours = colours
        self.viewport().update()

    def show_question(self, question: Question | None, hint: str) -> None:
        """Show a question as it is now.

        Parameters
        ----------
        question : Question or None
            The question.
        hint : str
            What to say when it has no candidates.
        """
        self._hint = hint
        self.candidates.show(question)
        chosen = None if question is None else question.shown
        if chosen is None:
            self.clearSelection()
        else:
            index = self.candidates.index(self.candidates.row(chosen.key))
            self.selectionModel().setCurrentIndex(
                index, QItemSelectionModel.SelectionFlag.ClearAndSelect
            )
            self.scrollTo(index)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrow keys; leave letters, the review's keys, to the viewer.

        Parameters
        ----------
        event : QKeyEvent
            The key.
        """
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() not in steps:
            event.ignore()
            return
        entry = self.candidates.entry(self.currentIndex().row() + steps[Qt.Key(event.key())])
        if entry is not None:
            self.chosen.emit(entry.key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the chosen candidate in sight.

        Parameters
        ----------
        event : QResizeEvent
            The event.
        """
        super().resizeEvent(event)
        self.scrollTo(self.currentIndex())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or the hint.

        Parameters
        ----------
        event : QPaintEvent
            What to paint.
        """
        super().paintEvent(event)
        if self.candidates.rowCount():
            return
        painter = QPainter(self.viewport())
        painter.setPen(self._delegate.colours.faint)
        place = self.viewport().rect().adjusted(16, 12, -16, -12)
        wrapped = Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextWordWrap.value
        painter.drawText(place, wrapped, self._hint)
        painter.end()

    def _choose(self, index: QModelIndex) -> None:
        entry = self.candidates.entry(index.row())
        if entry is not None:
            self.chosen.emit(entry.key)


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
