"""The list of work: the open project's photos and phrases, and where they come from."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_zsris._qt.widgets.controls import named
from napari_zsris._qt.widgets.work_model import WorkModel
from napari_zsris.annotations import STATUSES, Order, Selection, Status
from napari_zsris.wording import spoken_status

__all__ = ["WorkList"]

ORDERS: dict[str, Order] = {
    "photo by photo": "photo",
    "most doubtful first": "margin",
    "highest score first": "score",
}
EVERYTHING = "everything"
TABLE_HEIGHT = 150


class WorkList(QWidget):
    """Buttons to fill the list, filter, order and search, and the table itself.

    Parameters
    ----------
    model : WorkModel
        The rows.

    Attributes
    ----------
    picked : Signal(object)
        The person chose the row with this id.
    rearranged : Signal()
        Another order, status or search was chosen.
    """

    picked = Signal(object)
    rearranged = Signal()

    def __init__(self, model: WorkModel) -> None:
        super().__init__()
        self._model = model
        self.open_project = _button(
            "Project…", "open_project", "open project", "Open a project file (*.zsris)."
        )
        self.open_folder = _button(
            "Folder…", "open_folder", "open folder", "Put all photos of a folder into the list."
        )
        self.save_as = _button(
            "Save as…", "save_as", "save as", "Keep this work in a project file of your own."
        )
        self._status = named(QComboBox(), "filter", "filter", "Which phrases to list.")
        self._status.addItems([EVERYTHING, *(spoken_status(status) for status in STATUSES)])
        self._order = named(QComboBox(), "order", "order", "In which order to list and review.")
        self._order.addItems(list(ORDERS))
        field = QLineEdit()
        field.setPlaceholderText("search")
        field.setClearButtonEnabled(True)
        self._search = named(
            field, "search", "search", "List only phrases and photos with this text."
        )
        self._table = named(
            QTableView(), "work-list", "work list", "Photos and phrases; click one to see it."
        )
        self._progress = named(QProgressBar(), "done", "decided", "How many are decided.")
        for box in (self._status, self._order):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(6)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._style()
        self._lay_out()
        self._table.clicked.connect(lambda index: self.picked.emit(model.id_of(index.row())))
        self._status.currentIndexChanged.connect(lambda _: self.rearranged.emit())
        self._order.currentIndexChanged.connect(lambda _: self.rearranged.emit())
        self._search.textChanged.connect(lambda _: self.rearranged.emit())

    @property
    def selection(self) -> Selection:
        """The items to list."""
        place, text = self._status.currentIndex(), self._search.text().strip() or None
        return Selection(None if place < 1 else STATUSES[place - 1], text=text)

    @property
    def order(self) -> Order:
        """The order to list them in."""
        return ORDERS[self._order.currentText()]

    def show_current(self, row_id: int) -> None:
        """Show which row the person is at.

        Parameters
        ----------
        row_id : int
            The row's id.
        """
        row = self._model.row(row_id)
        if row < 0:
            self._table.clearSelection()
            return
        self._table.selectRow(row)
        self._table.scrollTo(self._model.index(row, 0))

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
        self._progress.setFormat(f"{total - counts['todo']:,} of {total:,} decided")

    def _style(self) -> None:
        self._table.setModel(self._model)
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
        self._table.setFixedHeight(TABLE_HEIGHT)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(_row(self.open_folder, self.open_project, self.save_as))
        column.addLayout(_row(self._status, self._order))
        column.addWidget(self._search)
        column.addWidget(self._table)
        column.addWidget(self._progress)


def _button(text: str, name: str, spoken: str, tooltip: str) -> QPushButton:
    return named(QPushButton(text), name, spoken, tooltip)


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    for widget in widgets:
        row.addWidget(widget, 1)
    return row
