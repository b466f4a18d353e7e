"""What is going on, in a sentence and a bar."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from napari_zsris._qt.widgets.naming import named
from napari_zsris.progress import Progress

__all__ = ["StatusLine"]


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
