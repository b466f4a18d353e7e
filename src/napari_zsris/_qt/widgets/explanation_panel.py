"""Why the chosen candidate ranks where it does: the terms of its score as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRect, QSize, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QVBoxLayout, QWidget

from napari_zsris._qt.widgets.controls import Fold, named
from napari_zsris.review.explanation import Explanation

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent, QResizeEvent

    from napari_zsris._qt.widgets.colours import Colours
    from napari_zsris.review.explanation import Bar, Explanation
    from napari_zsris.review.question import Question

__all__ = ["ExplanationPanel", "TermBars"]

_BARS = """What the score of the chosen candidate is the sum of. Bars to the right speak for it,
bars to the left against; the thin mark is where candidate 1 stands."""
_FEWEST_TERMS = 2

NARROWEST = 160
GAP = 6
THICKNESS = 6
MARK = 3
SPACING = 3
EDGE = 2
# Also what is almost nothing shows on which side of zero it is.
SHORTEST = 3
WIDEST_NAME = 0.42
FEWEST_ROWS = 2
MOST_ROWS = 7


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


class TermBars(QAbstractScrollArea):
    """Paints one row per term: name, bar to the right or the left of zero, value.

    The height depends on the number of terms alone, which candidates of one ranking share, so that
    nothing moves when another one is chosen. A thin mark shows where the best candidate's bar ends.

    Parameters
    ----------
    colours : Colours
        The theme's colours; to be replaced when the theme changes.
    parent : QWidget, optional
        What it belongs to.
    """

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.colours = colours
        self._explanation: Explanation | None = None
        self._rows = 0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def explain(self, explanation: Explanation, *, empty: bool = False) -> None:
        """Show the terms of a candidate.

        Parameters
        ----------
        explanation : Explanation
            The terms.
        empty : bool
            Take only the place that they need.
        """
        self._explanation = None if empty else explanation
        if len(explanation.bars) != self._rows:
            self._rows = len(explanation.bars)
            self.updateGeometry()
            self._set_range()
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Give the size at which all terms show, unless they are very many.

        Returns
        -------
        QSize
            Width and height in pixels.
        """
        return self._size(MOST_ROWS)

    def minimumSizeHint(self) -> QSize:
        """Give the size that a low window leaves; the rest can be scrolled to.

        Returns
        -------
        QSize
            Width and height in pixels.
        """
        return self._size(FEWEST_ROWS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Scroll as far as there are rows out of sight.

        Parameters
        ----------
        event : QResizeEvent
            The event.
        """
        super().resizeEvent(event)
        self._set_range()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint the rows.

        Parameters
        ----------
        event : QPaintEvent
            What to paint.
        """
        if self._explanation is None:
            return
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        names, amounts = self._widths(self._explanation.bars)
        height = self._row_height
        row = QRect(0, -self.verticalScrollBar().value(), self.viewport().width() - EDGE, height)
        for bar in self._explanation.bars:
            if row.intersects(self.viewport().rect()):
                self._paint_words(painter, row, bar, names)
                place = row.adjusted(names + GAP, 0, -amounts - GAP, 0)
                self._paint_bar(painter, place, bar, self._explanation)
            row.translate(0, height)
        painter.end()

    @property
    def _row_height(self) -> int:
        return int(self.fontMetrics().height()) + SPACING

    def _size(self, most: int) -> QSize:
        # The frame is the style's, whatever shape is set.
        height = self._row_height * min(self._rows, most) + 2 * self.frameWidth()
        return QSize(NARROWEST, height)

    def _set_range(self) -> None:
        hidden = self._rows * self._row_height - self.viewport().height()
        self.verticalScrollBar().setRange(0, max(0, hidden))
        self.verticalScrollBar().setPageStep(self.viewport().height())
        self.verticalScrollBar().setSingleStep(self._row_height)

    def _widths(self, bars: tuple[Bar, ...]) -> tuple[int, int]:
        metrics = self.fontMetrics()
        # A pixel more, because advances are rounded and what is as wide as its place is elided.
        names = max((metrics.horizontalAdvance(bar.name) for bar in bars), default=0) + 1
        amounts = max((metrics.horizontalAdvance(bar.amount) for bar in bars), default=0)
        return min(names, int(self.viewport().width() * WIDEST_NAME)), amounts

    def _paint_words(self, painter: QPainter, row: QRect, bar: Bar, width: int) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        name = self.fontMetrics().elidedText(bar.name, Qt.TextElideMode.ElideRight, width)
        painter.setPen(self.colours.text)
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft | middle, name)
        painter.drawText(row, Qt.AlignmentFlag.AlignRight | middle, bar.amount)

    def _paint_bar(
        self, painter: QPainter, place: QRect, bar: Bar, explanation: Explanation
    ) -> None:
        def at(share: float) -> int:
            return int(place.left() + round(place.width() * share))

        track = QRect(place.left(), place.center().y() - THICKNESS // 2, place.width(), THICKNESS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.colours.row)
        painter.drawRoundedRect(track, THICKNESS / 2, THICKNESS / 2)
        zero = at(explanation.zero)
        length = max(SHORTEST, at(bar.end) - at(bar.begin)) if bar.value else 0
        left, colour = (
            (zero, self.colours.bar) if bar.value > 0 else (zero - length, self.colours.bad)
        )
        painter.fillRect(left, track.top(), length, THICKNESS, colour)
        painter.fillRect(zero, place.top(), 1, place.height(), self.colours.faint)
        if explanation.rank:
            mark = track.adjusted(0, -MARK, 0, MARK)
            painter.fillRect(at(bar.best) - 1, mark.top(), 2, mark.height(), self.colours.text)
