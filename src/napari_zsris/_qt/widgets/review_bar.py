"""The buttons of the review, what is going on, and the way out of the dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QGridLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_zsris._qt.widgets.controls import named
from napari_zsris.progress import Progress
from napari_zsris.review.actions import printed
from napari_zsris.review.project_store import ExportFormat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_zsris.review.actions import Action

__all__ = ["ExportButton", "ReviewBar", "StatusLine"]

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


class StatusLine(QWidget):
    """A bar while work is under way, and the last thing there was to say.

    Parameters
    ----------
    parent : QWidget, optional
        What it belongs to.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = named(QProgressBar(), "progress", "progress", "How far the work is.")
        self._bar.setMaximumHeight(16)
        self._text = named(QLabel(), "status", "status", "")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._bar)
        column.addWidget(self._text)
        self._bar.hide()

    @property
    def text(self) -> str:
        """What was said last."""
        return str(self._text.text())

    def say(self, sentence: str) -> None:
        """Say something.

        Parameters
        ----------
        sentence : str
            What to say; accepted phrases in it are shown as typed.
        """
        self._text.setText(sentence)
        self._text.setVisible(bool(sentence))

    def show_step(self, step: Progress) -> None:
        """Show a step of the work.

        Parameters
        ----------
        step : Progress
            The step.
        """
        self._bar.setRange(0, step.total)
        self._bar.setValue(step.done)
        counted = f" {step.done}/{step.total}" if step.total else ""
        self._bar.setFormat(f"{step.stage}{counted}")
        self.say(f"{step.stage.capitalize()}{counted} …")

    def begin(self) -> None:
        """Show the bar, with nothing known about the length of the work."""
        self._bar.setRange(0, 0)
        self._bar.show()

    def end(self) -> None:
        """Hide the bar."""
        self._bar.hide()


class ExportButton(QPushButton):
    """A button with a menu of file formats.

    Parameters
    ----------
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    wanted : Signal(object)
        An ExportFormat was chosen.
    """

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "export", "export", "Write the accepted masks to a file.")
        self.setText("Export ▾")
        # The style's own arrow would lie on the last letter.
        self.setStyleSheet("QPushButton::menu-indicator { image: none; width: 0; }")
        self._menu = QMenu(self)
        for kind in ExportFormat:
            action = self._menu.addAction(kind.title)
            action.setObjectName(f"export_{kind.value}")
            action.triggered.connect(lambda _=False, kind=kind: self.wanted.emit(kind))
        self.setMenu(self._menu)
