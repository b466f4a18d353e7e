"""The keys at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_zsris._qt.widgets.naming import named
from napari_zsris.review.actions import NAPARI_S_OWN, Group, printed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_zsris.review.actions import Action

__all__ = ["HelpPopover"]

HEADING = "Keys, while the canvas or the candidates have the focus"
FOOTNOTE = "Change them in File ▸ Preferences ▸ napari-zsris."
# Which headings stand below each other.
COLUMNS: tuple[tuple[Group, ...], ...] = (
    (Group.REVIEW, Group.WORK),
    (Group.LOOK, Group.SHAPE),
)


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
        sheet.addWidget(QLabel(f"<b>{HEADING}</b>"))
        columns = QHBoxLayout()
        columns.setSpacing(28)
        sheet.addLayout(columns)
        offered = list(actions)
        for number, groups in enumerate(COLUMNS):
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
            if number == len(COLUMNS) - 1:
                sections.append(("napari's own, while correcting", list(NAPARI_S_OWN)))
            columns.addLayout(_column([section for section in sections if section[1]]))
        sheet.addWidget(QLabel(FOOTNOTE))

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
