"""A list of masks to pick one from."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPoint, Signal
from qtpy.QtGui import QIcon, QImage, QPixmap
from qtpy.QtWidgets import QMenu, QProxyStyle, QStyle, QWidget

from napari_zsris._qt.widgets.naming import named
from napari_zsris.wording import elide

__all__ = ["MaskChoice", "MaskMenu", "pixmap_of"]

RGB: TypeAlias = npt.NDArray[np.uint8]

ICON = 40
NUMBERED = 9
LONGEST_LINE = 48


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
