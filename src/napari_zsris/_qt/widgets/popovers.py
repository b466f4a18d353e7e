"""What opens over the dock for a moment: the keys at a glance, and masks to pick one from."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QIcon, QImage, QPixmap
from qtpy.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProxyStyle,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from napari_zsris._qt.widgets.controls import named
from napari_zsris.review.actions import NAPARI_S_OWN, Group, printed
from napari_zsris.wording import elide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_zsris.review.actions import Action

__all__ = ["HelpPopover", "MaskChoice", "MaskMenu", "pixmap_of"]

RGB: TypeAlias = npt.NDArray[np.uint8]

ICON = 40
NUMBERED = 9
LONGEST_LINE = 48

HELP_HEADING = "Keys, while the canvas or the candidates have the focus"
HELP_FOOTNOTE = "Change them in File ▸ Preferences ▸ napari-zsris."
# Which headings stand below each other.
HELP_COLUMNS: tuple[tuple[Group, ...], ...] = (
    (Group.REVIEW, Group.WORK),
    (Group.LOOK, Group.SHAPE),
)


@dataclass(frozen=True, eq=False)
class MaskChoice:
    """A mask that can be picked.

    Parameters
    ----------
    key : hashable
        What is reported when it is picked.
    text : str
        What it is, in a few words.
    thumbnail : (S, S, 3) uint8 array, optional
        How it looks.
    """

    key: Hashable
    text: str
    thumbnail: RGB | None = None


class MaskMenu(QMenu):
    """Lists masks; a number, the arrows and Enter, or a click picks one, and Esc none.

    Parameters
    ----------
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    picked : Signal(object)
        The key of the mask that was picked.
    """

    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "masks", "masks to pick from", "")
        self._style = _LargeIcons()
        self.setStyle(self._style)

    def offer(self, title: str, choices: Sequence[MaskChoice]) -> None:
        """Offer masks in place of those offered before.

        Parameters
        ----------
        title : str
            What the pick is for.
        choices : sequence of MaskChoice
            The masks; the first nine have the keys 1 to 9.
        """
        self.clear()
        self.addAction(title).setEnabled(False)
        for number, choice in enumerate(choices, start=1):
            text = elide(choice.text, LONGEST_LINE).replace("&", "&&")
            entry = self.addAction(f"&{number}  {text}" if number <= NUMBERED else text)
            if choice.thumbnail is not None:
                entry.setIcon(QIcon(pixmap_of(choice.thumbnail)))
            entry.triggered.connect(lambda _=False, key=choice.key: self.picked.emit(key))

    def open_beside(self, widget: QWidget) -> None:
        """Open the list over the left end of a widget, with its first mask chosen.

        Parameters
        ----------
        widget : QWidget
            The widget.
        """
        # Offered masks begin below the title, which cannot be picked.
        entries = self.actions()[1:]
        self.popup(widget.mapToGlobal(QPoint(0, 0)))
        if entries:
            self.setActiveAction(entries[0])


class _LargeIcons(QProxyStyle):
    """A style whose menus show thumbnails large enough to be told apart."""

    def pixelMetric(
        self,
        metric: QStyle.PixelMetric,
        option: object = None,
        widget: QWidget | None = None,
    ) -> int:
        if metric == QStyle.PixelMetric.PM_SmallIconSize:
            return ICON
        return int(super().pixelMetric(metric, option, widget))


def pixmap_of(pixels: RGB) -> QPixmap:
    """Return an array as Qt paints it.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The picture.

    Returns
    -------
    QPixmap
        The picture; a copy.
    """
    height, width, _ = pixels.shape
    data = pixels.tobytes()
    image = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image.copy())


class HelpPopover(QFrame):
    """A sheet with the keys that goes away at a click.

    Parameters
    ----------
    actions : iterable of Action
        What there is to do.
    keys : mapping of str to str
        The actions' keys by their names; actions left out have none.
    parent : QWidget
        The dock.
    """

    def __init__(self, actions: Iterable[Action], keys: Mapping[str, str], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        named(self, "keys", "keys of the review", "")
        self.setStyleSheet("#keys { border: 1px solid palette(mid); border-radius: 4px; }")
        sheet = QVBoxLayout(self)
        sheet.setContentsMargins(16, 12, 16, 12)
        sheet.addWidget(QLabel(f"<b>{HELP_HEADING}</b>"))
        columns = QHBoxLayout()
        columns.setSpacing(28)
        sheet.addLayout(columns)
        offered = list(actions)
        for number, groups in enumerate(HELP_COLUMNS):
            sections = [
                (
                    str(group),
                    [
                        (printed(keys[one.name]), one.purpose)
                        for one in offered
                        if one.group is group and one.name in keys
                    ],
                )
                for group in groups
            ]
            if number == len(HELP_COLUMNS) - 1:
                sections.append(("napari's own, while correcting", list(NAPARI_S_OWN)))
            columns.addLayout(_column([section for section in sections if section[1]]))
        sheet.addWidget(QLabel(HELP_FOOTNOTE))

    def open_beside(self, button: QWidget) -> None:
        """Show the sheet above a button, inside its window.

        Parameters
        ----------
        button : QWidget
            The button.
        """
        self.adjustSize()
        corner = button.mapToGlobal(QPoint(button.width() - self.width(), -self.height() - 4))
        window = button.window().frameGeometry()
        corner.setX(max(window.left(), min(corner.x(), window.right() - self.width())))
        corner.setY(max(window.top(), corner.y()))
        self.move(corner)
        self.show()


def _column(sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(3)
    row = 0
    for title, lines in sections:
        heading = QLabel(f"<b>{title}</b>")
        heading.setContentsMargins(0, 6 if row else 0, 0, 2)
        grid.addWidget(heading, row, 0, 1, 2)
        for key, purpose in lines:
            row += 1
            cap = QLabel(f"<b>{key}</b>")
            cap.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(cap, row, 0)
            grid.addWidget(QLabel(purpose), row, 1)
        row += 1
    grid.setRowStretch(row, 1)
    grid.setColumnStretch(1, 1)
    return grid
