"""A list of models by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QStandardItem, QStandardItemModel
from qtpy.QtWidgets import QComboBox, QInputDialog, QSizePolicy, QWidget

from napari_zsris.engine.choice import Choice

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["NameChooser"]

OTHER = "Other…"


class NameChooser(QComboBox):
    """Offers names as on the command line; unusable ones are greyed and say why, and the way out.

    Parameters
    ----------
    question : str
        What is asked when the person wants a name that is not in the list.
    parent : QWidget, optional
        The parent.

    Attributes
    ----------
    chosen : Signal(str)
        Another name was chosen.
    """

    chosen = Signal(str)

    def __init__(self, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._question = question
        self._name = ""
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.activated.connect(self._on_activated)

    @property
    def name(self) -> str:
        """The chosen name."""
        return self._name

    def offer(self, choices: Sequence[Choice], name: str) -> None:
        """Offer these names and choose one, which need not be among them.

        Parameters
        ----------
        choices : sequence of Choice
            What is known here.
        name : str
            The name to choose.
        """
        self.clear()
        for choice in choices:
            self._append(choice)
        self._append(Choice(OTHER, "name a model or a file yourself"))
        self.choose(name)

    def choose(self, name: str) -> None:
        """Choose a name; one that is not in the list is added to it.

        Parameters
        ----------
        name : str
            The name.
        """
        if self.findText(name) < 0:
            item = _item(Choice(name, "named by you"))
            self._items.insertRow(max(0, self.count() - 1), item)
        self.setCurrentIndex(self.findText(name))
        if name != self._name:
            self._name = name
            self.chosen.emit(name)

    @property
    def _items(self) -> QStandardItemModel:
        return cast("QStandardItemModel", self.model())

    def _append(self, choice: Choice) -> None:
        self._items.appendRow(_item(choice))

    def _on_activated(self, place: int) -> None:
        name = self.itemText(place)
        if name == OTHER:
            asked, sure = QInputDialog.getText(self, "Another model", self._question)
            name = asked.strip() if sure and asked.strip() else self._name
        self.choose(name)


def _item(choice: Choice) -> QStandardItem:
    item = QStandardItem(choice.name)
    item.setEnabled(choice.usable)
    item.setToolTip(choice.explanation)
    item.setData(choice.explanation, Qt.ItemDataRole.AccessibleDescriptionRole)
    return item
