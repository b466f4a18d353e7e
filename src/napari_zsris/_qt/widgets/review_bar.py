"""Buttons of the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QPushButton, QWidget

from napari_zsris._qt.widgets.naming import named
from napari_zsris.review.actions import printed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_zsris.review.actions import Action

__all__ = ["ReviewBar"]

COLUMNS = 12


class ReviewBar(QWidget):
    """One button per thing to do, the key on it and in its tooltip.

    Parameters
    ----------
    rows : sequence of sequences of Action
        What there is to do, row by row.
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    wanted : Signal(str)
        The button of this action was pressed.
    """

    wanted = Signal(str)

    def __init__(self, rows: Sequence[Sequence[Action]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        # Three beside each other in a dock of 300 pixels.
        self.setStyleSheet("QPushButton { padding: 3px 1px; }")
        self._actions = {action.name: action for actions in rows for action in actions}
        self._buttons: dict[str, QPushButton] = {}
        for row, actions in enumerate(rows):
            width = COLUMNS // len(actions)
            for place, action in enumerate(actions):
                grid.addWidget(self._button(action), row, place * width, 1, width)
        self.rekey({name: action.key for name, action in self._actions.items()})

    def allow(self, **allowed: bool) -> None:
        """Grey what cannot be done.

        Parameters
        ----------
        **allowed : bool
            By the actions' names; others stay as they are.
        """
        for name, enabled in allowed.items():
            self._buttons[name].setEnabled(enabled)

    def rekey(self, keys: Mapping[str, str]) -> None:
        """Show which keys do the same.

        Parameters
        ----------
        keys : mapping of str to str
            By the actions' names; actions left out have none.
        """
        for name, button in self._buttons.items():
            action, key = self._actions[name], printed(keys.get(name, ""))
            button.setText(f"{action.label} ({key})" if key else action.label)
            button.setToolTip(f"{action.purpose}\nKey: {key or 'none'}")

    def _button(self, action: Action) -> QPushButton:
        button = named(QPushButton(), action.name, action.label, action.purpose)
        button.clicked.connect(lambda: self.wanted.emit(action.name))
        self._buttons[action.name] = button
        return button
