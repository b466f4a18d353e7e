"""Buttons of the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QPushButton, QWidget

from napari_zsris._qt.widgets.naming import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_zsris._qt.core.actions import ReviewAction

__all__ = ["ReviewBar"]

COLUMNS = 12


class ReviewBar(QWidget):
    """One button per thing to do, the key on it and in its tooltip.

    Parameters
    ----------
    rows : sequence of sequences of ReviewAction
        What there is to do, row by row.
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    wanted : Signal(str)
        The button of this action was pressed.
    """

    wanted = Signal(str)

    def __init__(
        self, rows: Sequence[Sequence[ReviewAction]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        self._buttons: dict[str, QPushButton] = {}
        for row, actions in enumerate(rows):
            width = COLUMNS // len(actions)
            for place, action in enumerate(actions):
                grid.addWidget(self._button(action), row, place * width, 1, width)

    def allow(self, **allowed: bool) -> None:
        """Grey what cannot be done.

        Parameters
        ----------
        **allowed : bool
            By the actions' names; others stay as they are.
        """
        for name, enabled in allowed.items():
            self._buttons[name].setEnabled(enabled)

    def _button(self, action: ReviewAction) -> QPushButton:
        button = QPushButton(f"{action.label}  ({action.shown})")
        named(button, action.name, action.label, f"{action.purpose}\nKey: {action.shown}")
        button.clicked.connect(lambda: self.wanted.emit(action.name))
        self._buttons[action.name] = button
        return button
