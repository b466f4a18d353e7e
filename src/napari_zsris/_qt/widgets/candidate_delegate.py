"""How a candidate looks in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPainterPath, QPixmap
from qtpy.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from napari_zsris.review.question import Entry, Status

if TYPE_CHECKING:
    from qtpy.QtCore import QObject

    from napari_zsris._qt.widgets.colours import Colours

__all__ = ["ROW_HEIGHT", "CandidateDelegate"]

THUMBNAIL = 44
GAP = 5
BAR = 6
CORNER = 4
EDGE = 3
ROW_HEIGHT = THUMBNAIL + 2 * GAP


class CandidateDelegate(QStyledItemDelegate):
    """Paints thumbnail, rank, score, a bar as long as the score is good, source and decision.

    Parameters
    ----------
    colours : Colours
        The theme's colours; to be replaced when the theme changes.
    parent : QObject, optional
        The parent.
    """

    def __init__(self, colours: Colours, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.colours = colours

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: ARG002
        """Give a row's size.

        Parameters
        ----------
        option : QStyleOptionViewItem
            The row's style.
        index : QModelIndex
            The row.

        Returns
        -------
        QSize
            Width and height in pixels.
        """
        return QSize(160, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint a row.

        Parameters
        ----------
        painter : QPainter
            Where to paint.
        option : QStyleOptionViewItem
            The row's style.
        index : QModelIndex
            The row.
        """
        entry: Entry | None = index.data(Qt.ItemDataRole.UserRole)
        if entry is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        row = option.rect.adjusted(0, 1, 0, -1)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        self._fill(painter, row, self.colours.chosen if chosen else self.colours.row)
        if chosen:
            painter.fillRect(
                row.left(), row.top() + CORNER, EDGE, row.height() - 2 * CORNER, self.colours.focus
            )
        picture = QRect(row.left() + GAP, row.top() + GAP - 1, THUMBNAIL, THUMBNAIL)
        self._paint_thumbnail(painter, picture, index.data(Qt.ItemDataRole.DecorationRole))
        words = row.adjusted(THUMBNAIL + 2 * GAP + 2, GAP, -GAP - 2, -GAP)
        self._paint_words(painter, words, option.font, entry, index)
        painter.restore()

    def _paint_words(
        self, painter: QPainter, words: QRect, font: QFont, entry: Entry, index: QModelIndex
    ) -> None:
        line = QRect(words.left(), words.top(), words.width(), words.height() // 2)
        bold = QFont(font)
        bold.setBold(True)
        title = "Drawn by hand" if entry.card is None else f"{entry.card.rank + 1}"
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(bold)
        painter.setPen(self.colours.text)
        painter.drawText(line, left, title)
        painter.setFont(font)
        mark, colour = _mark(entry.status, self.colours)
        painter.setPen(colour)
        painter.drawText(line, right, mark)
        if entry.card is None:
            return
        aside = entry.status is Status.REJECTED
        painter.setPen(self.colours.faint if aside else self.colours.text)
        painter.drawText(line.adjusted(24, 0, 0, 0), left, f"{entry.card.score:.3f}")
        painter.setPen(self.colours.faint)
        source = index.data(Qt.ItemDataRole.StatusTipRole)
        if not mark:
            painter.drawText(line, right, source)
        track = QRect(words.left(), words.bottom() - words.height() // 4 - BAR // 2, 0, BAR)
        track.setRight(words.right())
        self._fill(painter, track, self.colours.track)
        if aside:
            return
        filled = QRect(track)
        filled.setWidth(max(BAR, round(track.width() * entry.card.share)))
        self._fill(painter, filled, self.colours.bar)

    def _paint_thumbnail(self, painter: QPainter, place: QRect, pixmap: QPixmap | None) -> None:
        if pixmap is None:
            self._fill(painter, place, self.colours.track)
            painter.setPen(self.colours.faint)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "✎")
            return
        painter.save()
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(place), CORNER, CORNER)
        painter.setClipPath(outline)
        painter.drawPixmap(place, pixmap)
        painter.restore()

    def _fill(self, painter: QPainter, place: QRect, colour: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        radius = min(CORNER, place.height() / 2)
        painter.drawRoundedRect(QRectF(place), radius, radius)


def _mark(status: Status, colours: Colours) -> tuple[str, QColor]:
    if status is Status.ACCEPTED:
        return "✓ accepted", colours.good
    if status is Status.REJECTED:
        return "✗ rejected", colours.bad
    return "", colours.faint
