"""Where the phrase is typed, and phrases to try on a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QCompleter, QPushButton, QSizePolicy, QWidget
from superqt.utils import QFlowLayout

from napari_zsris._qt.widgets.controls import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QKeyEvent

__all__ = ["PhraseField", "Suggestions"]


class PhraseField(QComboBox):
    """A line of text with a history.

    Parameters
    ----------
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    entered : Signal(str)
        Enter was pressed, or a phrase was chosen from the history.
    """

    entered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        # Otherwise Enter on a phrase of the history would count twice.
        self.setDuplicatesEnabled(True)
        self.setMaxVisibleItems(12)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        line = self.lineEdit()
        line.setPlaceholderText("what to find, e.g. the dog on the left")
        line.setClearButtonEnabled(True)
        # Completion would put words into the mouth of somebody who types a new phrase.
        self.setCompleter(QCompleter([], self))
        line.returnPressed.connect(self._enter)
        self.activated.connect(self._enter)

    @property
    def phrase(self) -> str:
        """What is typed."""
        return " ".join(self.currentText().split())

    @phrase.setter
    def phrase(self, phrase: str) -> None:
        self.setEditText(phrase)

    def remember(self, phrases: Sequence[str]) -> None:
        """Show a history; what is typed stays.

        Parameters
        ----------
        phrases : sequence of str
            The newest first.
        """
        typed = self.currentText()
        self.clear()
        self.addItems(list(phrases))
        self.setEditText(typed)

    def take_focus(self) -> None:
        """Make the next key strokes replace the phrase."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.lineEdit().selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep Enter from the viewer, where it would finish a polygon.

        Parameters
        ----------
        event : QKeyEvent
            The key.
        """
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()

    def _enter(self) -> None:
        self.entered.emit(self.phrase)


class Suggestions(QWidget):
    """Phrases that are asked at a click.

    Parameters
    ----------
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    picked : Signal(str)
        A phrase was clicked.
    """

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QFlowLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setHorizontalSpacing(4)
        self._row.setVerticalSpacing(4)
        self._chips: list[QPushButton] = []
        self.hide()

    def offer(self, phrases: Sequence[str]) -> None:
        """Offer phrases.

        Parameters
        ----------
        phrases : sequence of str
            None hides the widget.
        """
        for chip in self._chips:
            self._row.removeWidget(chip)
            # What is to be deleted stays to be seen until the event loop comes round to it.
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(phrase) for phrase in phrases]
        self.setVisible(bool(phrases))

    def _chip(self, phrase: str) -> QPushButton:
        chip = named(
            QPushButton(phrase.replace("&", "&&")), "suggestion", phrase, f"Find “{phrase}”."
        )
        chip.setStyleSheet("padding: 2px 8px; border-radius: 9px;")
        chip.clicked.connect(lambda: self.picked.emit(phrase))
        self._row.addWidget(chip)
        return chip
