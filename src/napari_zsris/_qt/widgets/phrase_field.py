"""Where the phrase is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QCompleter, QSizePolicy, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QKeyEvent

__all__ = ["PhraseField"]


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
