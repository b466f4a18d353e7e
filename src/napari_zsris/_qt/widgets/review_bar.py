"""Buttons of the review."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QPushButton, QWidget

from napari_zsris._qt.core.actions import REVIEW_ACTIONS
from napari_zsris._qt.widgets.naming import named

__all__ = ["ReviewBar"]

# Row, column and columns taken of a grid of twelve.
_PLACES = {
    "accept": (0, 0, 6),
    "reject": (0, 6, 6),
    "previous": (1, 0, 4),
    "next": (1, 4, 4),
    "undo": (1, 8, 4),
    "edit": (2, 0, 6),
    "draw": (2, 6, 6),
}


class ReviewBar(QWidget):
    """One button per thing to do, the key on it and in its tooltip.

    Parameters
    ----------
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    wanted : Signal(str)
        The button of this action was pressed.
    """

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        self._buttons: dict[str, QPushButton] = {}
        for action in REVIEW_ACTIONS:
            button = QPushButton(f"{action.label}  ({action.shown})")
            named(button, action.name, action.label, f"{action.purpose}\nKey: {action.shown}")
            button.clicked.connect(lambda _=False, name=action.name: self.wanted.emit(name))
            row, column, width = _PLACES[action.name]
            grid.addWidget(button, row, column, 1, width)
            self._buttons[action.name] = button

    def allow(self, *, candidates: bool, chosen: bool, undo: bool) -> None:
        """Grey what cannot be done.

        Parameters
        ----------
        candidates : bool
            Whether there are candidates.
        chosen : bool
            Whether one of them is chosen.
        undo : bool
            Whether there is a decision to take back.
        """
        for name in ("accept", "reject", "edit"):
            self._buttons[name].setEnabled(chosen)
        for name in ("next", "previous"):
            self._buttons[name].setEnabled(candidates)
        self._buttons["undo"].setEnabled(undo)
