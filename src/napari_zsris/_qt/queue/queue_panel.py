"""All controls of the review queue in their places."""

from __future__ import annotations

from dataclasses import replace

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_zsris._qt.core.actions import action
from napari_zsris._qt.queue.queue_model import QueueModel
from napari_zsris._qt.widgets.candidate_list import CandidateList
from napari_zsris._qt.widgets.colours import Colours
from napari_zsris._qt.widgets.naming import named
from napari_zsris._qt.widgets.review_bar import ReviewBar
from napari_zsris._qt.widgets.status_line import StatusLine
from napari_zsris.annotations import STATUSES, Order, Selection, Status

__all__ = ["QUEUE_ROWS", "QueuePanel"]

ORDERS: dict[str, Order] = {
    "photo by photo": "photo",
    "most doubtful first": "margin",
    "highest score first": "score",
}
EVERYTHING = "everything"
HELP_WIDTH = 28
QUEUE_ROWS = (
    (
        action("accept"),
        action("skip"),
        replace(action("reject_phrase"), name="reject", label="Reject", key="R"),
    ),
    (action("edit"), action("draw"), action("none")),
    (action("previous"), action("next")),
    (action("undo"), action("todo")),
)
TABLE_HEIGHT = 150


class QueuePanel(QWidget):
    """The controls, from the project at the top to the decisions at the bottom.

    Parameters
    ----------
    colours : Colours
        The theme's colours.

    Attributes
    ----------
    picked : Signal(int)
        The person chose the item with this id in the list.
    rearranged : Signal()
        Another order or status was chosen.
    """

    picked = Signal(int)
    rearranged = Signal()

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self.open = named(
            QPushButton("Open project…"), "open_project", "open project", "Choose a *.zsris file."
        )
        self.name = named(QLabel(), "project", "project", "The project that is open.")
        self._status = named(QComboBox(), "filter", "filter", "Which phrases to list.")
        self._status.addItems([EVERYTHING, *(_spoken(status) for status in STATUSES)])
        self._order = named(QComboBox(), "order", "order", "In which order to list and review.")
        self._order.addItems(list(ORDERS))
        self.items = QueueModel()
        self._table = named(
            QTableView(), "items", "phrases", "The project's phrases; click one to see it."
        )
        self._progress = named(QProgressBar(), "done", "decided", "How many are decided.")
        self.phrase = named(QLabel(), "current_phrase", "current phrase", "What to look for.")
        self.status = StatusLine()
        self.candidates = named(
            CandidateList(colours),
            "candidates",
            "candidates",
            "The regions that fit the phrase best; click one to see it on the photo.",
        )
        self.review = ReviewBar(QUEUE_ROWS)
        self.help = named(QPushButton("?"), "help", "help", "Show the keys.\nKey: H")
        self.help.setFixedWidth(HELP_WIDTH)
        self._style()
        self._lay_out()
        self._table.clicked.connect(lambda index: self.picked.emit(self.items.item_id(index.row())))
        self._status.currentIndexChanged.connect(lambda _: self.rearranged.emit())
        self._order.currentIndexChanged.connect(lambda _: self.rearranged.emit())

    @property
    def selection(self) -> Selection:
        """The items to list."""
        place = self._status.currentIndex()
        return Selection() if place < 1 else Selection(status=STATUSES[place - 1])

    @property
    def order(self) -> Order:
        """The order to list them in."""
        return ORDERS[self._order.currentText()]

    def show_current(self, item_id: int, phrase: str) -> None:
        """Show which item is reviewed.

        Parameters
        ----------
        item_id : int
            The item.
        phrase : str
            Its phrase.
        """
        self.phrase.setText(f"<b>{_escaped(phrase)}</b>")
        row = self.items.row(item_id)
        if row < 0:
            self._table.clearSelection()
            return
        self._table.selectRow(row)
        self._table.scrollTo(self.items.index(row, 0))

    def show_counts(self, counts: dict[Status, int]) -> None:
        """Show how far the review is.

        Parameters
        ----------
        counts : dict of str to int
            Items by status.
        """
        total = sum(counts.values())
        self._progress.setRange(0, max(total, 1))
        self._progress.setValue(total - counts["todo"])
        self._progress.setFormat(f"{total - counts['todo']} of {total} decided")

    def _style(self) -> None:
        self._table.setModel(self.items)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        # The keys of the review are the viewer's, also after a click in the list.
        self._table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._table.setShowGrid(False)
        self._table.setWordWrap(False)
        self._table.verticalHeader().hide()
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setResizeContentsPrecision(0)
        self._table.setMinimumHeight(TABLE_HEIGHT)
        self.phrase.setWordWrap(True)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(6)
        column.addLayout(_row(self.open, self.name))
        column.addLayout(_row(self._status, self._order))
        column.addWidget(self._table, 1)
        column.addWidget(self._progress)
        column.addWidget(self.phrase)
        column.addWidget(self.status)
        column.addWidget(self.candidates, 1)
        column.addWidget(self.review)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.help)
        column.addLayout(foot)


def _row(first: QWidget, second: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    row.addWidget(first)
    row.addWidget(second, 1)
    return row


def _spoken(status: str) -> str:
    return "to do" if status == "todo" else status.replace("-", " ")


def _escaped(phrase: str) -> str:
    return phrase.replace("&", "&amp;").replace("<", "&lt;")
