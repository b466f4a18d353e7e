"""The ranked candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QItemSelectionModel, Qt, Signal
from qtpy.QtGui import QPainter, QPaintEvent
from qtpy.QtWidgets import QAbstractItemView, QListView, QSizePolicy, QWidget

from napari_zsris._qt.widgets.candidate_delegate import ROW_HEIGHT, CandidateDelegate
from napari_zsris._qt.widgets.candidate_model import CandidateModel

if TYPE_CHECKING:
    from qtpy.QtCore import QModelIndex
    from qtpy.QtGui import QKeyEvent, QResizeEvent

    from napari_zsris._qt.widgets.colours import Colours
    from napari_zsris.review.question import Question

__all__ = ["CandidateList"]

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
