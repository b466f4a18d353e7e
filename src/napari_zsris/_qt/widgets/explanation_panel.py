"""Why the chosen candidate ranks where it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from napari_zsris._qt.widgets.fold import Fold
from napari_zsris._qt.widgets.naming import named
from napari_zsris._qt.widgets.term_bars import TermBars
from napari_zsris.review.explanation import Explanation

if TYPE_CHECKING:
    from napari_zsris._qt.widgets.colours import Colours
    from napari_zsris.review.question import Question

__all__ = ["ExplanationPanel"]

_BARS = """What the score of the chosen candidate is the sum of. Bars to the right speak for it,
bars to the left against; the thin mark is where candidate 1 stands."""
_FEWEST_TERMS = 2


class ExplanationPanel(QWidget):
    """A title, which folds the bars away, and the bars; hidden when there is nothing to explain.

    Parameters
    ----------
    colours : Colours
        The theme's colours.
    parent : QWidget, optional
        What it belongs to.
    """

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fold = Fold(
            "Why", "why", "why", "Show or hide what the score is the sum of.", unfolded=True
        )
        self._bars = named(TermBars(colours), "terms", "terms of the score", _BARS)
        self._fold.add_widget(self._bars)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._fold)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()

    def recolour(self, colours: Colours) -> None:
        """Take the colours of another theme.

        Parameters
        ----------
        colours : Colours
            The colours.
        """
        self._bars.colours = colours
        self._bars.viewport().update()

    def show_question(self, question: Question | None) -> None:
        """Explain the candidate that is shown.

        Parameters
        ----------
        question : Question or None
            The question.
        """
        cards = [] if question is None else list(question.cards)
        self.setVisible(any(len(card.terms) >= _FEWEST_TERMS for card in cards))
        if question is None or self.isHidden():
            return
        chosen = None if question.shown is None else question.shown.card
        explanation = Explanation.of(chosen or cards[0], cards)
        self._fold.retitle("Why" if chosen is None else explanation.title)
        self._bars.explain(explanation, empty=chosen is None)
        self._bars.setAccessibleDescription("" if chosen is None else explanation.text)
