"""Phrases to try on a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QPushButton, QWidget
from superqt.utils import QFlowLayout

from napari_zsris._qt.widgets.naming import named

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Suggestions"]


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
